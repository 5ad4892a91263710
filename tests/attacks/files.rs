//! What is named in a variable or a path: nothing of it is waited for, and no output leaves its place.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::project::{PROGRAM, Project};

// REQ-134, REQ-141
#[test]
fn a_variable_that_names_a_pipe_a_device_or_a_folder_keeps_nobody_waiting() {
    let project = Project::new();
    let pipe = project.folder().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (pipe, folder) = (pipe.display().to_string(), project.root().display().to_string());
    for variable in ["QMS_TOKEN_FILE", "QMS_PASSPHRASE_FILE", "QMS_KEY_FILE", "XDG_STATE_HOME"] {
        for place in [pipe.as_str(), "/dev/zero", "/dev/full", "/dev/stdout", "/dev/fd/1", folder.as_str()] {
            let ran = project.call("-u lead key create").variable(variable, place).run();
            assert_ne!(ran.status, 0, "{variable}={place}\n{}", ran.text());
        }
    }
    project.run("-u lead audit verify").is(0);
}

// REQ-050, REQ-134
#[test]
fn a_descriptor_gives_a_token_or_is_refused_at_once() {
    let project = Project::new();
    project.issue(&["claude"]);
    let token = project.token("claude").unwrap().display().to_string();
    let fifo = project.folder().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let fifo = fifo.display().to_string();
    // What the shell does before it becomes the program, the descriptor that is named, and how that ends.
    let store = project.database().display().to_string();
    let cases = [
        ("exec 3<TOKEN", "3", 0),
        ("exec 9< <(cat TOKEN)", "9", 0),
        ("exec 8<>FIFO 9<FIFO; cat TOKEN >&8", "9", 0),
        ("exec 9< <(true)", "9", 8),
        // The standard streams are the program's own.
        ("exec <TOKEN", "0", 2),
        ("exec 8<>FIFO <FIFO", "0", 2),
        ("", "1", 2),
        ("", "2", 2),
        ("exec 2>&1", "2", 2),
        ("exec 3>&1", "3", 1),
        // What was not open before is the program's own, too.
        ("exec 3>&-", "3", 1),
        ("exec 3>&- 4>&- 5>&-", "4", 1),
        ("", "77", 1),
        ("", "4294967296", 2),
        ("", "-1", 2),
        ("exec 3<.", "3", 1),
        ("exec 3</dev/zero", "3", 1),
        ("exec 3<>/dev/null", "3", 1),
        ("exec 3<>/dev/ptmx", "3", 1),
        ("exec 3<STORE", "3", 1),
    ];
    for (before, number, status) in cases {
        let before = before.replace("TOKEN", &token).replace("STORE", &store).replace("FIFO", &fifo);
        let mut command = Command::new("timeout");
        command.args(["60", "bash", "-c", &format!("{before}\nexec \"$0\" whoami"), PROGRAM]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", project.folder());
        command.env("XDG_STATE_HOME", project.folder().join("state")).env("QMS_TOKEN_FD", number);
        let output = command.current_dir(project.root()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{before} {number}: {said}");
    }
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
