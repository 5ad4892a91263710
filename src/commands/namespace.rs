//! `namespace`: for what specifications may be written.

use std::fmt;

use serde::Serialize;

use super::act::carry_out;
use super::table::Table;
use super::user::project_request;
use super::{CommandError, Context, Reply};
use crate::domain::digest::Timestamp;
use crate::domain::id::{IdWord, UserName};
use crate::session::Mode;

/// What to do with namespaces.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum NamespaceCommand {
    /// Register a namespace
    Add {
        /// Its name: an upper-case letter, then A-Z, 0-9, `_`
        namespace: IdWord,
        /// Decide only, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the namespaces
    List,
}

/// The registered namespaces.
#[derive(Debug, Serialize)]
pub struct NamespacesReport {
    namespaces: Vec<NamespaceView>,
    #[serde(skip)]
    done: Option<String>,
}

#[derive(Debug, Serialize)]
struct NamespaceView {
    name: IdWord,
    added_by: UserName,
    added_at: Timestamp,
}

impl fmt::Display for NamespacesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(done) = &self.done {
            return f.write_str(done);
        }
        if self.namespaces.is_empty() {
            return f.write_str("no namespaces");
        }
        let mut table = Table::new(f.alternate(), &["NAMESPACE", "ADDED BY"], &["ADDED AT"]);
        for it in &self.namespaces {
            let mut row = vec![it.name.to_string(), it.added_by.to_string()];
            if f.alternate() {
                row.push(it.added_at.to_string());
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

/// Carries out a command about namespaces.
pub fn run(context: &mut Context, command: NamespaceCommand) -> Result<Reply, CommandError> {
    let (actor, warnings, done) = match command {
        NamespaceCommand::List => (context.actor()?, Vec::new(), None),
        NamespaceCommand::Add { namespace, dry_run } => {
            let request = project_request("namespace_add", vec![("namespace", namespace.to_string())])?;
            let mode = if dry_run { Mode::DryRun } else { Mode::Commit };
            let (acted, warnings) = carry_out(context, &request, mode)?;
            let done = match mode {
                Mode::Commit => format!("✓ added namespace {namespace}"),
                Mode::DryRun | Mode::Ahead => format!("would be permitted: added namespace {namespace}"),
            };
            (acted.actor, warnings, Some(done))
        }
    };
    let namespaces = context.session.read(&actor).namespaces()?;
    let namespaces = namespaces
        .into_iter()
        .map(|it| NamespaceView { name: it.name, added_by: it.added_by, added_at: it.added_at })
        .collect();
    let mut reply = Reply::new(NamespacesReport { namespaces, done }).by(actor);
    reply.warnings = warnings;
    Ok(reply)
}
