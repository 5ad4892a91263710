//! `token`: bearer tokens of agents and services, and codes with which people make their first key.

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Serialize;

use super::act::carry_out;
use super::credentials::{CredentialView, CredentialsReport};
use super::{CommandError, Context, Reply, Wording};
use crate::disk::{take_back_secret, write_file};
use crate::domain::digest::Timestamp;
use crate::domain::hook::words;
use crate::domain::id::{ActionName, CredentialId, DocumentId, InputName, UserName};
use crate::domain::identity::{CredentialKind, Scope, TOKEN_BYTES, Token, Validity};
use crate::domain::order::Place;
use crate::domain::request::{Inputs, Proposal, Registration, Request, Subject, Value};
use crate::domain::visible::{one_line, place};
use crate::session::{Mode, SessionError};
use crate::store::{Credentials, Entries};

/// What to do with tokens.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum TokenCommand {
    /// Issue a token to an agent or a service, or to a person the code for a first key
    Issue(IssueInput),
    /// List the tokens and codes
    List {
        /// Only those that nobody needs any more: ended, of removed users, or unused for 90 days
        #[arg(long)]
        stale: bool,
    },
    /// Take a token back
    Revoke {
        /// Id of the token
        token: CredentialId,
        /// Why, as it is recorded
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Issue a token in the place of the one that is presented, with the same bounds
    Rotate {
        /// For how long the former one stays valid, such as `10m`
        #[arg(long, value_name = "TIME", default_value = "0s", value_parser = time)]
        grace: u64,
        /// File for the new token
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

pub use crate::domain::span::parse as time;

/// What a token is good for.
#[derive(Debug, clap::Args)]
pub struct IssueInput {
    /// Whose token
    user: UserName,
    /// For how long, such as `30d`, `8h`, `15m`; without it until it is revoked
    #[arg(long, value_name = "TIME", value_parser = time)]
    ttl: Option<u64>,
    /// From when on, such as `2027-01-31T08:00:00Z`
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    not_before: Option<Timestamp>,
    /// Only for these actions, such as `review`
    #[arg(long = "action", value_name = "ACTION", value_delimiter = ',')]
    actions: Vec<ActionName>,
    /// Only for these documents
    #[arg(long = "document", value_name = "DOCUMENT", value_delimiter = ',')]
    documents: Vec<DocumentId>,
    /// Only so many times; every recorded attempt counts
    #[arg(long, value_name = "N")]
    uses: Option<u32>,
    /// File for the token; on a terminal it is shown where none is named
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// A token that was issued.
#[derive(Debug, Serialize)]
struct IssuedReport {
    credential: CredentialView,
    /// Where the token was written; shown instead where no file was named.
    credential_file: Option<PathBuf>,
    /// The command to go on with.
    command: String,
    #[serde(skip)]
    shown: Option<String>,
}

impl fmt::Display for IssuedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.credential;
        let what = if it.kind == CredentialKind::Enrolment { "code" } else { "token" };
        writeln!(f, "✓ {what} {} issued for {}", it.id, it.user)?;
        if let Some(until) = it.not_after {
            writeln!(f, "  until:    {until}")?;
        }
        writeln!(f, "  good for: {}", it.good_for())?;
        match (&self.credential_file, &self.shown) {
            (Some(file), _) => writeln!(f, "  file:     {}", place(file))?,
            (None, Some(text)) => writeln!(f, "  {what} (shown once):\n\n  {text}\n")?,
            (None, None) => {}
        }
        write!(f, "\nNext: {}", one_line(&self.command))
    }
}

/// What was done to a credential.
#[derive(Debug, Serialize)]
struct RevokedReport {
    credential: CredentialId,
}

impl fmt::Display for RevokedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "✓ credential {} revoked", self.credential)
    }
}

/// Carries out a command about tokens. `may_show` tells whether a person sits at the output.
pub fn run(context: &mut Context, command: TokenCommand, may_show: bool) -> Result<Reply, CommandError> {
    match command {
        TokenCommand::Issue(input) => issue(context, input, may_show),
        TokenCommand::List { stale } => list(context, stale),
        TokenCommand::Revoke { token, reason } => revoke(context, token, reason),
        TokenCommand::Rotate { grace, out } => {
            let long = |_| CommandError::Usage("`--grace` is too long: the longest is `49d`".to_owned());
            let grace = u32::try_from(grace).map_err(long)?;
            hand_out(context, out.as_deref(), may_show, |new| Registration::Rotate {
                id: new.id().clone(),
                verifier: new.verifier(),
                grace,
            })
        }
    }
}

fn issue(context: &mut Context, input: IssueInput, may_show: bool) -> Result<Reply, CommandError> {
    let IssueInput { user, ttl, not_before, actions, documents, uses, out } = input;
    if let (Some(from), Some(time)) = (not_before, ttl)
        && time > from.left()
    {
        let longest = from.left() / 1000;
        let message = format!(
            "no time after the year 9999 can be written: from {from} on `--ttl` is at most `{longest}s`"
        );
        return Err(CommandError::Usage(message));
    }
    let scope = Scope { actions: actions.into_iter().collect(), documents: documents.into_iter().collect() };
    hand_out(context, out.as_deref(), may_show, |new| {
        Registration::Issue(Proposal {
            id: new.id().clone(),
            verifier: new.verifier(),
            user,
            scope,
            time: ttl,
            not_before,
            uses,
        })
    })
}

/// Makes a token, has it registered, and hands it out once: into a file, or to whoever reads the
/// terminal. What was not registered is not left lying about.
fn hand_out(
    context: &mut Context,
    out: Option<&Path>,
    may_show: bool,
    registration: impl FnOnce(&Token) -> Registration,
) -> Result<Reply, CommandError> {
    if out == Some(Path::new("-")) {
        let message = "a token is written to no pipe: name a file with `--out`, outside the project";
        return Err(CommandError::Usage(message.to_owned()));
    }
    if out.is_none() && !may_show {
        let message = "a token is written to a file or shown on a terminal: name a file with `--out`";
        return Err(CommandError::Usage(message.to_owned()));
    }
    let token = context.new_token()?;
    let file = out.map(|path| context.directory.join(path));
    let text = token.reveal();
    let line = format!("{text}\n");
    if let Some(file) = &file {
        write_file(file, line.as_bytes())?;
    }
    // As the system calls it, so that no path is shown with `.` or `..` in it.
    let file = file.map(|file| std::fs::canonicalize(&file).unwrap_or(file));
    let request = request(registration(&token))?;
    let (acted, warnings) = carry_out(context, &request, Mode::Commit).inspect_err(|_| {
        if let Some(file) = &file {
            take_back_secret(file, &line);
        }
    })?;
    let issued = context.session.read(&acted.actor).credential(token.id())?;
    let issued = issued.ok_or_else(|| SessionError::NoCredential(token.id().clone()))?;
    let place = file.as_ref().map_or_else(|| "FILE".to_owned(), words::offered);
    let verb = if issued.kind == CredentialKind::Enrolment { "enrol" } else { "whoami" };
    let report = IssuedReport {
        credential: CredentialView::new(issued, context.session.valid_at()?),
        shown: file.is_none().then_some(text),
        credential_file: file,
        command: format!("qms --token-file {place} {verb}"),
    };
    let wording = if report.shown.is_some() { Wording::Revealing } else { Wording::Escaped };
    let mut reply = Reply { wording, ..Reply::new(report).by(acted.actor) };
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// Builds a request about credentials.
pub(super) fn request(registration: Registration) -> Result<Request, CommandError> {
    Ok(Request {
        action: ActionName::parse(registration.action())?,
        subject: Subject::Registry(Box::new(registration)),
        inputs: Inputs::default(),
        copy: None,
        candidate: None,
    })
}

/// Takes a credential back.
pub(super) fn revoke(
    context: &mut Context,
    credential: CredentialId,
    reason: Option<String>,
) -> Result<Reply, CommandError> {
    let mut request = request(Registration::Revoke(credential.clone()))?;
    if let Some(reason) = reason {
        request.inputs = request.inputs.with(InputName::parse("reason")?, Value::Text(reason));
    }
    let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
    let mut reply = Reply::new(RevokedReport { credential }).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// A token that no entry names for so long is stale, in milliseconds: 90 days.
const STALE: i64 = 90 * 24 * 60 * 60 * 1000;

fn list(context: &mut Context, stale: bool) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let (now, order) = (context.session.valid_at()?, context.session.order()?);
    let store = context.session.read(&actor);
    let mut tokens = store.credentials(Credentials::All)?;
    tokens.retain(|one| one.kind != CredentialKind::Key);
    if stale {
        let gone: Vec<UserName> = store
            .users()?
            .into_iter()
            .filter(|user| user.removed_at.is_some())
            .map(|user| user.name)
            .collect();
        let recent = order.place(Timestamp::from_millis(now.millis().saturating_sub(STALE)));
        let mut used = std::collections::BTreeSet::new();
        store.entries(Entries::From(0), &mut |stored| {
            if let Ok(entry) = crate::domain::audit::EntryView::parse(stored.bytes)
                && Place::of(entry.span, entry.at) >= recent
            {
                used.extend(entry.credential.map(str::to_owned));
            }
            Ok(())
        })?;
        // What was refused as expired has ended by itself.
        tokens.retain(|one| {
            let is_over = |at| one.not_after.is_some_and(|until| until.has_come(at));
            one.revoked_at.is_none_or(is_over)
        });
        tokens.retain(|one| {
            !matches!(one.validity(now), Validity::Valid | Validity::NotYetValid)
                || gone.contains(&one.user)
                || (order.place(one.issued_at) < recent && !used.contains(one.id.as_str()))
        });
    }
    Ok(Reply::new(CredentialsReport::new(tokens, now)).by(actor))
}

impl Context {
    /// Makes a token of fresh random bytes.
    pub(super) fn new_token(&self) -> Result<Rc<Token>, CommandError> {
        let mut random = [0; TOKEN_BYTES];
        self.fill(&mut random)?;
        Ok(Rc::new(Token::new(&random)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(time("15m"), Ok(900_000));
        assert_eq!(time("30d"), Ok(2_592_000_000));
        for wrong in ["", "15", "m", "-1m", "+1m", "1.5h", "15 m", "15M", "99999999999999999d", "1ü"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
