//! The key, the configuration, and where a project can be made.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use super::{NOBODY, drafted, is_root, is_whole, walk};
use crate::project::Project;

// REQ-158
#[test]
fn a_project_is_not_used_from_a_folder_where_its_store_does_not_lie() {
    let project = Project::new();
    let fake = project.folder().join("fake");
    fs::create_dir(&fake).unwrap();
    fs::copy(project.path("qms.yaml"), fake.join("qms.yaml")).unwrap();
    std::os::unix::fs::symlink(project.path(".qms"), fake.join(".qms")).unwrap();
    let call = || project.call("-u lead list").directory(&fake).run();
    call().is(1).says("is a link: use the project where its store lies");
    fs::remove_file(fake.join(".qms")).unwrap();
    fs::create_dir(fake.join(".qms")).unwrap();
    fs::hard_link(project.database(), fake.join(".qms/qms.db")).unwrap();
    call().is(1).says("has a second name (a hard link)");
    fs::remove_file(fake.join(".qms/qms.db")).unwrap();
    project.run("-u lead list").is(0);
}

// REQ-122
#[test]
fn whoever_may_not_read_the_key_can_still_read_the_record() {
    let project = drafted();
    if !is_root() {
        eprintln!("left out: only root can act as another user");
        return;
    }
    walk(project.folder(), &|path| {
        let mode = if path.ends_with("key") {
            0o600
        } else if path.is_dir() {
            0o777
        } else {
            0o666
        };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    });
    let run = |line: &str| {
        let mut call = project.call(line);
        call.command.uid(NOBODY).gid(NOBODY);
        call.run()
    };
    run("-u qa list").is(0);
    let verified = run("-u qa audit verify").is(0).text();
    assert!(verified.contains("head tag: not checked"), "{verified}");
    run("-u claude create CR --title x").is(1).says("key");
    assert_eq!(project.log_size(), 2);
}

// REQ-122
#[test]
fn without_its_key_a_project_can_be_read_and_verified_and_not_changed() {
    let project = drafted();
    let key = project.key();
    let kept = project.folder().join("kept");
    fs::rename(&key, &kept).unwrap();
    project.keeps(0, || {
        for line in ["list", "status CR-001", "history CR-001", "inbox", "next CR-001"] {
            project.run(&format!("-u qa {line}")).is(0);
        }
        assert_eq!(project.ask("-u qa audit verify").is(0)["data"]["head_tag"], "unchecked");
        for line in ["-u claude create CR --title x", "-u claude approve CR-001", "-u qa audit checkpoint"] {
            project.run(line).is(1).says("the project key is missing");
        }
    });
    let named = |path: &Path| {
        project
            .call("-u claude create CR --title x")
            .variable("QMS_KEY_FILE", &path.display().to_string())
            .run()
    };
    named(&kept).is(0);
    fs::rename(&kept, &key).unwrap();
    is_whole(&project);
}

#[test]
fn a_relative_path_is_no_place_for_a_key() {
    let project = Project::empty();
    let init = || project.call("init --no-passphrase").variable("XDG_STATE_HOME", "state");
    init().run().is(1).says("`XDG_STATE_HOME`");
    init().variable("HOME", "home").run().is(1).says("`HOME`");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    let home = project.folder().join("home");
    init().variable("HOME", &home.display().to_string()).run().is(0);
    assert!(home.join(".local/state/qms").is_dir() && !project.path("state").exists());
}

// REQ-141
#[test]
fn a_key_that_is_not_this_projects_or_not_a_secret_is_refused_by_name() {
    let project = drafted();
    let key = project.key();
    let secret = fs::read(&key).unwrap();
    let other = Project::new();
    let refused = |words: &str| {
        project.keeps(0, || {
            for line in ["-u claude create CR --title x", "-u qa list"] {
                project.ask(line).is(1);
                project.run(line).is(1).says(words);
            }
        });
    };
    fs::write(&key, fs::read(other.key()).unwrap()).unwrap();
    refused("the project key has the fingerprint");
    for garbage in [b"not a key\n".as_slice(), b"", &secret[..40], &[0xff; 64], &b"0".repeat(64)] {
        fs::write(&key, garbage).unwrap();
        refused("key");
    }
    fs::write(&key, &secret).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o660] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        refused("chmod 600");
    }
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    if is_root() {
        chown(&key, Some(NOBODY), None).unwrap();
        refused("belongs to another user");
        chown(&key, Some(0), None).unwrap();
    }
    is_whole(&project);
}

// REQ-141
#[test]
fn a_broken_configuration_is_named_with_its_place() {
    let project = drafted();
    let path = project.path("qms.yaml");
    let sound = fs::read_to_string(&path).unwrap();
    let other = sound.replace("project: \"", "project: \"00");
    for (text, words) in [
        ("", "qms.yaml"),
        ("schema: [", "qms.yaml:1:"),
        ("schema: qms.project/2\nproject: \"x\"\n", "expected `schema: qms.project/1`"),
        (&sound.replace("project:", "projekt:"), "qms.yaml:3:"),
        (&format!("{sound}extra: 1\n"), "qms.yaml:4:"),
        (&other, "32 hexadecimal digits"),
    ] {
        fs::write(&path, text).unwrap();
        let before = project.log_size();
        for line in ["-u claude create CR --title x", "-u qa list"] {
            project.ask(line).is(1);
            project.run(line).is(1).says(words);
        }
        assert_eq!(project.log_size(), before);
    }
    fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    project.run("-u qa list").is(1).says("qms.yaml");
    fs::write(&path, &sound).unwrap();
    is_whole(&project);
}

// REQ-140
#[test]
fn a_project_is_not_made_where_it_does_not_belong() {
    let project = drafted();
    let home = project.folder().join("home");
    fs::create_dir(&home).unwrap();
    let home = home.display().to_string();
    let refused = |line: &str, words: &str| {
        project.keeps(0, || {
            let ran = project.call(line).variable("HOME", &home).run().is(2);
            ran.says(words).says("try: qms init <folder>");
        });
    };
    refused("init --no-passphrase /", "it is the root of the file system");
    refused("init --no-passphrase /proc/..", "it is the root of the file system");
    refused(&format!("init --no-passphrase {home}"), "it is your home folder");
    refused("init --no-passphrase", "is a project already");
    refused("init --no-passphrase inner", "is a project already");
    refused("init --no-passphrase inner/most", "is a project already");
    refused("init --no-passphrase workflows", "is a project already");
    refused("init --no-passphrase none/../..", "does not exist");
    assert!(!project.path("inner").exists(), "a refusal leaves no folder behind");
    assert_eq!(fs::read_dir(project.folder().join("state/qms")).unwrap().count(), 1, "and no key");
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
}

// REQ-140
#[test]
fn a_project_that_cannot_be_made_leaves_nothing_behind() {
    let project = Project::empty();
    let state = project.folder().join("state");
    fs::write(&state, "in the way").unwrap();
    project.run("init --no-passphrase").is(1).says("state");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    fs::remove_file(&state).unwrap();
    project.call("init --no-passphrase").variable("XDG_STATE_HOME", "").run().is(1).says("XDG_STATE_HOME");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
    // A folder where the policy should go: the store is made by then.
    fs::write(project.path("workflows"), "in the way").unwrap();
    project.run("init --no-passphrase").is(1).says("workflows");
    assert!(!project.path(".qms").exists() && !project.path("qms.yaml").exists());
    assert_eq!(walk_count(&state), 0, "no key");
    fs::remove_file(project.path("workflows")).unwrap();
    project.run("init --no-passphrase").is(0);
    project.run("init --no-passphrase").is(2).says("is a project already");
    is_whole(&project);
}

fn walk_count(folder: &Path) -> usize {
    let count = std::cell::Cell::new(0);
    walk(folder, &|path| count.set(count.get() + usize::from(path.is_file())));
    count.get()
}

#[test]
fn outside_a_project_that_is_said() {
    let project = Project::empty();
    project.run("-u qa list").is(5).says("no project here").says("try: qms init");
    project.ask("-u qa create CR").is(5);
    // Where none can be made, none is offered.
    project.call("-u qa list").directory("/").run().is(5).says("try: qms init <folder>");
    project.run("workflow show").is(0);
    project.run("-u qa list --root /nowhere").is(5).says("`/nowhere` is no project");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 0);
}
