//! What lies where pages are published, and was never published there.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::drafted;
use crate::project::{PROGRAM, Project};

/// Puts something at a place.
type Plant = fn(&Path);

/// What somebody can put there, each with a name.
const PLANTS: [(&str, Plant); 5] = [
    ("a file", |path| fs::write(path, "a controlled document of ours").unwrap()),
    ("a file that cannot be written", |path| {
        fs::write(path, "a controlled document of ours").unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o444)).unwrap();
    }),
    ("a link", |path| symlink("/etc/hostname", path).unwrap()),
    ("a folder", |path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("SOP-014.md"), "a controlled document of ours").unwrap();
    }),
    ("a pipe", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
];

/// What a place holds, as far as it can be told apart.
fn held(path: &Path) -> String {
    let about = fs::symlink_metadata(path).unwrap();
    let text = if about.is_file() { fs::read_to_string(path).unwrap() } else { String::new() };
    format!("{:?} {:o} {text}", about.file_type(), about.permissions().mode())
}

// REQ-182
#[test]
fn no_action_replaces_or_removes_what_was_never_published_there() {
    // Each line publishes at the place, or takes a page away from there.
    let lines: [(&[&str], &str, &str); 3] = [
        (&[], "-u claude create CR --title x", "QMS/CR/CR-001-draft.md"),
        (&["-u claude create CR --title x"], "-u claude checkin CR-001", "QMS/CR/CR-001-draft.md"),
        (
            &["-u claude create CR --title x", "-u claude checkin CR-001"],
            "-u claude cancel CR-001 --reason over",
            "QMS/CR/CR-001-draft.md",
        ),
    ];
    for (number, (before, line, place)) in lines.into_iter().enumerate() {
        // How a page is put in its place does not depend on the action: all plants are tried once.
        for (name, plant) in PLANTS.into_iter().take(if number == 0 { PLANTS.len() } else { 1 }) {
            let project = Project::new();
            project.play(before);
            if project.copy("claude", "CR-001").exists() {
                project.fill_in("CR-001");
            }
            let path = project.path(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let _none = fs::remove_file(&path);
            plant(&path);
            let planted = held(&path);
            let done = project.ask(line).is(0);
            let warnings = done["warnings"].as_array().unwrap();
            let warned = warnings.iter().any(|one| one["code"] == "page_kept");
            assert!(warned, "{line} over {name}: {warnings:?}");
            assert_eq!(held(&path), planted, "{line} over {name}");
            // What is in the way is no reason to publish again and again.
            assert_eq!(fs::read_dir(project.path(".qms/journal")).unwrap().count(), 0);
            // `doctor` names it; a repair moves it aside, and publishes.
            let found = project.ask("-u qa doctor").is(1);
            let found = found["error"]["details"]["findings"].as_array().unwrap();
            assert!(found.iter().all(|one| one["name"] == "page_foreign"), "{line} over {name}: {found:?}");
            assert_eq!(held(&path), planted, "{line} over {name}");
            let repaired = project.ask("-u qa doctor --repair").is(0)["data"]["repaired"].to_string();
            let aside = path.with_extension("1.old.md");
            assert!(repaired.contains("CR-001-draft.1.old.md"), "{repaired}");
            assert_eq!(held(&aside), planted, "{line} over {name}");
            assert!(fs::read_to_string(&path).unwrap().contains("id: CR-001"));
            project.run("-u qa doctor").is(0);
        }
    }
}

// REQ-182
#[test]
fn an_edited_page_stays_when_the_document_goes_on_and_when_it_has_none_there_any_more() {
    let project = Project::new();
    project.run("-u lead checkout SOP-001").is(0);
    let draft = project.path("QMS/SOP/SOP-001-draft.md");
    let edited = fs::read_to_string(&draft).unwrap() + "a remark by hand\n";
    fs::write(&draft, &edited).unwrap();
    let done = project.ask("-u lead discard SOP-001 --reason over").is(0);
    assert!(done["warnings"].to_string().contains("page_kept"), "{}", done["warnings"]);
    assert_eq!(fs::read_to_string(&draft).unwrap(), edited);
    project.run("-u qa doctor").is(1).says("`QMS/SOP/SOP-001-draft.md` was edited");
    project.run("-u qa doctor --repair").is(0);
    assert!(!draft.exists());
    assert_eq!(fs::read_to_string(draft.with_extension("1.old.md")).unwrap(), edited);
}

// REQ-182
#[test]
fn a_page_that_was_published_once_makes_way_whatever_ends_its_lines() {
    let project = drafted();
    let page = project.path("QMS/CR/CR-001-draft.md");
    let first = fs::read_to_string(&page).unwrap();
    project.run("-u claude route CR-001 --review").is(0);
    let second = fs::read_to_string(&page).unwrap();
    assert_ne!(first, second);
    let warnings = |line: &str| project.ask(line).is(0)["warnings"].to_string();
    // As Git lays a page down: an older one, and one whose lines end in another way.
    for text in [first, format!("\u{feff}{}", second.replace('\n', "\r\n"))] {
        fs::write(&page, text).unwrap();
        assert!(!warnings("-u claude withdraw CR-001").contains("page_kept"));
        assert!(!warnings("-u claude route CR-001 --review").contains("page_kept"));
        assert_eq!(fs::read_to_string(&page).unwrap(), second);
    }
    fs::write(&page, second.replace('\n', "\r\n")).unwrap();
    project.run("-u qa doctor").is(0);
}

// REQ-182
#[test]
fn where_it_is_not_known_any_more_what_was_published_nothing_is_replaced() {
    let project = drafted();
    fs::remove_dir_all(project.path(".qms/published")).unwrap();
    // A page that is as it should be is one of ours.
    project.run("-u qa doctor").is(0);
    let page = project.path("QMS/CR/CR-001-draft.md");
    let before = fs::read_to_string(&page).unwrap();
    project.fill_in("CR-001");
    let done = project.ask("-u claude checkin CR-001").is(0);
    assert!(done["warnings"].to_string().contains("page_kept"), "{}", done["warnings"]);
    assert_eq!(fs::read_to_string(&page).unwrap(), before);
    project.run("-u qa doctor --repair").is(0);
    project.run("-u qa doctor").is(0);
    // From now on it is known again.
    let done = project.ask("-u claude cancel CR-001 --reason over").is(0);
    assert!(!done["warnings"].to_string().contains("page_kept"), "{}", done["warnings"]);
}

// REQ-183
#[test]
fn no_project_is_made_over_files_of_others_and_the_line_that_is_named_works() {
    let plants = PLANTS.into_iter().chain([(
        "a file in a folder",
        (|path| {
            fs::create_dir_all(path.join("SOP")).unwrap();
            fs::write(path.join("SOP/SOP-001.md"), "a controlled document of ours").unwrap();
            fs::write(path.join("SOP/SOP-002.md"), "another").unwrap();
        }) as Plant,
    )]);
    for (name, plant) in plants {
        let project = Project::empty();
        plant(&project.path("QMS"));
        let planted = held(&project.path("QMS"));
        let refused = project.ask("init --no-passphrase").is(2);
        assert_eq!(held(&project.path("QMS")), planted, "{name}");
        assert_eq!(fs::read_dir(project.root()).unwrap().count(), 1, "{name}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("QMS") && message.contains("replaces no file of others"), "{message}");
        let named = refused["error"]["details"]["path"].as_str().unwrap();
        assert!(fs::symlink_metadata(named).is_ok(), "{name}: {named}");
        let line = refused["error"]["hints"][0].as_str().unwrap();
        assert!(Command::new("sh").args(["-c", line]).status().unwrap().success(), "{line}");
        project.run("init --no-passphrase").is(0);
        assert!(fs::symlink_metadata(project.path("QMS.before")).is_ok(), "{name}");
        project.run("-u qa doctor").is(0);
    }
    // An empty folder is in nobody's way.
    let project = Project::empty();
    fs::create_dir_all(project.path("QMS/SOP")).unwrap();
    project.run("init --no-passphrase").is(0);
}

// REQ-183, REQ-296
#[test]
fn a_line_that_is_offered_names_its_folder_whatever_its_name() {
    for name in [&b"a b"[..], b"tab\there", b"\xff7", "a\u{202e}b'\\".as_bytes()] {
        let project = Project::empty();
        let root = project.root().join(OsStr::from_bytes(name));
        fs::create_dir_all(root.join("QMS")).unwrap();
        fs::write(root.join("QMS/mine"), "mine").unwrap();
        let refused = project.call("init --no-passphrase").directory(&root).ask().is(2);
        let line = refused["error"]["hints"][0].as_str().unwrap();
        assert!(Command::new("bash").args(["-c", line]).status().unwrap().success(), "{line}");
        assert_eq!(fs::read_to_string(root.join("QMS.before/mine")).unwrap(), "mine", "{line}");
        project.call("init --no-passphrase").directory(&root).run().is(0);
        // From elsewhere each line carries the root on.
        let mut call = project.call("-u claude create CR --title x");
        call.command.arg("--root").arg(&root);
        let done = call.directory("/").ask().is(0);
        let next = done["data"]["next"].as_array().unwrap();
        let line = next.iter().find(|line| line["action"] == "checkin").unwrap()["command"].as_str().unwrap();
        let ran = Command::new("bash")
            .args(["-c", &line.replacen("qms", PROGRAM, 1)])
            .env_clear()
            .env("XDG_STATE_HOME", project.folder().join("state"))
            .env("XDG_CONFIG_HOME", project.folder().join("config"))
            .current_dir("/")
            .output()
            .unwrap();
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

// REQ-140
#[test]
fn a_project_that_cannot_be_made_takes_its_pages_back() {
    let project = Project::empty();
    // The last that is written is what marks the project; where that cannot be, nothing stays.
    fs::create_dir(project.path("prompts")).unwrap();
    fs::create_dir(project.path("qms.yaml")).unwrap();
    project.run("init --no-passphrase").is(2);
    assert!(!project.path("QMS").exists() && !project.path(".qms").exists());
}

// REQ-184
#[test]
fn the_page_of_a_document_with_other_line_ends_has_one_kind_of_them() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let text = fs::read_to_string(&copy).unwrap();
    for other in [text.replace('\n', "\r\n"), text.replacen('\n', "\r\n", 9), format!("\u{feff}{text}")] {
        fs::write(&copy, &other).unwrap();
        project.run("-u claude checkin CR-001").is(0);
        assert_eq!(project.run("-u claude read CR-001 --draft").is(0).text(), other);
        let page = fs::read_to_string(project.path("QMS/CR/CR-001-draft.md")).unwrap();
        assert!(page.starts_with("---\nid: CR-001\n") && !page.contains('\r'), "{page:?}");
        project.run("-u claude checkout CR-001").is(0);
    }
}

// REQ-143
#[test]
#[expect(clippy::disallowed_methods, reason = "who waits shows it by not being done after a while")]
fn a_page_that_somebody_is_about_to_publish_is_not_missing() {
    let project = drafted();
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(project.path(".qms/publish.lock"))
        .unwrap();
    lock.lock().unwrap();
    let size = project.log_size();
    thread::scope(|scope| {
        let writer = scope.spawn(|| project.run("-u claude create CR --title y"));
        while project.log_size() == size {
            thread::yield_now();
        }
        let doctor = scope.spawn(|| project.run("-u lead doctor"));
        // Recorded, and not published yet; who looks meanwhile waits as who publishes does.
        thread::sleep(Duration::from_millis(300));
        assert!(!project.path("QMS/CR/CR-002-draft.md").exists() && !doctor.is_finished());
        drop(lock);
        writer.join().unwrap().is(0);
        doctor.join().unwrap().is(0);
    });
    // What nobody is about to publish is missing.
    fs::remove_file(project.path("QMS/CR/CR-002-draft.md")).unwrap();
    project.run("-u lead doctor").is(1).says("`QMS/CR/CR-002-draft.md` is missing");
}
