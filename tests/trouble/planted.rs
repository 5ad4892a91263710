//! What somebody who can write into the folder of a project plants there for others to fall over.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use super::{drafted, is_whole};
use crate::project::Project;

fn database(project: &Project) -> rusqlite::Connection {
    rusqlite::Connection::open(project.database()).unwrap()
}

// REQ-142
#[test]
fn a_journal_that_is_a_link_costs_nobody_a_file() {
    let project = drafted();
    let other = project.folder().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.txt"), "years of work").unwrap();
    fs::write(other.join("4194304-0"), "").unwrap();
    fs::remove_dir_all(project.path(".qms/journal")).unwrap();
    symlink(&other, project.path(".qms/journal")).unwrap();
    project.run("-u qa list").is(0);
    assert_eq!(fs::read_dir(&other).unwrap().count(), 2);
    // Nor does a file that is no marker go, where the folder is the right one.
    fs::remove_file(project.path(".qms/journal")).unwrap();
    fs::create_dir(project.path(".qms/journal")).unwrap();
    fs::write(project.path(".qms/journal/notes.txt"), "mine").unwrap();
    project.run("-u qa list").is(0);
    assert!(project.path(".qms/journal/notes.txt").exists());
}

// REQ-142
#[test]
fn a_lock_that_is_a_link_is_not_written_through() {
    let project = drafted();
    let precious = project.folder().join("precious.txt");
    fs::write(&precious, "precious").unwrap();
    let _none = fs::remove_file(project.path(".qms/publish.lock"));
    symlink(&precious, project.path(".qms/publish.lock")).unwrap();
    let done = project.ask("-u claude create CR --title x").is(0);
    assert_eq!(done["warnings"][0]["code"], "not_published");
    assert_eq!(fs::read_to_string(precious).unwrap(), "precious");
}

// REQ-142, REQ-166
#[test]
fn a_folder_that_is_a_link_is_not_written_through_and_doctor_says_so() {
    let project = drafted();
    let elsewhere = project.folder().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let plant = |path: &str| {
        let path = project.path(path);
        let _none = fs::remove_dir_all(&path);
        symlink(&elsewhere, path).unwrap();
    };
    for (planted, code) in [
        ("QMS/CR", "not_published"),
        (".qms/workspace/claude", "copy_not_written"),
        (".qms/workspace", "copy_not_written"),
        (".qms/published", "not_published"),
        ("QMS", "not_published"),
    ] {
        plant(planted);
        let done = project.ask("-u claude create CR --title x").is(0);
        assert!(done["warnings"].to_string().contains(code), "{planted}: {}", done["warnings"]);
        assert!(done["warnings"].to_string().contains("is a link, and nothing is written through one"));
        for line in ["-u lead doctor", "-u lead doctor --repair"] {
            let found = project.ask(line).is(1)["error"]["details"]["findings"].clone();
            let links: Vec<_> =
                found.as_array().unwrap().iter().filter(|one| one["name"] == "link").collect();
            assert!(links[0]["message"].as_str().unwrap().starts_with(&format!("`{planted}` is a link")));
            assert_eq!(links[0]["repairable"], json!(false));
        }
        fs::remove_file(project.path(planted)).unwrap();
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "{planted}");
    }
    // Nor is a copy taken from there, or taken away.
    let copy = project.path(".qms/workspace/claude");
    project.run("-u claude checkout CR-001").is(0);
    fs::rename(&copy, project.folder().join("moved")).unwrap();
    symlink(project.folder().join("moved"), &copy).unwrap();
    assert_eq!(project.ask("-u claude checkin CR-001").is(4).reasons(), ["copy_unsound"]);
    assert!(project.folder().join("moved/CR-001.md").exists());
    // A record elsewhere is none of this project.
    fs::rename(project.path(".qms"), project.folder().join("record")).unwrap();
    symlink(project.folder().join("record"), project.path(".qms")).unwrap();
    project.run("-u claude create CR --title x").is(1).says(".qms` is a link");
}

// REQ-043
#[test]
fn front_matter_cannot_speak_in_the_words_of_the_record() {
    let project = drafted();
    for field in ["approved_by", "content_digest", "effective_version"] {
        let copy = project.copy("claude", "CR-001");
        let text = fs::read_to_string(&copy).unwrap();
        fs::write(&copy, text.replacen("---\n", &format!("---\n{field}: \"qa\"\n"), 1)).unwrap();
        let refused = project.ask("-u claude checkin CR-001").is(4);
        assert_eq!(refused.reasons(), ["copy_unsound"]);
        fs::write(&copy, text).unwrap();
    }
}

// REQ-119
#[test]
fn a_policy_is_believed_by_its_tag_and_else_read_from_its_files() {
    let project = drafted();
    let store = database(&project);
    store.execute_batch("DROP TRIGGER policies_stay").unwrap();
    // Everybody may do everything, says what is kept of the meaning.
    let forged = store
        .execute("UPDATE policies SET compiled = replace(compiled, '\"initiator\"]', '\"quality\"]')", []);
    assert_eq!(forged.unwrap(), 1);
    assert_eq!(project.ask("-u qa create CR --title x").is(7).reasons(), ["group_not_allowed"]);
    project.ask("-u claude create CR --title x").is(0);
    let files =
        store.execute("UPDATE policies SET sources = replace(sources, '[initiator]', '[quality]')", []);
    assert_eq!(files.unwrap(), 1);
    let refused = project.ask("-u claude create CR --title x").is(82);
    assert!(refused["error"]["message"].as_str().unwrap().contains("not those that were adopted"));
}

// REQ-057
#[test]
fn a_count_of_refusals_from_the_future_silences_nothing() {
    let project = drafted();
    for since in [9_000_000_000_000_000_i64, i64::MIN] {
        let store = database(&project);
        store
            .execute("INSERT OR REPLACE INTO refusals VALUES ('mallory', ?, 0, zeroblob(32))", [since])
            .unwrap();
        project.keeps(1, || project.ask("-u mallory approve SOP-001").is(8));
    }
}

// REQ-293
#[test]
fn a_count_of_refusals_that_somebody_else_wrote_hides_nothing_and_is_named() {
    let edits = [
        "INSERT OR REPLACE INTO refusals SELECT claimed, since, 0, zeroblob(32) FROM refusals",
        "INSERT OR REPLACE INTO refusals SELECT claimed, since + 1, 0, tag FROM refusals",
        "UPDATE refusals SET count = count + 1",
    ];
    for edit in edits {
        let project = drafted();
        project.ask("-u mallory approve SOP-001").is(8);
        project.ask("-u qa audit verify").is(0);
        database(&project).execute(edit, []).unwrap();
        project.keeps(1, || project.ask("-u mallory approve SOP-001").is(8));
        database(&project).execute(edit, []).unwrap();
        let found = project.ask("-u qa audit verify").is(80);
        assert!(found["error"]["message"].to_string().contains("`refusals`"), "{edit}: {:#}", found.value());
        let found = project.ask("-u qa doctor").is(1);
        assert!(found["error"]["details"].to_string().contains("`refusals`"), "{edit}: {:#}", found.value());
    }
}

// REQ-143
#[test]
fn what_a_changed_record_says_is_not_published_by_a_repair() {
    let project = drafted();
    let page = project.path("QMS/CR/CR-001-draft.md");
    let published = fs::read(&page).unwrap();
    database(&project).execute("UPDATE documents SET state = 'CLOSED' WHERE id = 'CR-001'", []).unwrap();
    for line in ["-u qa doctor", "-u qa doctor --repair"] {
        let refused = project.ask(line).is(80);
        assert!(!refused["error"]["hints"].to_string().contains("--repair"), "{:#}", refused.value());
    }
    assert_eq!(fs::read(page).unwrap(), published);
}

#[test]
fn a_file_that_is_no_checkpoint_says_nothing_about_the_trail() {
    let project = drafted();
    fs::write(project.path("junk"), "junk\n").unwrap();
    let refused = project.ask("-u qa audit verify --checkpoint junk").is(2);
    assert!(!refused["error"]["hints"].to_string().contains("backup"));
}

// REQ-144
#[test]
fn a_demo_leaves_alone_what_is_there() {
    let project = drafted();
    fs::create_dir(project.path("play")).unwrap();
    fs::write(project.path("play/mine.txt"), "mine").unwrap();
    project.keeps(0, || project.run("demo --folder play").is(2).says("is not empty"));
}

// REQ-088
#[test]
fn what_came_with_the_program_has_a_history_and_an_empty_title_is_none() {
    let project = drafted();
    let history = project.ask("-u qa history SOP-002").is(0);
    assert_eq!(history["data"]["entries"][0]["action"], "genesis");
    for title in ["", "   "] {
        let refused = project.ask(&format!("-u claude create CR --title \"{title}\"")).is(4);
        assert_eq!(refused.reasons(), ["invalid_input"]);
    }
    let dry = project.ask("-u claude create CR --title x --dry-run").is(0);
    assert_eq!(dry["data"]["next"], json!([]));
}

// REQ-142
#[test]
fn a_pipe_in_place_of_a_file_keeps_nobody_waiting() {
    let project = drafted();
    let pipe = |path: &str| {
        let path = project.path(path);
        let _none = fs::remove_file(&path);
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    for path in [".qms/workspace/claude/CR-001.json", ".qms/publish.lock", ".qms/journal/4194304-0", "note"] {
        pipe(path);
    }
    project.run("-u claude status CR-001").is(0);
    project.run("-u claude create CR --title x").is(0).says("not published");
    project.run("-u qa audit verify --checkpoint note").is(1).says("not a file");
    pipe("QMS/CR/CR-001-draft.md");
    project.run("-u qa doctor").is(1);
}

/// Puts something at a place.
type Lay<'a> = &'a dyn Fn(&Path);

// REQ-142, REQ-261
#[test]
fn what_lies_where_sqlite_keeps_its_files_stays_and_a_repair_moves_it_aside() {
    let project = drafted();
    let lay: [(&str, Lay<'_>); 4] = [
        ("it is no file of SQLite", &|place| fs::write(place, "mine").unwrap()),
        ("it is a folder", &|place| fs::create_dir(place).unwrap()),
        ("it is a link", &|place| symlink("/nowhere", place).unwrap()),
        ("it is a pipe", &|place| {
            assert!(std::process::Command::new("mkfifo").arg(place).status().unwrap().success());
        }),
    ];
    for (number, (what, lay)) in (1..).zip(lay) {
        for name in ["qms.db-journal", "qms.db-wal", "qms.db-shm"] {
            let place = project.path(".qms").join(name);
            lay(&place);
            for line in ["-u qa list", "-u qa doctor", "-u claude create CR --title x"] {
                project.run(line).is(1).says(what).says("try: qms doctor --repair");
            }
            assert!(fs::symlink_metadata(&place).is_ok(), "{name}");
            let repaired = project.run("-u lead doctor --repair").is(0).text();
            assert!(repaired.contains(name), "{repaired}");
            assert!(fs::symlink_metadata(&place).is_err(), "{name}");
            let aside = fs::read_dir(project.path(".qms/aside/.qms")).unwrap();
            let kind = name.rsplit('.').next().unwrap();
            let aside = aside.filter(|it| it.as_ref().unwrap().file_name().to_str().unwrap().ends_with(kind));
            assert_eq!(aside.count(), number, "{name}");
        }
    }
    project.run("-u claude create CR --title x").is(0);
    is_whole(&project);
}

// REQ-261
#[test]
fn nothing_is_moved_from_beside_the_store_but_for_somebody_and_while_nobody_has_it_open() {
    let project = Project::empty();
    project.run("init --profile team --no-passphrase").is(0);
    let token = project.token("lead").unwrap();
    let place = project.path(".qms/qms.db-wal");
    fs::write(&place, "mine").unwrap();
    let is_there = || fs::read(&place).is_ok_and(|text| text == b"mine");
    // Who is calling is found out first, by the store itself.
    let unknown = project.folder().join("unknown");
    fs::write(&unknown, "qms_00000000000000000000000000000000000000000000000000000000000\n").unwrap();
    for user in ["", "--user nobody", "--user claude", "--token-file unknown"] {
        let ran = project.call(&format!("{user} doctor --repair")).directory(project.folder());
        let ran = ran.variable("QMS_ROOT", project.root().to_str().unwrap()).run();
        assert!(ran.status != 0 && is_there(), "{user}: {}", ran.stderr);
    }
    // A process that has the store open has a log there, whatever its name leads to now.
    let store = fs::File::options().read(true).open(project.database()).unwrap();
    rustix::fs::fcntl_lock(&store, rustix::fs::FlockOperation::NonBlockingLockShared).unwrap();
    let by_lead = format!("--token-file {} doctor --repair", token.display());
    project.run(&by_lead).is(10).says("held by another process");
    assert!(is_there());
    drop(store);
    // What stands on standard input is read once.
    let token = fs::read(&token).unwrap();
    let repaired = project.call("--token-file - doctor --repair").input(token).run().text();
    assert!(repaired.contains("qms.db-wal"), "{repaired}");
    assert!(!is_there() && project.path(".qms/aside/.qms/qms.db-wal").exists());
}
