//! What scripts and agents rely on: one document, its fields, the exit statuses, what is recorded.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

#[path = "contract/advice.rs"]
mod advice;
#[path = "contract/callers.rs"]
mod callers;
#[path = "contract/documents.rs"]
mod documents;
#[path = "contract/forms.rs"]
mod forms;
#[path = "contract/procedures.rs"]
mod procedures;
mod project;
#[path = "contract/record.rs"]
mod record;
#[path = "contract/said.rs"]
mod said;
#[path = "contract/statuses.rs"]
mod statuses;

use serde_json::Value;

use self::project::Project;

/// A project with documents in many states; reading it changes nothing.
fn furnished() -> Project {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title \"Give reviewers five days\"",
        "-u claude route CR-001 --review --assignees tu",
        "-u tu review CR-001 --request-updates --comment \"Say why\"",
        "-u claude create CR --title \"colon: yes #1\"",
        "-u claude create INV --title 1.10",
        "-u claude checkout SOP-001",
        "-u claude namespace add CORE",
        "-u claude create RS --namespace CORE --title no",
    ]);
    project.fill_in("CR-002");
    project
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn names<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap()).collect()
}
