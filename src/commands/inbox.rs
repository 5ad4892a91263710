//! `inbox`: what awaits the caller.

use std::fmt;

use serde::Serialize;

use super::table::Table;
use super::{CommandError, Context, Reply};
use crate::domain::digest::Timestamp;
use crate::domain::document::Task;
use crate::domain::id::{DocumentId, StateName, UserName, Version};
use crate::domain::visible::one_line;

/// The open tasks of the caller.
#[derive(Debug, Serialize)]
pub struct InboxReport {
    tasks: Vec<TaskView>,
    /// The command that lists what is the caller's to carry on, where documents can be.
    #[serde(skip)]
    own: Option<String>,
}

#[derive(Debug, Serialize)]
struct TaskView {
    document: DocumentId,
    title: String,
    task: Task,
    state: StateName,
    version: Version,
    assigned_by: UserName,
    assigned_at: Timestamp,
}

impl fmt::Display for InboxReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tasks.is_empty() {
            f.write_str("nothing awaits your verdict")?;
            return match &self.own {
                Some(command) => write!(f, "\n  what you own: {}", one_line(command)),
                None => Ok(()),
            };
        }
        let mut table = Table::new(
            f.alternate(),
            &["DOCUMENT", "TASK", "STATE", "VERSION", "TITLE"],
            &["ASSIGNED BY", "ASSIGNED AT"],
        );
        for it in &self.tasks {
            let mut row = vec![
                it.document.to_string(),
                it.task.to_string(),
                it.state.to_string(),
                it.version.to_string(),
                it.title.clone(),
            ];
            if f.alternate() {
                row.extend([it.assigned_by.to_string(), it.assigned_at.to_string()]);
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

/// Lists the open tasks of the caller, oldest first.
pub fn run(context: &mut Context) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let mut tasks = Vec::new();
    for open in context.session.read(&actor).tasks(actor.name())? {
        let document = context.document(&actor, &open.document)?;
        let Some(round) = document.round else { continue };
        tasks.push(TaskView {
            document: document.id,
            title: document.title,
            task: round.task,
            state: document.state,
            version: document.version,
            assigned_by: open.assigned_by,
            assigned_at: open.assigned_at,
        });
    }
    let may_own = context.session.policy()?.may_own(actor.group());
    let own =
        may_own.then(|| context.offered(&actor, actor.name(), &format!("list --owner {}", actor.name())));
    Ok(Reply::new(InboxReport { tasks, own }).by(actor))
}
