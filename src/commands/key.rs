//! `key`, `enrol`, `recover`: the keys that people sign with.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::act::carry_out;
use super::credentials::{CredentialView, CredentialsReport};
use super::token::{request, revoke};
use super::{CommandError, Context, Reply};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{CredentialKind, KEY_BYTES, OpenKey, SealedKey};
use crate::domain::request::Registration;
use crate::domain::visible::place;
use crate::session::{Mode, SessionError};
use crate::store::Credentials;

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum KeyCommand {
    /// Make a new key of your own, in the place of every credential before it
    Create {
        /// File with the new passphrase, for where nobody can be asked
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// List the keys
    List,
    /// Say that you compared the fingerprint of a key with its holder, as another person
    Acknowledge {
        /// Whose key
        user: UserName,
        /// The fingerprint as the holder reads it: 16 hexadecimal digits
        #[arg(long, value_name = "FINGERPRINT")]
        fingerprint: CredentialId,
    },
    /// Take a key back
    Revoke {
        /// Id of the key
        key: CredentialId,
        /// Why, as it is recorded
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// A key that was made.
#[derive(Debug, Serialize)]
struct KeyReport {
    credential: CredentialView,
    /// Where the sealed key lies.
    key_file: PathBuf,
    #[serde(skip)]
    done: String,
}

impl fmt::Display for KeyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "✓ {}", self.done)?;
        write!(f, "  sealed in: {} (keep a copy; the passphrase opens it)", place(&self.key_file))
    }
}

/// A key that was acknowledged.
#[derive(Debug, Serialize)]
struct AcknowledgedReport {
    credential: CredentialView,
}

impl fmt::Display for AcknowledgedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "✓ key of {} acknowledged: {}", self.credential.holder(), self.credential.grounds())
    }
}

/// Makes the caller's own key: the first one with a code, another one with what the caller has.
pub fn create(context: &mut Context, passphrase: &str, done: &str) -> Result<Reply, CommandError> {
    let user = context.holder()?;
    let (sealed, open) = context.new_key(&user, passphrase)?;
    let request = request(Registration::Key { public: open.public() })?;
    let staged = context.keyring()?.stage_key(&user, open.id(), &sealed.text())?;
    let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
    let key_file = staged.settle()?;
    let credential = context.session.read(&acted.actor).credential(open.id())?;
    let credential = credential.ok_or_else(|| SessionError::NoCredential(open.id().clone()))?;
    let report = KeyReport {
        credential: CredentialView::new(credential, context.session.valid_at()?),
        key_file,
        done: format!("{done} {user}"),
    };
    let mut reply = Reply::new(report).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// Lists the keys.
pub fn list(context: &mut Context) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let keys = context.session.read(&actor).credentials(Credentials::Keys)?;
    Ok(Reply::new(CredentialsReport::new(keys, context.session.valid_at()?)).by(actor))
}

/// Takes a key back.
pub fn take_back(
    context: &mut Context,
    key: CredentialId,
    reason: Option<String>,
) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let found = context.session.read(&actor).credential(&key)?;
    if found.is_none_or(|found| found.kind != CredentialKind::Key) {
        return Err(CommandError::unknown(format!("no key `{key}`"), "key list"));
    }
    revoke(context, key, reason)
}

/// Gives a person a new key: with the signature of another person, or by the project key alone.
pub fn recover(
    context: &mut Context,
    user: &UserName,
    passphrase: &str,
    alone: bool,
) -> Result<Reply, CommandError> {
    let (sealed, open) = context.new_key(user, passphrase)?;
    let staged = context.keyring()?.stage_key(user, open.id(), &sealed.text())?;
    let (credential, by) = if context.claim.user.is_some() {
        let request = request(Registration::Recover { user: user.clone(), public: open.public() })?;
        let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
        let made = context.session.read(&acted.actor).credential(open.id())?;
        (made.ok_or_else(|| SessionError::NoCredential(open.id().clone()))?, Some((acted.actor, warnings)))
    } else {
        (context.session.recover(user, open.public(), alone)?, None)
    };
    let key_file = staged.settle()?;
    let report = KeyReport {
        credential: CredentialView::new(credential, context.session.valid_at()?),
        key_file,
        done: if alone {
            format!("{user} recovered, and acknowledged by nobody else")
        } else {
            format!("{user} recovered; another person has to acknowledge it")
        },
    };
    let mut reply = Reply::new(report);
    if let Some((actor, warnings)) = by {
        reply = reply.by(actor);
        reply.warnings.extend(warnings);
    }
    Ok(reply)
}

/// Says that the caller has compared the fingerprint of a key with its holder.
pub fn acknowledge(
    context: &mut Context,
    user: UserName,
    fingerprint: CredentialId,
) -> Result<Reply, CommandError> {
    let request = request(Registration::Acknowledge { user, fingerprint: fingerprint.clone() })?;
    let (acted, warnings) = carry_out(context, &request, Mode::Commit)?;
    let key = context.session.read(&acted.actor).credential(&fingerprint)?;
    let key = key.ok_or(SessionError::NoCredential(fingerprint))?;
    let credential = CredentialView::new(key, context.session.valid_at()?);
    let mut reply = Reply::new(AcknowledgedReport { credential }).by(acted.actor);
    reply.warnings.extend(warnings);
    Ok(reply)
}

impl Context {
    /// Makes a key of fresh random bytes and seals it.
    fn new_key(&self, user: &UserName, passphrase: &str) -> Result<(SealedKey, OpenKey), CommandError> {
        let mut random = [0; KEY_BYTES];
        self.fill(&mut random)?;
        Ok(SealedKey::new(self.site.id(), user, passphrase, &random)?)
    }
}
