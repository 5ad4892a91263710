//! Signing: the caller's side makes the statement, shows it, and only then opens the key.
//!
//! The private key is with whoever implements [`Signer`]; neither a command nor the session ever has it.

use std::rc::Rc;

use super::{CommandError, Context};
use crate::domain::audit::{Meaning, Signature};
use crate::domain::digest::Digest;
use crate::domain::id::{CredentialId, DocumentId, UserName, Version};
use crate::domain::identity::{Distrust, KeyFileError, NotVerified, Proof, SignedStatement};
use crate::domain::request::Request;
use crate::domain::told::{said, told};
use crate::session::ToSign;

/// Somebody who can sign with the own key of a user.
pub trait Signer {
    /// Returns whose key it is.
    fn user(&self) -> &UserName;
    /// Returns the id of the key.
    fn key(&self) -> &CredentialId;
    /// Shows what is to be signed, where there is something to show, asks for the passphrase, and signs.
    fn sign(&self, statement: &[u8], shown: Option<&Shown>) -> Result<[u8; 64], CommandError>;
}

/// What a person is shown before signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The action.
    pub action: String,
    /// The document.
    pub document: Option<DocumentId>,
    /// Its title.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<Version>,
    /// The digest of its content.
    pub content: Option<Digest>,
    /// What the signature means.
    pub meaning: Option<Meaning>,
    /// What the signer tells, by name.
    pub told: Vec<(String, String)>,
    /// What the signer says.
    pub said: Option<String>,
}

impl Context {
    /// Proves who is asking, to read, where a key is all that there is.
    pub(super) fn identify(&mut self) -> Result<(), CommandError> {
        match self.signer.clone().filter(|_| self.claim.proof.is_none()) {
            Some(signer) => {
                let asked = self.session.to_sign(signer.user(), signer.key(), None)?;
                self.present(signer.as_ref(), asked, None)
            }
            None => Ok(()),
        }
    }

    /// Signs a request, where the caller signs.
    pub(super) fn sign(&mut self, request: &Request) -> Result<(), CommandError> {
        let Some(signer) = self.signer.clone() else { return Ok(()) };
        let mut asked = self.session.to_sign(signer.user(), signer.key(), Some(request))?;
        // An unlocked key does for one's own work.
        let is_unlocked = matches!(self.claim.proof, Some(Proof::Token(_)));
        if is_unlocked && asked.statement.meaning.is_some_and(Meaning::is_drafting) {
            return Ok(());
        }
        if !asked.tell(request) {
            return Err(CommandError::Failed("the content is not the one that is to be signed".to_owned()));
        }
        let shown = Shown {
            action: asked.statement.action.clone(),
            document: asked.statement.document.clone(),
            title: asked.title.clone(),
            version: asked.statement.version,
            content: asked.statement.content,
            meaning: asked.statement.meaning,
            told: told(&asked.policy, request).into_iter().collect(),
            said: said(&asked.policy, request),
        };
        self.present(signer.as_ref(), asked, Some(&shown))
    }

    fn present(
        &mut self,
        signer: &dyn Signer,
        asked: ToSign,
        shown: Option<&Shown>,
    ) -> Result<(), CommandError> {
        let bytes = match signer.sign(&asked.statement.encode(), shown) {
            Err(CommandError::Key(KeyFileError::Closed)) => return Err(self.wrong_passphrase(signer.user())),
            signed => signed?,
        };
        let signature = Signature { statement: asked.statement, bytes };
        let signed = SignedStatement { signature, challenge: asked.challenge };
        self.claim.proof = Some(Proof::Signature(Rc::new(signed)));
        Ok(())
    }

    /// Records that a passphrase was wrong, as a refused proof of the user who was named.
    fn wrong_passphrase(&mut self, user: &UserName) -> CommandError {
        let refusal = NotVerified {
            claimed: Some(user.to_string()),
            holder: None,
            why: Distrust::WrongPassphrase,
            origin: None,
        };
        self.refused(refusal)
    }
}
