//! What is named in a variable or a path: nothing of it is waited for, and no output leaves its place.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::project::Project;

// REQ-134, REQ-141
#[test]
fn a_variable_that_names_a_pipe_a_device_or_a_folder_keeps_nobody_waiting() {
    let project = Project::new();
    let pipe = project.folder().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (pipe, folder) = (pipe.display().to_string(), project.root().display().to_string());
    for variable in ["QMS_TOKEN_FILE", "QMS_PASSPHRASE_FILE", "QMS_KEY_FILE", "XDG_STATE_HOME"] {
        for place in [pipe.as_str(), "/dev/zero", "/dev/full", folder.as_str()] {
            let ran = project.call("-u lead key create").variable(variable, place).run();
            assert_ne!(ran.status, 0, "{variable}={place}\n{}", ran.text());
        }
    }
    project.run("-u lead audit verify").is(0);
}

// REQ-061
#[test]
fn a_token_is_written_through_no_link_and_over_nothing_of_the_project() {
    let project = Project::new();
    let beyond = project.folder().join("beyond");
    symlink(&beyond, project.folder().join("dangling")).unwrap();
    symlink(project.path("qms.yaml"), project.folder().join("link")).unwrap();
    let settings = fs::read(project.path("qms.yaml")).unwrap();
    for out in ["../dangling", "../link", "qms.yaml", ".qms/qms.db", "/dev/full", "/dev/stdout", "QMS"] {
        let ran = project.run(&format!("-u lead token issue qa --out {out}")).is(1);
        assert!(ran.text().is_empty(), "{out}: {}", ran.text());
    }
    assert!(!beyond.exists());
    assert_eq!(fs::read(project.path("qms.yaml")).unwrap(), settings);
    // No token was issued: `qa` still has none to present.
    project.run("-u qa whoami").is(0);
    project.run("-u lead audit verify").is(0);
}
