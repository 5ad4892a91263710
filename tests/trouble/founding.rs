//! The making of a project: cut short at each moment, begun by many at once, and where something lies already.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{drafted, is_whole};
use crate::project::{PROGRAM, Project};

/// Puts something at a place.
type Lay<'a> = &'a dyn Fn(&Path);

/// Leaves of a project what a process that died at some stage would.
type Leave<'a> = &'a dyn Fn(&Project);

/// Where a project is while it is made.
const STAGED: &str = ".qms-0123456789abcdef.half";

/// What an `init` leaves that ends at some moment, from a project of which it made everything: beside its place or in it.
fn unfinished(is_in_place: bool) -> Project {
    let project = Project::new();
    fs::remove_dir_all(project.path("QMS")).unwrap();
    fs::remove_dir_all(project.path(".qms/published")).unwrap();
    fs::write(project.path(".qms/journal/1-0"), "0").unwrap();
    fs::rename(project.path("qms.yaml"), project.path(".qms/qms.yaml")).unwrap();
    if !is_in_place {
        fs::create_dir(project.path(STAGED)).unwrap();
        fs::rename(project.path(".qms"), project.path(STAGED).join(".qms")).unwrap();
    }
    project
}

// REQ-140
#[test]
fn an_init_that_did_not_end_is_in_the_way_of_no_other_and_no_other_takes_anything_for_its_own() {
    let stages: [(&str, Leave<'_>); 4] = [
        ("the folder", &|project| fs::remove_dir_all(project.path(STAGED).join(".qms")).unwrap()),
        ("an empty store", &|project| fs::write(project.path(STAGED).join(".qms/qms.db"), "").unwrap()),
        ("all of it", &|_| {}),
        ("an empty folder in its place", &|project| fs::create_dir(project.path(".qms")).unwrap()),
    ];
    for (stage, leave) in stages {
        let project = unfinished(false);
        let (key, token) = (project.key(), project.token("lead").unwrap());
        let policy = project.path("workflows/policy.yaml");
        let of_light = fs::read_to_string(&policy).unwrap();
        // It was of another profile.
        fs::write(&policy, of_light.replace("\nprofile: light", "\nprofile: gxp")).unwrap();
        fs::write(project.path("prompts/own.md"), "mine").unwrap();
        leave(&project);
        let staged = listed(&project.path(STAGED));
        project.run("-u qa list").is(5).says("try: qms init");
        project.run("init --no-passphrase").is(0);
        // It can be a copy of what became a project: its keys are that project's.
        assert!(key.exists() && token.exists(), "{stage}");
        fs::remove_file(&token).unwrap();
        assert_eq!(listed(&project.path(STAGED)), staged, "{stage}");
        assert_eq!(fs::read_to_string(&policy).unwrap(), of_light, "{stage}");
        assert_eq!(fs::read_to_string(project.path("prompts/own.md")).unwrap(), "mine", "{stage}");
        assert!(project.run("-u lead doctor").is(0).text().contains(STAGED), "{stage}");
        project.run("-u lead doctor --repair").is(0);
        assert!(!project.path(STAGED).exists(), "{stage}");
        is_whole(&project);
    }
}

/// Lists the files in a folder, however deep.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let (mut open, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

// REQ-140
#[test]
fn a_project_that_is_in_its_place_is_found_whatever_its_init_did_not_come_to() {
    for line in ["-u qa list", "-u claude create CR --title x", "-u lead doctor"] {
        let project = unfinished(true);
        project.run(line).is(0);
        is_whole(&project);
    }
    let project = unfinished(true);
    project.run("init --no-passphrase").is(2).says("is a project already");
    project.run("-u qa list").is(0);
    is_whole(&project);
}

// REQ-015, REQ-140
#[test]
fn a_store_that_may_be_a_projects_is_kept_and_whoever_is_in_its_way_is_told_how_to_go_on() {
    let held = Project::empty();
    let folder = fs::File::open(held.root()).unwrap();
    folder.lock().unwrap();
    held.run("init --no-passphrase").is(2).says("another process works in it");
    drop(folder);
    let lay: [(&str, Lay<'_>); 3] = [
        ("nothing", &|_| {}),
        ("a folder", &|place| fs::create_dir(place).unwrap()),
        ("a link", &|place| symlink("/nowhere", place).unwrap()),
    ];
    for (what, lay) in lay {
        let lost = drafted();
        fs::rename(lost.path("qms.yaml"), lost.folder().join("kept")).unwrap();
        lay(&lost.path("qms.yaml"));
        for line in ["-u qa list", "init --no-passphrase"] {
            let hints = lost.ask(line).is(2)["error"]["hints"].clone();
            let place = lost.path(".qms").display().to_string();
            assert_eq!(hints[0], format!("mv {place} {place}.before"), "{line}, {what}");
        }
        assert!(lost.database().exists());
        let new = Project::empty();
        lay(&new.path("qms.yaml"));
        new.run("init --no-passphrase").is(if what == "nothing" { 0 } else { 2 });
        if what == "nothing" {
            fs::rename(lost.folder().join("kept"), lost.path("qms.yaml")).unwrap();
            is_whole(&lost);
        } else {
            assert!(fs::read_dir(new.root()).unwrap().all(|it| it.unwrap().file_name() == "qms.yaml"));
        }
    }
}

// REQ-140
#[test]
fn of_several_inits_at_once_one_makes_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let begin = || {
        Command::new(PROGRAM)
            .args(["init", "--no-passphrase"])
            .env_clear()
            .env("XDG_CONFIG_HOME", folder.path().join("config"))
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .current_dir(folder.path().join("p"))
            .output()
            .unwrap()
    };
    fs::create_dir(folder.path().join("p")).unwrap();
    let made = std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(begin)).collect();
        all.into_iter().map(|one| one.join().unwrap()).filter(|it| it.status.success()).count()
    });
    assert_eq!(made, 1);
    let list = Command::new(PROGRAM)
        .args(["-u", "qa", "doctor"])
        .env_clear()
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .current_dir(folder.path().join("p"))
        .status();
    assert!(list.unwrap().success());
}
