//! A project in a repository of git, and its linked worktrees.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::Project;

fn git(folder: &Path, words: &[&str]) -> String {
    let ran = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"])
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

// REQ-302
#[test]
fn in_linked_worktrees_one_project_is_worked_in_and_git_takes_nothing_of_its_store() {
    let project = Project::new();
    let root = project.root();
    git(&root, &["init", "-q"]);
    fs::create_dir(project.path("src")).unwrap();
    fs::write(project.path("src/main.c"), "").unwrap();
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-qm", "start"]);
    let tracked = git(&root, &["ls-files"]);
    assert!(tracked.contains("qms.yaml") && !tracked.contains(".qms"), "{tracked}");
    for (number, branch) in ["one", "two"].into_iter().enumerate() {
        let linked = project.folder().join(branch);
        git(&root, &["worktree", "add", "-q", linked.to_str().unwrap(), "-b", branch]);
        let create = format!("-u claude create CR --title {branch}");
        let made = project.call(&create).directory(linked.join("src")).ask().is(0);
        assert_eq!(made["data"]["document"]["id"], format!("CR-00{}", number + 1).as_str());
        assert!(project.copy("claude", &format!("CR-00{}", number + 1)).exists());
        assert!(!linked.join(".qms").exists());
        let named = format!("--root {} -u claude status CR-001", linked.display());
        project.call(&named).directory(project.folder()).run().is(0);
    }
    // Pages stay what was published, whatever git does with ends of lines.
    git(&root, &["config", "core.autocrlf", "true"]);
    let page = project.path("QMS/SOP/SOP-001.md");
    fs::remove_file(&page).unwrap();
    git(&root, &["checkout", "--", "QMS"]);
    assert!(!fs::read_to_string(&page).unwrap().contains('\r'));
    project.run("-u qa doctor").is(0);
    // A worktree of which git does not know, or that has another project, is nobody's.
    let alone = project.folder().join("alone");
    fs::create_dir(&alone).unwrap();
    fs::copy(project.folder().join("one/.git"), alone.join(".git")).unwrap();
    project.call("-u qa list").directory(&alone).run().is(5);
    let config = project.folder().join("two/qms.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace(&project.id(), &"0".repeat(32))).unwrap();
    assert_ne!(project.call("-u qa list").directory(project.folder().join("two")).run().status, 0);
}
