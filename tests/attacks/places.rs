//! What somebody else puts where the program writes or reads: nothing foreign is changed or removed, nothing is waited
//! for, and nothing keeps a project from going on.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::project::Project;
use crate::{PASSPHRASE, code, phrase};

/// What a foreign file says, and goes on saying.
const PRECIOUS: &str = "the only copy\n";

/// What can lie at a place that is no file of ours, and whether it is one for all that.
fn lay(what: &str, place: &Path, foreign: &Path) {
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    match what {
        "hard link" => fs::hard_link(foreign, place).unwrap(),
        "link" => symlink(foreign, place).unwrap(),
        "pipe" => assert!(Command::new("mkfifo").arg(place).status().unwrap().success()),
        "folder" => fs::create_dir(place).unwrap(),
        _ => fs::write(place, PRECIOUS).unwrap(),
    }
}

/// Takes away what [`lay`] put there.
fn clear(place: &Path) {
    if place.is_dir() && !place.is_symlink() {
        fs::remove_dir(place).unwrap();
    } else {
        fs::remove_file(place).unwrap();
    }
}

// REQ-260
#[test]
fn what_the_store_writes_in_place_has_one_name_and_is_a_file() {
    let project = Project::new();
    project.issue(&["claude"]);
    let foreign = project.folder().join("foreign");
    fs::write(&foreign, PRECIOUS).unwrap();
    for name in ["qms.db-wal", "qms.db-shm", "qms.db-journal"] {
        let place = project.path(".qms").join(name);
        let _none = fs::remove_file(&place);
        for (what, why) in [
            ("hard link", "no file of SQLite"),
            ("link", "is a link"),
            ("pipe", "it is a pipe"),
            ("folder", "it is a folder"),
        ] {
            lay(what, &place, &foreign);
            project.run("-u claude create SOP --title x").is(1).says(name).says(why);
            assert_eq!(fs::read_to_string(&foreign).unwrap(), PRECIOUS, "{what} at {name}");
            clear(&place);
        }
    }
    fs::rename(project.database(), project.folder().join("kept")).unwrap();
    lay("folder", &project.database(), &foreign);
    project.run("-u claude inbox").is(1).says("it is a folder");
    clear(&project.database());
    fs::rename(project.folder().join("kept"), project.database()).unwrap();
    project.run("-u claude create SOP --title x").is(0);
}

// REQ-182, REQ-261
#[test]
fn what_lies_at_the_list_of_a_page_is_named_and_stays_and_a_repair_moves_it_aside() {
    let foreign_says = |project: &Project| fs::read_to_string(project.folder().join("foreign")).unwrap();
    for what in ["hard link", "link", "pipe", "folder", "file"] {
        let project = Project::new();
        project.issue(&["claude"]);
        let foreign = project.folder().join("foreign");
        fs::write(&foreign, PRECIOUS).unwrap();
        let list = project.path(".qms/published/SOP/SOP-008-draft.md");
        lay(what, &list, &foreign);
        let shown = ".qms/published/SOP/SOP-008-draft.md";
        project.run("-u claude create SOP --title x").is(0).says(shown);
        project.run("-u claude status SOP-008").is(0);
        project.run("-u lead doctor").is(1).says(shown);
        let repaired = project.run("-u lead doctor --repair").is(0);
        assert!(repaired.text().contains("SOP-008-draft.1.old.md"), "{what}: {}", repaired.text());
        assert!(project.path("QMS/SOP/SOP-008-draft.md").exists(), "{what}");
        assert_eq!(foreign_says(&project), PRECIOUS, "{what}");
        project.run("-u lead doctor --repair").is(0);
        project.run("-u lead doctor").is(0);
    }
}

/// The places that the program keeps for itself, and whether a folder has to lie there.
const PLACES: &[(&str, bool)] = &[
    (".qms/aside", true),
    (".qms/journal", true),
    (".qms/published", true),
    (".qms/published/SOP", true),
    (".qms/workspace", true),
    (".qms/workspace/claude", true),
    ("QMS", true),
    ("QMS/SOP", true),
    (".qms/publish.lock", false),
];

// REQ-261
#[test]
fn what_lies_at_any_place_of_the_program_is_named_and_stays_and_a_repair_moves_it_aside() {
    for (shown, is_folder) in PLACES {
        for what in if *is_folder { ["file", "pipe"] } else { ["folder", "pipe"] } {
            let case = format!("{what} at {shown}");
            let project = Project::new();
            project.issue(&["claude"]);
            project.run("-u claude create SOP --title x").is(0);
            let (place, before) = (project.path(shown), project.folder().join("before"));
            if place.exists() {
                fs::rename(&place, &before).unwrap();
            }
            lay(what, &place, Path::new(""));
            let kind = fs::symlink_metadata(&place).unwrap().file_type();
            // The project goes on.
            let done = project.run("-u claude create SOP --title y").is(0);
            project.run("-u claude status SOP-009").is(0);
            // Nothing is written into the folder for what was in the way before something is.
            assert!(done.stderr.contains(shown) || *shown == ".qms/aside", "{case}: {}", done.stderr);
            assert_eq!(fs::symlink_metadata(&place).unwrap().file_type(), kind, "{case}");
            project.run("-u lead doctor").is(1).says(&format!("`{shown}` is in the way"));
            assert_eq!(fs::symlink_metadata(&place).unwrap().file_type(), kind, "{case}");
            let repaired = project.run("-u lead doctor --repair").is(0).text();
            let is_moved = |path: &Path| fs::symlink_metadata(path).is_ok_and(|it| it.file_type() == kind);
            let aside = [project.path(".qms/aside").join(shown), project.path(".qms/aside.1.old")];
            assert!(aside.iter().any(|path| is_moved(path)), "{case}: {repaired}");
            project.run("-u lead doctor").is(0);
            let next = project.ask("-u claude create SOP --title z").is(0);
            assert_eq!(next["warnings"], serde_json::json!([]), "{case}");
            for page in ["SOP-008-draft", "SOP-009-draft", "SOP-010-draft"] {
                assert!(project.path(&format!("QMS/SOP/{page}.md")).is_file(), "{case}: {page}");
            }
        }
    }
}

// REQ-134, REQ-261
#[test]
fn a_pipe_where_a_key_lies_keeps_nobody_waiting() {
    let project = Project::new();
    project.run("-u lead user add ines --group quality --human").is(0);
    let code = code(&project, "lead", "ines");
    let keys = project.token("lead").unwrap().parent().unwrap().to_owned();
    for key in ["ines.key", "lead.key"] {
        lay("pipe", &keys.join(key), Path::new(""));
    }
    let file = phrase(&project, "ines");
    let words = format!("--token-file {} --passphrase-file {} enrol", code.display(), file.display());
    project.run(&words).is(0);
    let new = phrase(&project, "new");
    project.run(&format!("recover ines --new-passphrase-file {}", new.display()));
    assert_eq!(fs::read_to_string(file).unwrap().trim(), PASSPHRASE);
}

// REQ-232
#[test]
fn a_policy_that_is_too_large_is_refused_unread() {
    let project = Project::new();
    for (folder, files) in [("workflows", 1), ("prompts", 1), ("prompts", 3), ("workflows/scenarios", 1)] {
        fs::create_dir_all(project.path(folder)).unwrap();
        let places: Vec<_> = (0..files).map(|it| project.path(&format!("{folder}/zz{it}.yaml"))).collect();
        for place in &places {
            fs::write(place, "#".repeat(200 * 1024)).unwrap();
            if files == 1 {
                // Holes take no room on the disk, and would in memory.
                fs::File::options().write(true).open(place).unwrap().set_len(1 << 40).unwrap();
            }
        }
        let command = if folder.ends_with("scenarios") { "workflow test" } else { "workflow lint" };
        project.run(&format!("-u lead {command}")).is(82).says("have more than");
        for place in places {
            fs::remove_file(place).unwrap();
        }
    }
    project.run("-u lead workflow lint").is(0);
}

// REQ-182, REQ-262
#[test]
fn a_repair_moves_aside_what_was_left_behind_and_leaves_what_only_looks_like_it() {
    let project = Project::new();
    project.issue(&["claude"]);
    project.run("-u claude create SOP --title x").is(0);
    let foreign = ["QMS/SOP/.qms-notes.md", "QMS/SOP/.qms-abcdef", "QMS/SOP/x.1.old.md", ".qms-mine.half"];
    let left = [
        "QMS/SOP/.qms-aB3dEf6h1jKlMn0p.half",
        ".qms-aB3dEf6h1jKlMn0p.half",
        ".qms/workspace/claude/.qms-aB3dEf6h1jKlMn0p.half",
        ".qms/workspace/claude/SOP-008.1.old.md",
        ".qms/journal/4711-0.1.old",
        ".qms/published/SOP/SOP-008.12.old.md",
    ];
    for name in foreign.iter().chain(&left) {
        fs::create_dir_all(project.path(name).parent().unwrap()).unwrap();
        fs::write(project.path(name), format!("{PRECIOUS}{name}")).unwrap();
    }
    // A living process is about these: it may have made them this moment.
    let alive = ["QMS/CR/.qms-0123456789abcdef.half", ".qms/published/CR/CR-001.1.old.md"]
        .map(|name| project.path(name));
    let held = alive.each_ref().map(|path| {
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        fs::write(path, "x").unwrap();
        let folder = fs::File::open(folder).unwrap();
        folder.lock_shared().unwrap();
        folder
    });
    let look = project.run("-u lead doctor").is(0);
    assert!(left.iter().all(|name| look.text().contains(name)), "{}", look.text());
    let ran = project.run("-u lead doctor --repair").is(0);
    for name in left {
        assert!(ran.text().contains(name), "{name}: {}", ran.text());
        assert!(!project.path(name).exists(), "{name}");
        let aside = project.path(".qms/aside").join(name);
        assert_eq!(fs::read_to_string(aside).unwrap(), format!("{PRECIOUS}{name}"));
    }
    for name in foreign {
        assert_eq!(fs::read_to_string(project.path(name)).unwrap(), format!("{PRECIOUS}{name}"), "{name}");
    }
    assert!(alive.iter().all(|path| path.exists()));
    // It ended.
    drop(held);
    project.run("-u lead doctor --repair").is(0);
    assert!(!alive.iter().any(|path| path.exists()));
    // Another of the same name takes another place.
    fs::write(project.path(left[0]), "second").unwrap();
    project.run("-u lead doctor --repair").is(0);
    let aside = project.path(".qms/aside/QMS/SOP");
    assert_eq!(fs::read_dir(aside).unwrap().count(), 2);
}
