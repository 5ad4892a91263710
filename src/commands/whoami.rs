//! `whoami`, `unlock`: who the caller was found to be, and an open key for a while.

use std::fmt;

use serde::Serialize;

use super::act::carry_out;
use super::credentials::CredentialView;
use super::token::request;
use super::{CommandError, Context, Reply};
use crate::domain::digest::Timestamp;
use crate::domain::document::Kind;
use crate::domain::id::{GroupName, UserName};
use crate::domain::identity::{Assurance, Isolation};
use crate::domain::request::Registration;
use crate::domain::visible::one_line;
use crate::session::Mode;

#[derive(Debug, Serialize)]
struct WhoamiReport {
    user: UserName,
    group: GroupName,
    kind: Kind,
    assurance: Assurance,
    isolation: Isolation,
    session: Option<String>,
    /// Which agent of that session it is, where several can run in one.
    agent: Option<String>,
    /// The kind of agent that only reads as this user, and acts as nobody.
    reads_for: Option<String>,
    parent: Option<UserName>,
    /// Where the credential came from.
    source: &'static str,
    credential: Option<CredentialView>,
}

impl fmt::Display for WhoamiReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {} of group {}", self.user, self.kind, self.group)?;
        write!(f, "  assurance: {}   isolation: {}", self.assurance, self.isolation)?;
        match &self.credential {
            Some(_) => write!(f, "\n  credential: {} from {}", self.shown_credential(), self.source)?,
            None => write!(f, "\n  credential: none")?,
        }
        if let Some(session) = &self.session {
            write!(f, "\n  session: {}", one_line(session))?;
        }
        if let Some(agent) = &self.agent {
            write!(f, "\n  agent: {}", one_line(agent))?;
        }
        if let Some(agent) = &self.reads_for {
            write!(f, "\n  reads only, for agent {}: it acts as nobody", one_line(agent))?;
        }
        if let Some(parent) = &self.parent {
            write!(f, "\n  started by: {parent}")?;
        }
        Ok(())
    }
}

impl WhoamiReport {
    fn shown_credential(&self) -> String {
        self.credential.as_ref().map(CredentialView::short).unwrap_or_default()
    }
}

/// Shows who the caller was found to be, and by what.
pub fn run(context: &mut Context) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let now = context.session.valid_at()?;
    let report = WhoamiReport {
        user: actor.name().clone(),
        group: actor.group().clone(),
        kind: actor.kind(),
        assurance: actor.assurance(),
        isolation: actor.isolation(),
        session: actor.session().map(str::to_owned),
        agent: actor.agent().map(str::to_owned),
        reads_for: actor.reads_for().map(str::to_owned),
        parent: actor.parent().cloned(),
        source: context.source.as_str(),
        credential: actor.credential().map(|presented| CredentialView::new(presented.clone(), now)),
    };
    Ok(Reply::new(report).by(actor))
}

#[derive(Debug, Serialize)]
struct UnlockReport {
    user: UserName,
    until: Timestamp,
}

impl fmt::Display for UnlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "✓ key of {} unlocked for this terminal until {}", self.user, self.until)?;
        write!(f, "\n  it counts as a token: what needs a signature still asks for the passphrase")
    }
}

/// Lets a token stand for the caller's open key at this terminal, for `time` milliseconds.
pub fn unlock(context: &mut Context, time: u64, terminal: Option<&str>) -> Result<Reply, CommandError> {
    let terminal = terminal.ok_or_else(|| {
        CommandError::Usage("a key is unlocked for a terminal, and there is none".to_owned())
    })?;
    let token = context.new_token()?;
    let request = request(Registration::Unlock {
        id: token.id().clone(),
        verifier: token.verifier(),
        time: u32::try_from(time).unwrap_or(u32::MAX),
    })?;
    let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
    context.keyring()?.write_unlock(terminal, &token.reveal())?;
    let until = context.session.read(&acted.actor).credential(token.id())?.and_then(|it| it.not_after);
    let report = UnlockReport {
        user: acted.actor.name().clone(),
        until: until.unwrap_or_else(|| context.session.now()),
    };
    let mut reply = Reply::new(report).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}
