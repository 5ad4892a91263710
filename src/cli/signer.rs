//! A person's sealed key at the command line: what is signed is shown before the passphrase is asked for.

use console::Term;

use super::echo;
use crate::commands::CommandError;
use crate::commands::sign::{Shown, Signer};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{KeyFileError, SealedKey};
use crate::domain::visible::one_line;

/// Where a passphrase comes from.
pub enum Passphrase {
    /// It was read from a file.
    Known(String),
    /// A person types it, each time.
    Asked,
}

/// How many hexadecimal digits of a digest are compared by eye.
const DIGITS: usize = 16;

/// A sealed key, and the way to its passphrase.
pub struct KeySigner {
    key: SealedKey,
    id: CredentialId,
    project: String,
    user: UserName,
    passphrase: Passphrase,
}

impl KeySigner {
    /// Takes the sealed key of a user in a project.
    pub fn new(key: SealedKey, project: &str, user: UserName, passphrase: Passphrase) -> Self {
        let id = CredentialId::of_key(key.public());
        Self { key, id, project: project.to_owned(), user, passphrase }
    }

    fn asked(&self, terminal: &Term) -> Result<String, CommandError> {
        let prompt = format!("Passphrase of {}: ", self.user);
        let typed = terminal.write_str(&prompt).and_then(|()| echo::hidden(|| terminal.read_secure_line()));
        typed
            .ok()
            .filter(|typed| !typed.is_empty())
            .ok_or_else(|| CommandError::Usage("cancelled: no passphrase given".to_owned()))
    }
}

impl Signer for KeySigner {
    fn user(&self) -> &UserName {
        &self.user
    }

    fn key(&self) -> &CredentialId {
        &self.id
    }

    fn sign(&self, statement: &[u8], shown: Option<&Shown>) -> Result<[u8; 64], CommandError> {
        let passphrase = match &self.passphrase {
            Passphrase::Known(text) => text.clone(),
            Passphrase::Asked => {
                let terminal = Term::stderr();
                for line in shown.map(lines).unwrap_or_default() {
                    // Where nobody can be shown what is signed, nobody is asked either.
                    terminal.write_line(&line).map_err(|error| {
                        CommandError::Failed(format!("cannot write to the terminal: {error}"))
                    })?;
                }
                self.asked(&terminal)?
            }
        };
        let open =
            self.key.open(&self.project, self.user.as_str(), &passphrase).map_err(|error| match error {
                // No passphrase of this length can have sealed a key.
                KeyFileError::Passphrase => KeyFileError::Closed,
                other => other,
            })?;
        Ok(open.sign(statement))
    }
}

/// Writes what is to be signed, one thing a line.
fn lines(shown: &Shown) -> Vec<String> {
    let mut lines = vec![String::new(), "You are about to sign:".to_owned()];
    let mut add = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("  {name:<10} {}", one_line(&value))));
    };
    add("action", Some(shown.action.clone()));
    add("meaning", shown.meaning.map(|meaning| meaning.to_string()));
    add(
        "document",
        shown.document.as_ref().map(|id| match &shown.title {
            Some(title) => format!("{id} {title}"),
            None => id.to_string(),
        }),
    );
    add("version", shown.version.map(|version| version.to_string()));
    add("digest", shown.content.map(|digest| digest.to_string().chars().take(DIGITS).collect()));
    for (name, value) in &shown.told {
        add(name, Some(value.clone()));
    }
    add("comment", shown.said.clone());
    lines
}
