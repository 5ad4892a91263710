//! `next`: the menu alone.

use std::fmt;

use serde::Serialize;

use super::view::{NextLine, awaited, next_lines};
use super::{CommandError, Context, Reply};
use crate::domain::id::DocumentId;

/// What the caller can do with a document.
#[derive(Debug, Serialize)]
pub struct NextReport {
    next: Vec<NextLine>,
}

impl fmt::Display for NextReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed: Vec<&NextLine> = self.next.iter().filter(|line| !line.available).collect();
        if closed.is_empty() {
            return Ok(());
        }
        write!(f, "Not available now:")?;
        for line in closed {
            write!(f, "\n  {}", line.label)?;
            if let Some(sop) = &line.sop {
                write!(f, " ({sop})")?;
            }
            for reason in &line.missing {
                write!(f, "\n    - {} ({})", reason.message, reason.name)?;
                if let Some(remedy) = &reason.remedy {
                    write!(f, "\n      {remedy}")?;
                }
            }
        }
        Ok(())
    }
}

/// Shows the menu of a document; with `all` also what is missing for the rest.
pub fn run(context: &mut Context, id: &DocumentId, all: bool) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let awaited = awaited(&context.document(&actor, id)?, actor.name());
    let copy = context.workspace(&actor).read(id);
    let lines = context.session.menu(&actor, id, copy.as_ref())?;
    let next = next_lines(&lines, actor.name(), id, all);
    let open = next.iter().filter(|line| line.available).cloned().collect();
    Ok(Reply::new(NextReport { next }).by(actor).menu(open).menu_alone().menu_citing(all).awaiting(awaited))
}
