//! Users whom the installation of a hook binds: nobody is one of them without a proof, in any profile.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::profiles::of;
use super::{bare, log, newest};
use crate::project::{PROGRAM, Project};

/// A project of profile `light` whose policy gives `claude` to the main threads, and agents to `qa` and `tu`.
fn with_agents() -> Project {
    let project = of("light");
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path).unwrap()
        + "\nagents:\n  qa: { user: qa }\n  judge: { user: tu }\nruntimes:\n  claude: claude\n  codex: claude\n  gemini: claude\n";
    fs::write(path, text).unwrap();
    project.run("-u lead workflow adopt").is(0);
    project.run("-u lead user add ada --group initiator --agent").is(0);
    project
}

const RUNTIMES: [(&str, &str); 3] = [
    ("claude", ".claude/settings.json"),
    ("codex", ".codex/hooks.json"),
    ("gemini", ".gemini/settings.json"),
];

/// Who is bound, by what `user list` says.
fn bound(project: &Project) -> Vec<String> {
    let listed = project.ask("-u lead user list").is(0);
    let users = listed["data"]["users"].as_array().unwrap();
    let bound = users.iter().filter(|user| user["bound"] == true);
    bound.map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

// REQ-209, REQ-210
#[test]
fn a_bound_user_is_nobody_without_a_proof_however_the_call_is_wrapped() {
    for (runtime, _) in RUNTIMES {
        let project = with_agents();
        project.run("-u qa list").is(0);
        let installed = project.ask(&format!("-u lead hooks install {runtime}")).is(0);
        assert_eq!(installed["data"]["bound"], json!(["claude", "qa", "tu"]));
        let entry = newest(&project);
        assert_eq!([&entry["action"], &entry["inputs"]["runtime"]], ["user_bind", runtime]);
        assert_eq!([&entry["actor"], &entry["assurance"]], ["lead", "token"]);
        assert_eq!(bound(&project), ["claude", "qa", "tu"]);
        for user in ["claude", "qa", "tu"] {
            for line in ["list", "whoami", "create CR --title x", "create CR --title x --dry-run"] {
                let refused = bare(&project, &format!("-u {user} {line}")).ask().is(8);
                assert_eq!(refused.reasons(), ["credential_required"], "{runtime} {user} {line}");
                assert!(refused["error"]["hints"].to_string().contains(&format!("token issue {user}")));
            }
        }
        for (program, words) in [("env", "-i"), ("nice", "-n 1"), ("sh", "-c"), ("timeout", "9")] {
            let line = format!("'{PROGRAM}' --user qa create CR --title x");
            let mut call = Command::new(program);
            call.args(words.split(' '));
            if program == "sh" {
                call.arg(&line)
            } else {
                call.args(["sh", "-c", &line])
            };
            call.env("XDG_STATE_HOME", project.folder().join("state")).current_dir(project.root());
            assert_ne!(call.output().unwrap().status.code(), Some(0), "{program}");
        }
        assert!(
            !log(&project).iter().any(|entry| entry["action"] == "create" && entry["result"] != "denied")
        );
        // Whoever the policy gives to no agent is believed as before.
        project.run("-u ada create CR --title x").is(0);
        // A credential of its own is a proof anywhere.
        project.issue(&["qa"]);
        project.run("-u qa list").is(0);
        project.run("-u lead audit verify --contents").is(0);
    }
}

// REQ-209
#[test]
fn whoever_manages_no_users_installs_no_hook_and_binds_nobody() {
    let project = with_agents();
    project.issue(&["claude", "tu"]);
    for (runtime, file) in RUNTIMES {
        let line = |user: &str| format!("-u {user} hooks install {runtime}");
        for (call, status, reason) in [
            (bare(&project, &line("lead")), 8, "credential_required"),
            (bare(&project, &line("ada")), 8, "assurance_too_low"),
            (project.call(&line("claude")), 7, "group_not_allowed"),
            (project.call(&line("tu")), 7, "group_not_allowed"),
            (project.call(&format!("{} --dry-run", line("claude"))), 7, "group_not_allowed"),
        ] {
            assert!(call.ask().is(status).reasons().contains(&reason), "{reason}");
            assert!(!project.path(file).exists());
        }
        let shown = project.ask(&format!("{} --dry-run", line("lead"))).is(0);
        assert_eq!(shown["data"]["bound"], json!(["claude", "qa", "tu"]));
        assert!(!project.path(file).exists());
        assert_eq!(bound(&project), [""; 0]);
    }
}

// REQ-211
#[test]
fn a_binding_outlives_the_hook_and_is_lifted_with_a_reason_by_whoever_manages_users() {
    let project = with_agents();
    project.play(&["-u lead hooks install claude", "-u lead hooks remove claude"]);
    assert_eq!(bound(&project), ["claude", "qa", "tu"]);
    project.issue(&["claude"]);
    project.run("-u lead user unbind qa").is(2);
    for (line, status, reason) in [
        ("-u lead user unbind qa --reason \" \"", 4, "missing_input"),
        ("-u lead user unbind ada --reason \"no hook\"", 4, "not_bound"),
        ("-u claude user unbind qa --reason \"in my way\"", 7, "group_not_allowed"),
        ("-u ada user unbind qa --reason \"in my way\"", 8, "assurance_too_low"),
    ] {
        assert!(project.ask(line).is(status).reasons().contains(&reason), "{line}");
    }
    project.ask("-u lead user unbind nobody --reason gone").is(5);
    project.run("-u qa list").is(8);
    let lifted = project.ask("-u lead user unbind qa --reason \"the hook is gone\"").is(0);
    assert_eq!(lifted["data"]["user"]["bound"], false);
    let entry = newest(&project);
    assert_eq!([&entry["action"], &entry["inputs"]["user"]], ["user_unbind", "qa"]);
    assert_eq!(entry["comment"], "the hook is gone");
    assert_eq!(bound(&project), ["claude", "tu"]);
    project.run("-u qa list").is(0);
    project.run("-u lead audit verify --contents").is(0);
    // With the hook in place again, doctor says who is not bound; installing binds them again.
    project.run("-u lead hooks install codex").is(0);
    project.run("-u lead user unbind tu --reason \"on trial\"").is(0);
    assert!(project.run("-u lead doctor").is(0).text().contains("does not bind tu"));
    project.run("-u lead hooks install codex").is(0);
    assert_eq!(bound(&project), ["claude", "qa", "tu"]);
}

// REQ-209
#[test]
fn an_agent_whose_definition_is_for_one_runtime_binds_its_user_there_alone() {
    let project = with_agents();
    fs::write(project.path("judge.toml"), "name = \"judge\"\n").unwrap();
    fs::create_dir_all(project.path(".claude/agents")).unwrap();
    fs::write(project.path(".claude/agents/qa.md"), "---\nname: qa\n---\n").unwrap();
    let path = project.path("workflows/policy.yaml");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("{ user: tu }", "{ user: tu, definition: { codex: judge.toml } }")
        .replace("{ user: qa }", "{ user: qa, definition: .claude/agents/qa.md }");
    fs::write(path, text).unwrap();
    project.run("-u lead workflow adopt").is(0);
    for (runtime, users) in [("claude", ["claude", "qa"]), ("codex", ["claude", "tu"])] {
        let shown = project.ask(&format!("-u lead hooks install {runtime} --dry-run")).is(0);
        assert_eq!(shown["data"]["bound"], json!(users));
    }
}
