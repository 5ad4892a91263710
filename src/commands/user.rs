//! `user`: who there is, and changes to it.

use std::fmt;

use serde::Serialize;

use super::act::carry_out;
use super::table::Table;
use super::{CommandError, Context, Reply};
use crate::domain::digest::Digest;
use crate::domain::document::{Kind, User};
use crate::domain::id::{ActionName, GroupName, InputName, UserName};
use crate::domain::project::Proposal;
use crate::domain::request::{Inputs, Request, Subject, Value};
use crate::session::{Mode, SessionError};

/// What to do with users.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum UserCommand {
    /// Register a user
    Add {
        /// Name of the user: a lower-case letter, then a-z, 0-9, `_`, `-`
        user: UserName,
        /// Group of the user
        #[arg(long)]
        group: GroupName,
        /// Printed name
        #[arg(long)]
        name: Option<String>,
        /// What the user is
        #[command(flatten)]
        kind: KindFlags,
        /// Decide only, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the users
    List,
    /// Show a user
    Show {
        /// Name of the user
        user: UserName,
    },
    /// Put a user into another group
    Move {
        /// Name of the user
        user: UserName,
        /// The new group
        #[arg(long)]
        group: GroupName,
        /// Why, as it is recorded
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Decide only, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// End a user's rights; the name is never given again
    Remove {
        /// Name of the user
        user: UserName,
        /// Why, as it is recorded
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Decide only, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Lift the binding that `hooks install` gave a user: the name alone is believed again, in profile `light`
    Unbind {
        /// Name of the user
        user: UserName,
        /// Why, as it is recorded
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Digest of what somebody else proposed, and that you confirm
        #[arg(long, value_name = "DIGEST")]
        confirm: Option<String>,
        /// Decide only, change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// What a user is.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(required = true, multiple = false)]
pub struct KindFlags {
    /// A person
    #[arg(long)]
    human: bool,
    /// An AI agent
    #[arg(long)]
    agent: bool,
    /// A program
    #[arg(long)]
    service: bool,
}

impl KindFlags {
    fn kind(self) -> Kind {
        match self {
            Self { human: true, .. } => Kind::Human,
            Self { agent: true, .. } => Kind::Agent,
            _ => Kind::Service,
        }
    }
}

/// Users.
#[derive(Debug, Serialize)]
pub struct UsersReport {
    users: Vec<User>,
}

/// What was done to a user.
#[derive(Debug, Serialize)]
pub struct UserReport {
    user: Option<User>,
    /// What a second person confirms, where one has to.
    proposed: Option<Digest>,
    #[serde(skip)]
    done: String,
}

impl fmt::Display for UsersReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(f.alternate(), &["USER", "GROUP", "KIND", "BOUND", "NAME"], &["REMOVED"]);
        for it in &self.users {
            let bound = if it.is_bound { "yes" } else { "-" };
            let mut row = vec![
                it.name.to_string(),
                it.group.to_string(),
                it.kind.to_string(),
                bound.to_owned(),
                it.printed_name.clone(),
            ];
            if f.alternate() {
                row.push(it.removed_at.map_or_else(|| "-".to_owned(), |at| at.to_string()));
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

impl fmt::Display for UserReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.done)?;
        match &self.user {
            Some(user) => {
                let bound = if user.is_bound { ", bound by a hook" } else { "" };
                let User { name, printed_name, kind, group, .. } = user;
                write!(f, "\n  {name} ({printed_name}), {kind} of group {group}{bound}")
            }
            None => Ok(()),
        }
    }
}

/// Carries out a command about users.
pub fn run(context: &mut Context, command: UserCommand) -> Result<Reply, CommandError> {
    match command {
        UserCommand::List => {
            let actor = context.actor()?;
            let users = context.session.read(&actor).users()?;
            let users = users.into_iter().filter(|user| user.removed_at.is_none()).collect();
            Ok(Reply::new(UsersReport { users }).by(actor))
        }
        UserCommand::Show { user } => {
            let actor = context.actor()?;
            let found = context.session.read(&actor).user(user.as_str())?;
            let found = found.ok_or(SessionError::NoUser(user))?;
            let done = if found.removed_at.is_some() { "removed user" } else { "user" }.to_owned();
            Ok(Reply::new(UserReport { user: Some(found), proposed: None, done }).by(actor))
        }
        UserCommand::Add { user, group, name, kind, dry_run } => {
            let mut inputs = vec![
                ("user", user.to_string()),
                ("group", group.to_string()),
                ("kind", kind.kind().to_string()),
            ];
            inputs.extend(name.map(|name| ("name", name)));
            change(context, &project_request("user_add", inputs)?, &user, dry_run, "added")
        }
        UserCommand::Move { user, group, reason, dry_run } => {
            let mut inputs = vec![("user", user.to_string()), ("group", group.to_string())];
            inputs.extend(reason.map(|reason| ("reason", reason)));
            change(context, &project_request("user_move", inputs)?, &user, dry_run, "moved")
        }
        UserCommand::Remove { user, reason, dry_run } => {
            let mut inputs = vec![("user", user.to_string())];
            inputs.extend(reason.map(|reason| ("reason", reason)));
            let request = project_request("user_remove", inputs)?;
            change(context, &request, &user, dry_run, "removed")
        }
        UserCommand::Unbind { user, reason, confirm, dry_run } => {
            let mut inputs = vec![("user", user.to_string()), ("reason", reason)];
            inputs.extend(confirm.map(|digest| ("confirm", digest)));
            change(context, &project_request("user_unbind", inputs)?, &user, dry_run, "unbound")
        }
    }
}

fn change(
    context: &mut Context,
    request: &Request,
    user: &UserName,
    dry_run: bool,
    done: &str,
) -> Result<Reply, CommandError> {
    let mode = if dry_run { Mode::DryRun } else { Mode::Commit };
    let (acted, warnings) = carry_out(context, request, mode)?;
    let waits = acted.proposal.filter(|proposal| proposal.confirmed_by.is_none());
    let done = match &waits {
        _ if dry_run => format!("would be permitted: {done} user {user}"),
        Some(Proposal { digest, .. }) => format!(
            "✓ proposed; within a week a second person confirms it: qms user unbind {user} --reason <why> --confirm \
             {digest}"
        ),
        None => format!("✓ {done} user {user}"),
    };
    let store = context.session.read(&acted.actor);
    let (found, users) = (store.user(user.as_str())?, store.users()?);
    let mut reply =
        Reply::new(UserReport { user: found, proposed: waits.map(|it| it.digest), done }).by(acted.actor);
    reply.warnings = warnings;
    let taken = request.inputs.text("name").and_then(|name| same_name(name, user, &users));
    Ok(match taken {
        Some(words) => reply.warn("printed_name_taken", words),
        None => reply,
    })
}

/// Says which other present users have a printed name, if any: signatures show it.
fn same_name(name: &str, user: &UserName, users: &[User]) -> Option<String> {
    let is_same = |one: &&User| one.printed_name.trim().to_lowercase() == name.trim().to_lowercase();
    let present = users.iter().filter(|one| one.removed_at.is_none() && one.name != *user);
    let others: Vec<String> = present.filter(is_same).map(|one| format!("`{}`", one.name)).collect();
    let taken = !others.is_empty();
    taken.then(|| format!("the printed name `{}` is also that of {}", name.escape_debug(), others.join(", ")))
}

/// Builds a request about the project.
pub(super) fn project_request(action: &str, inputs: Vec<(&str, String)>) -> Result<Request, CommandError> {
    let mut values = Inputs::default();
    for (name, text) in inputs {
        values = values.with(InputName::parse(name)?, Value::Text(text));
    }
    Ok(Request {
        action: ActionName::parse(action)?,
        subject: Subject::Project,
        inputs: values,
        copy: None,
        candidate: None,
    })
}
