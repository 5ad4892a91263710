//! Templates at work, through the program: what is left to fill in, what may not be touched, and which
//! text is a template at all.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod project;

use std::fs;

use self::project::Project;
use self::project::answer::Answer;

const CR: &str = "CR-001";

fn copy(project: &Project, id: &str) -> String {
    fs::read_to_string(project.copy("claude", id)).unwrap()
}

fn write(project: &Project, id: &str, text: &str) {
    fs::write(project.copy("claude", id), text).unwrap();
}

const ITEMS: [&str; 3] = ["EI-1", "EI-2", "EI-3"];

/// Checks that a line is refused for one reason, recorded, and changes no file; returns what was said.
#[track_caller]
fn refused(project: &Project, line: &str, reason: &str) -> String {
    let refused: Answer = project.keeps(1, || project.call(line).unfilled().ask()).is(4);
    assert_eq!(refused.reasons(), [reason], "{line}");
    refused["error"]["reasons"][0]["message"].as_str().unwrap().to_owned()
}

/// Takes a document whose copy is out into execution, and its copy out again.
fn execute(project: &Project, id: &str) {
    project.play(&[
        &format!("-u claude route {id} --review"),
        &format!("-u qa review {id} --recommend --comment fine"),
        &format!("-u claude route {id} --approval"),
        &format!("-u qa approve {id}"),
        &format!("-u claude release {id}"),
    ]);
    project.record("claude", id, &ITEMS);
    project.run(&format!("-u claude checkout {id}")).is(0);
}

/// A change record in execution, with its copy out. The summary is still to be written.
fn in_execution() -> Project {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    let drafted = copy(&project, CR).replace("{{", "").replace("}}", "");
    write(&project, CR, &drafted);
    project.play(&["-u claude checkin CR-001"]);
    execute_unfilled(&project, CR);
    project
}

fn execute_unfilled(project: &Project, id: &str) {
    project.call(&format!("-u claude route {id} --review")).unfilled().run().is(0);
    project.play(&[
        &format!("-u qa review {id} --recommend --comment fine"),
        &format!("-u claude route {id} --approval"),
        &format!("-u qa approve {id}"),
        &format!("-u claude release {id}"),
    ]);
    project.record("claude", id, &ITEMS);
    project.run(&format!("-u claude checkout {id}")).is(0);
}

// REQ-149, REQ-161
#[test]
fn a_document_with_placeholders_is_not_routed_and_they_are_listed_with_their_lines() {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    let line = "-u claude route CR-001 --review";
    let said = refused(&project, line, "placeholder_left");
    assert!(
        said.starts_with("CR-001 is not filled in: line 11 `{{A document that has to come so far"),
        "{said}"
    );
    assert!(said.contains(", and ") && said.ends_with(" more") && said.len() < 500, "{said}");
    let sound = project::filled::filled_in(&copy(&project, CR));
    for (from, to, expected) in [
        ("## 3 Current", "Commit: TBD\n\n## 3 Current", "CR-001 is not filled in: line 24 `TBD`"),
        ("## 3 Current", "FIXME\nTODO\n\n## 3 Current", "line 24 `FIXME`, line 25 `TODO`"),
        ("title: \"A change\"", "title: TBD", "line 5 `TBD`"),
        ("## 3 Current", "T<!-- -->BD\n\n## 3 Current", "line 24 `T<!-- -->BD`"),
        ("## 3 Current", "T\u{200b}BD and T&#66;D\n\n## 3 Current", "line 24 `T&#66;D`"),
        ("## 3 Current", "Such as `{{code}}` and {{text}}\n\n## 3 Current", "line 24 `{{text}}`"),
    ] {
        write(&project, CR, &sound.replacen(from, to, 1));
        let said = refused(&project, line, "placeholder_left");
        let (told, how) = said.split_once("; where that is meant").unwrap_or((&said, ""));
        assert!(told.ends_with(expected), "{said}");
        assert!(how.contains('`'), "{said}");
    }
    write(&project, CR, &sound.replacen("## 3 Current", "```\n{{code}} TBD\n", 1));
    let refused = project.keeps(1, || project.call(line).unfilled().ask()).is(4);
    assert_eq!(refused.reasons(), ["text_unclear", "items_unreadable"]);
    let said = refused["error"]["reasons"][0]["message"].as_str().unwrap();
    assert!(said.contains("line 24: the code that begins here never ends"), "{said}");
    write(&project, CR, &sound.replacen("## 3 Current", "```\n{{code}} TBD\n```\n\n## 3 Current", 1));
    project.call(line).unfilled().run().is(0);
}

// REQ-149, REQ-299
#[test]
fn the_line_that_is_told_where_something_is_meant_is_accepted() {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    let sound = project::filled::filled_in(&copy(&project, CR));
    for (line, is_field, is_told) in [
        ("TBD and TBD", false, true),
        ("TBDs and TBD", false, true),
        ("____ x ____", false, true),
        ("Name: \\_\\_\\_\\_", false, true),
        ("{{code}} of [it]", false, true),
        ("| ____ | b |\n|---|---|\n| c | d |", false, true),
        // Nothing in HTML says that it is meant.
        ("<p>TBD</p>", false, false),
        ("author: TBD", true, true),
        ("author: \"{{who}} and TBD\"", true, true),
        ("author:\n  - TBD", true, false),
    ] {
        let (place, whole) = if is_field {
            ("---\n", format!("---\n{line}\n"))
        } else {
            ("## 3 Current", format!("{line}\n\n## 3 Current"))
        };
        let text = sound.replacen(place, &whole, 1);
        write(&project, CR, &text);
        let route = || project.call("-u claude route CR-001 --review --dry-run").unfilled().ask();
        let refused = route().is(4);
        let said = refused["error"]["reasons"][0]["message"].as_str().unwrap();
        let told = said.split_once(" says so: ").map(|(_, told)| told.to_owned());
        assert_eq!(told.is_some(), is_told, "{line:?}: {said}");
        if let Some(told) = told {
            let number =
                said.split_once("line ").unwrap().1.split(' ').next().unwrap().parse::<usize>().unwrap();
            let mut lines: Vec<&str> = text.lines().collect();
            lines[number - 1] = &told;
            write(&project, CR, &(lines.join("\n") + "\n"));
            route().is(0);
        }
    }
}

// REQ-150
#[test]
fn an_approved_section_is_not_edited_during_execution() {
    let project = in_execution();
    let approved = copy(&project, CR);
    let line = "-u claude checkin CR-001";
    for (from, to, expected) in [
        (
            "Systems, components and documents that this change touches.",
            "Everything.",
            "`2 Scope` of CR-001 is locked in phase execution: line 20 reads `**In scope:** Everything.`",
        ),
        ("## 5 Justification\n", "## 5 Reasons\n", "`5 Justification` of CR-001"),
        ("## 5 Justification\n", "", "line 32 as it was is gone: `## 5 Justification`"),
        ("## 5 Justification\n", "## 5 Justification\n\nMore.\n", "`5 Justification` of CR-001"),
        ("\n# A change\n", "\nBy the way.\n\n# A change\n", "line 8 is new: `By the way.`"),
        ("title: \"A change\"", "title: \"A better change\"", "the front matter of CR-001 is locked"),
        ("## 9 Execution summary\n", "## 9 Execution  summary\n", "line 94 reads"),
        (
            "### 8.1 How items are recorded\n<!-- locked -->",
            "### 8.1 How items are recorded\n<!-- open: execution -->",
            "`8.1 How items are recorded`",
        ),
    ] {
        assert!(approved.contains(from), "{from:?}");
        write(&project, CR, &approved.replacen(from, to, 1));
        let said = refused(&project, line, "section_locked");
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("open: `9 Execution summary`"), "{said}");
    }
    // Two sections that change places, and a second one of the same name.
    let (purpose, scope) = (approved.find("## 1 Purpose").unwrap(), approved.find("## 2 Scope").unwrap());
    let current = approved.find("## 3 Current").unwrap();
    let swapped =
        [&approved[..purpose], &approved[scope..current], &approved[purpose..scope], &approved[current..]];
    for text in [swapped.concat(), approved.clone() + "\n## 9 Execution summary\n\nAnother.\n"] {
        write(&project, CR, &text);
        let refused = project.keeps(1, || project.ask(line)).is(4);
        assert!(refused.reasons().iter().all(|reason| *reason == "section_locked"));
    }
    let status = project.ask("-u qa status CR-001").is(0);
    assert_eq!(status["data"]["document"]["version"], "1.3");
    // What is not locked is written, with other line ends, too, and with headings that are code.
    let summary = "[the work as carried out, and where it differs from the plan]";
    let written = approved.replacen(summary, "All of it.\n\n```\n## 3 Current state\n```", 1);
    write(&project, CR, &written.replace('\n', "\r\n"));
    project.run(line).is(0);
    assert_eq!(project.ask("-u qa status CR-001").is(0)["data"]["document"]["version"], "1.4");
}

// REQ-150
#[test]
fn a_locked_section_is_not_edited_on_the_way_to_the_review_either() {
    let project = in_execution();
    let filled = project::filled::filled_in(&copy(&project, CR));
    write(&project, CR, &filled.replacen("Why the change is needed", "Why not", 1));
    let said = refused(&project, "-u claude route CR-001 --review", "section_locked");
    assert!(said.contains("`5 Justification` of CR-001 is locked in phase execution"), "{said}");
}

// REQ-149, REQ-161
#[test]
fn what_was_left_for_the_execution_is_filled_in_before_the_post_review() {
    let project = in_execution();
    let said = refused(&project, "-u claude route CR-001 --review", "placeholder_left");
    assert!(said.contains("line 97 `[the work as carried out"), "{said}");
    // A field that became a link is none the less a field.
    let open = copy(&project, CR);
    let filled = project::filled::filled_in(&open);
    let field = "[id and conclusion of each, or none]";
    for link in [
        format!("{field}(#)"),
        format!("!{field}(a.png)"),
        "[**id** and conclusion of each, or none](a)".to_owned(),
    ] {
        write(&project, CR, &filled.replacen("id and conclusion of each, or none", &link, 1));
        let said = refused(&project, "-u claude route CR-001 --review", "placeholder_left");
        assert!(said.starts_with("CR-001 is not filled in: line 103 `["), "{said}");
    }
    write(&project, CR, &open);
    project.run("-u claude route CR-001 --review").is(0);
}

// REQ-165
#[test]
fn a_section_of_the_template_is_not_moved_under_an_open_one() {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    let sound = project::filled::filled_in(&copy(&project, CR));
    let (from, to) = (sound.find("## 4 Proposed").unwrap(), sound.find("## 5 Justification").unwrap());
    let (section, rest) = (&sound[from..to], [&sound[..from], &sound[to..]].concat());
    for (text, expected) in [
        (
            format!("{rest}\n#{section}"),
            "`4 Proposed change` of CR-001 is fixed by its template: line 103 stands under \
             `9 Execution summary` with `###`, where the template has `##` (as it was: TEMPLATE-CR 1.0)",
        ),
        (
            format!("{sound}\n### 4 *Proposed*  Change\n\nAnything.\n"),
            "line 107 stands under `9 Execution summary`",
        ),
        (
            format!("{sound}\n4 Proposed change\n\nAnything.\n"),
            "line 107 is a heading in the template, and no heading here",
        ),
        (sound.replacen("### 6.3 Risks", "## Risks\n\n### 6.3 Risks", 1), "stands under `Risks`"),
    ] {
        write(&project, CR, &text);
        for line in ["-u claude checkin CR-001", "-u claude route CR-001 --review"] {
            let refused = project.keeps(1, || project.call(line).unfilled().ask()).is(4);
            assert_eq!(refused["error"]["reasons"][0]["name"], "section_locked", "{text}");
            let said = refused["error"]["reasons"][0]["message"].as_str().unwrap();
            assert!(said.contains(expected), "{said}");
        }
    }
    write(&project, CR, &sound);
    project.run("-u claude checkin CR-001").is(0);
    execute_unfilled(&project, CR);
    let approved = copy(&project, CR);
    write(&project, CR, &format!("{approved}\n### 4 Proposed change\n\nAnything.\n"));
    refused(&project, "-u claude checkin CR-001", "section_locked");
}

// REQ-151
#[test]
fn what_the_template_locks_is_not_edited_while_drafting() {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    let text = copy(&project, CR);
    write(&project, CR, &text.replacen("and no item is removed", "and items may be removed", 1));
    let said = refused(&project, "-u claude checkin CR-001", "section_locked");
    assert!(
        said.starts_with("`8.1 How items are recorded` of CR-001 is fixed by its template: line"),
        "{said}"
    );
    assert!(said.ends_with("(as it was: TEMPLATE-CR 1.0)"), "{said}");
    write(&project, CR, &text.replacen("## 9 Execution summary", "## 9 Summary", 1));
    let said = refused(&project, "-u claude checkin CR-001", "section_locked");
    assert!(said.starts_with("`9 Execution summary` of CR-001 is fixed by its template"), "{said}");
    write(&project, CR, &text.replacen("## 3 Current state", "## 3 Something else", 1));
    project.run("-u claude checkin CR-001").is(0);
}

// REQ-148
#[test]
fn an_unsound_template_is_not_reviewed_and_says_what_is_wrong_where() {
    let project = Project::new();
    project.run("-u claude checkout TEMPLATE-CR").is(0);
    let text = copy(&project, "TEMPLATE-CR").replace("Initial issue", "More room");
    let line = "-u claude route TEMPLATE-CR --review";
    for (from, to, expected) in [
        (
            "<!-- open: execution -->\n\n**What",
            "<!-- open: exection -->\n\n**What",
            "there is no phase `exection`, did you mean `execution`?",
        ),
        (
            "<!-- open: execution -->\n\n**What",
            "<!-- opne: execution -->\n\n**What",
            "a comment under a heading declares the section",
        ),
        (
            "<!-- locked -->\n\nEach",
            "<!-- lokced -->\n\nEach",
            "a comment under a heading declares the section",
        ),
        ("<!-- locked -->\n\nEach", "<!-- locked -->\n\n{{Each}}", "stands in a locked section"),
        ("{{What this change achieves", "{{What {{this}} change achieves", "is not closed by `}}`"),
        ("{{What this change achieves", "[What this change achieves", "ends no placeholder"),
        ("## 9 Execution summary", "## 7 Test plan", "the heading of a declared section stands once"),
    ] {
        assert!(text.contains(from), "{from:?}");
        write(&project, "TEMPLATE-CR", &text.replacen(from, to, 1));
        let said = refused(&project, line, "template_unsound");
        assert!(
            said.starts_with("TEMPLATE-CR is no sound template: line ") && said.contains(expected),
            "{said}"
        );
    }
    let bare = text.replace("<!-- locked -->\n", "").replace("<!-- open: execution -->\n", "");
    write(&project, "TEMPLATE-CR", &bare);
    let said = refused(&project, line, "template_unsound");
    assert!(said.contains("it declares no section open or locked"), "{said}");
    // Without front matter it is no document at all.
    write(&project, "TEMPLATE-CR", "# {{title}}\n");
    let said = refused(&project, line, "copy_unsound");
    assert!(said.contains("does not begin with front matter"), "{said}");
    write(&project, "TEMPLATE-CR", &text);
    project.call(line).unfilled().run().is(0);
}

// REQ-147, REQ-151
#[test]
fn locks_are_those_of_the_template_version_that_the_document_came_from() {
    let project = in_execution();
    // The next version of the template opens the justification, too.
    project.run("-u claude checkout TEMPLATE-CR").is(0);
    let template = copy(&project, "TEMPLATE-CR")
        .replace("Initial issue", "The justification is open")
        .replace("## 5 Justification\n", "## 5 Justification\n<!-- open: execution -->\n");
    write(&project, "TEMPLATE-CR", &template);
    project.call("-u claude route TEMPLATE-CR --review").unfilled().run().is(0);
    project.play(&[
        "-u qa review TEMPLATE-CR --recommend --comment fine",
        "-u claude route TEMPLATE-CR --approval",
        "-u qa approve TEMPLATE-CR",
        "-u claude create CR --title \"Another\"",
    ]);
    execute(&project, "CR-002");
    for (id, allowed) in [(CR, false), ("CR-002", true)] {
        // What the document says of itself opens nothing.
        let text = copy(&project, id);
        let opened = text.replacen("Why the change is needed", "Why not", 1);
        write(&project, id, &opened);
        if allowed {
            project.run(&format!("-u claude checkin {id}")).is(0);
        } else {
            refused(&project, &format!("-u claude checkin {id}"), "section_locked");
        }
    }
}

#[test]
fn a_template_of_templates_keeps_its_placeholders_for_those_who_use_it() {
    let project = Project::new();
    project.run("-u claude create TEMPLATE --name FORM --title \"A form\"").is(0);
    let text = copy(&project, "TEMPLATE-FORM");
    assert!(text.contains("title: \"A form\"\n") && text.contains("\n# {{title}}\n"), "{text}");
    write(&project, "TEMPLATE-FORM", &text.replace("{{revision_summary}}", "First issue"));
    project.call("-u claude route TEMPLATE-FORM --review").unfilled().run().is(0);
}

// REQ-147
#[test]
fn every_type_begins_with_the_text_of_its_template() {
    let project = Project::new();
    project.play(&["-u claude namespace add CORE", "-u claude create CR --title Parent"]);
    execute(&project, CR);
    project.play(&[
        "-u claude checkin CR-001",
        "-u claude item record CR-001 EI-1 --outcome fail --actual leak --evidence log --reason late",
    ]);
    for (line, id) in [
        ("RS --namespace CORE", "SDLC-CORE-RS"),
        ("RTM --namespace CORE", "SDLC-CORE-RTM"),
        ("INV", "INV-001"),
        ("SOP", "SOP-008"),
        ("TP --parent CR-001", "CR-001-TP-001"),
        ("VAR --parent CR-001 --item EI-1", "CR-001-VAR-001"),
        ("VR --parent CR-001", "CR-001-VR-001"),
    ] {
        let created = project.ask(&format!("-u claude create {line} --title Text")).is(0);
        assert!(!created["warnings"].to_string().contains("template_missing"), "{line}");
        let text = copy(&project, id);
        assert!(text.contains("\ntemplate: TEMPLATE-") && text.contains("\n# Text\n\n"), "{text}");
    }
    // A matrix without its evidence is not routed.
    project.edit("claude", "SDLC-CORE-RTM", "{{revision_summary}}", "First issue");
    let said = refused(&project, "-u claude route SDLC-CORE-RTM --review", "placeholder_left");
    assert!(said.contains("{{id and effective version}}"), "{said}");
}

// REQ-153, REQ-154
#[test]
fn an_attachment_that_is_not_filled_in_holds_up_the_review_of_its_parent() {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    execute(&project, CR);
    project
        .play(&["-u claude create VR --parent CR-001 --title Evidence", "-u claude checkin CR-001-VR-001"]);
    let said = refused(&project, "-u claude route CR-001 --review", "placeholder_left");
    assert!(said.starts_with("CR-001-VR-001 is not filled in: line 18 `[number of the item"), "{said}");
    project.run("-u claude checkout CR-001-VR-001").is(0);
    project.fill_in("CR-001-VR-001");
    project.play(&[
        "-u claude checkin CR-001-VR-001",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
    ]);
    // What was judged is not written afterwards.
    refused(&project, "-u claude checkout CR-001-VR-001", "parent_unsuitable");
    project.play(&["-u claude route CR-001 --approval", "-u qa approve CR-001", "-u claude close CR-001"]);
    assert_eq!(project.ask("-u qa status CR-001-VR-001").is(0)["data"]["document"]["state"], "CLOSED");
}

/// Lets another template stand behind change records from now on.
fn adopt(project: &Project, template: &str) {
    let path = project.path("workflows/executable.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replacen("template: TEMPLATE-CR", &format!("template: {template}"), 1)).unwrap();
    project.run("-u lead workflow adopt").is(0);
}

#[test]
fn a_template_that_a_type_names_only_now_is_checked_before_its_approval() {
    let project = Project::new();
    project.run("-u claude create TEMPLATE --name FORM --title \"A form\"").is(0);
    project.edit("claude", "TEMPLATE-FORM", "{{revision_summary}}", "First issue");
    project.play(&[
        "-u claude route TEMPLATE-FORM --review",
        "-u qa review TEMPLATE-FORM --recommend --comment fine",
    ]);
    adopt(&project, "TEMPLATE-FORM");
    let said = refused(&project, "-u claude route TEMPLATE-FORM --approval", "template_unsound");
    assert!(said.contains("its items: there is no table"), "{said}");
    assert!(said.contains("it declares no section open or locked"), "{said}");
    let noted = project.ask("-u qa doctor").is(0);
    let words = "a type names TEMPLATE-FORM, and no version of it is in force";
    assert!(noted["data"]["notes"].to_string().contains(words), "{}", noted["data"]["notes"]);
}

#[test]
fn doctor_finds_a_template_in_force_that_the_policy_asks_more_of() {
    let project = Project::new();
    adopt(&project, "TEMPLATE-SOP");
    let found = project.ask("-u qa doctor").is(1);
    let finding = &found["error"]["details"]["findings"][0];
    assert_eq!(finding["name"], "template");
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.starts_with("TEMPLATE-SOP 1.0 is no sound template: it declares no section"),
        "{message}"
    );
    assert!(message.ends_with("; revise TEMPLATE-SOP"), "{message}");
    // It is about what somebody wrote: no backup mends it.
    assert!(!found["error"]["hints"].to_string().contains("backup"), "{}", found["error"]["hints"]);
}

#[test]
fn a_copy_of_a_megabyte_is_judged_like_any_other() {
    let project = in_execution();
    let approved = copy(&project, CR);
    let summary = "[the work as carried out, and where it differs from the plan]";
    let long = "A long line of evidence that says nothing [new].\n".repeat(20_000);
    write(&project, CR, &approved.replacen(summary, &long, 1));
    let said = refused(&project, "-u claude route CR-001 --review", "placeholder_left");
    assert!(said.len() < 600, "{said}");
    project.run("-u claude checkin CR-001").is(0);
    project.run("-u claude checkout CR-001").is(0);
    write(&project, CR, &approved.replacen("## 2 Scope\n", &format!("## 2 Scope\n\n{long}"), 1));
    let refused = project.keeps(1, || project.ask("-u claude checkin CR-001")).is(4);
    assert!(refused["error"].to_string().len() < 4_000, "{}", refused["error"]);
}

// REQ-152
#[test]
fn doctor_finds_a_copy_of_a_template_that_says_something_else() {
    let project = Project::new();
    fs::create_dir(project.path("templates")).unwrap();
    let own = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/TEMPLATE-CR.md")).unwrap();
    fs::write(project.path("templates/TEMPLATE-CR.md"), &own).unwrap();
    fs::write(project.path("templates/README.md"), "# Ours\n").unwrap();
    project.run("-u qa doctor").is(0);
    fs::write(project.path("templates/TEMPLATE-CR.md"), [own.as_slice(), b"\nMore.\n"].concat()).unwrap();
    fs::write(project.path("templates/TEMPLATE-OLD.md"), "# Old\n").unwrap();
    let found = project.ask("-u qa doctor").is(1);
    let findings = &found["error"]["details"]["findings"];
    assert_eq!(findings[0]["name"], "template_drift");
    let message = findings[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("`templates/TEMPLATE-CR.md` is not TEMPLATE-CR 1.0, which is in force"),
        "{message}"
    );
    assert_eq!(findings.as_array().unwrap().len(), 1);
    fs::remove_file(project.path("templates/TEMPLATE-CR.md")).unwrap();
    let noted = project.ask("-u qa doctor").is(0);
    assert!(
        noted["data"]["notes"]
            .to_string()
            .contains("`templates/TEMPLATE-OLD.md` is no template that is in force")
    );
}
