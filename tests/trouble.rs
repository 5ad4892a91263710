//! Everything that goes wrong in practice: the right status, a clear message, nothing changed, nothing lost.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on stops, and says why it left something out"
)]

#[path = "trouble/copies.rs"]
mod copies;
#[path = "trouble/founding.rs"]
mod founding;
#[path = "trouble/many.rs"]
mod many;
#[path = "trouble/pages.rs"]
mod pages;
#[path = "trouble/places.rs"]
mod places;
#[path = "trouble/planted.rs"]
mod planted;
#[path = "trouble/poison.rs"]
mod poison;
mod project;
#[path = "trouble/store.rs"]
mod store;
#[path = "trouble/streams.rs"]
mod streams;
#[path = "trouble/tampered.rs"]
mod tampered;
#[path = "trouble/texts.rs"]
mod texts;
#[path = "trouble/words.rs"]
mod words;
#[path = "trouble/worktrees.rs"]
mod worktrees;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use serde_json::Value;

use self::project::Project;

/// Somebody who owns nothing on this machine (`nobody`).
const NOBODY: u32 = 65534;

/// Tells whether permissions mean nothing to us, and whether we can act as somebody else.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

/// A project in which claude has CR-001 checked out.
fn drafted() -> Project {
    let project = Project::new();
    project.run("-u claude create CR --title \"A change\"").is(0);
    project
}

/// A project with CR-001 in a review by qa and tu.
fn in_review() -> Project {
    let project = drafted();
    project.run("-u claude route CR-001 --review --assignees tu").is(0);
    project
}

fn document(project: &Project, id: &str) -> Value {
    project.ask(&format!("-u qa status {id}")).is(0)["data"]["document"].clone()
}

/// Checks that the audit trail and everything beside it are whole.
fn is_whole(project: &Project) {
    project.run("-u qa audit verify --contents").is(0);
    project.run("-u qa doctor").is(0);
}

fn is_whole_for(project: &Project, user: u32) {
    let mut call = project.call("-u qa audit verify --contents");
    call.command.uid(user).gid(user);
    call.run().is(0);
}

/// Checks that a line is refused for one reason, recorded, and changes nothing.
fn is_refused(project: &Project, line: &str, status: i32, reason: &str, words: &str) {
    let refused = project.keeps(1, || project.ask(line)).is(status);
    assert!(refused.reasons().contains(&reason), "{line}: {:?}", refused.reasons());
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{line}: no {words:?} in {message:?}");
}

fn walk(folder: &Path, act: &dyn Fn(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, act);
        } else {
            act(&path);
        }
    }
    act(folder);
}
