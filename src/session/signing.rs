//! Signatures of people: what there is to sign is asked for before, and held against what is there when it
//! comes back. No private key ever comes in here.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Session, SessionError};
use crate::domain::attestation::dossier_for;
use crate::domain::audit::{NONCE_BYTES, Statement, Tag, round_name};
use crate::domain::decide;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::facts::Facts;
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{
    Actor, Claim, Credential, Distrust, NotVerified, Registry, SignedStatement, TicketId,
};
use crate::domain::policy::Policy;
use crate::domain::request::{Request, Subject};
use crate::domain::told::{said, told};

/// The action of a statement by which somebody only proves who is asking, to read.
pub const IDENTIFY: &str = "identify";

/// What a signer needs to know to make a statement.
#[derive(Debug, Clone)]
pub struct ToSign {
    /// The statement as far as it is known here; what the signer told is for the signer to add.
    pub statement: Statement,
    /// What shows that nonce and time were given out for it.
    pub challenge: Tag,
    /// The title of the document.
    pub title: Option<String>,
    /// The content, to be digested by the signer.
    pub content: Option<Vec<u8>>,
    /// The policy that decides.
    pub policy: Rc<Policy>,
}

impl ToSign {
    /// Adds what the signer tells with a request; false if the content is not the one that is named, since
    /// what is signed is the content itself, not what the keeper of the project says about it.
    #[must_use]
    pub fn tell(&mut self, request: &Request) -> bool {
        let said = said(&self.policy, request);
        self.statement.inputs = Statement::digests(&told(&self.policy, request), said.as_deref());
        self.content.as_deref().map(Digest::of) == self.statement.content
    }
}

/// What a request is about, as it is now.
struct Present {
    statement: Statement,
    title: Option<String>,
}

impl Session {
    /// Gives out a nonce for what a user is about to sign with a key: for a request, or to read.
    pub fn to_sign(
        &mut self,
        user: &UserName,
        key: &CredentialId,
        request: Option<&Request>,
    ) -> Result<ToSign, SessionError> {
        let head = self.store.head()?;
        let time = self.time(&head)?;
        let mut nonce = [0; NONCE_BYTES];
        self.fill(&mut nonce)?;
        let (policy, present) = match request {
            None => {
                let digest = self.project()?.policy;
                let statement = self.blank(user, key, IDENTIFY, digest)?;
                (self.policy_at(&digest)?, Present { statement, title: None })
            }
            Some(request) => self.present(user, key, request, time.now)?,
        };
        let Present { statement, title } = present;
        let statement = Statement { signed_at: time.valid, nonce, ..statement };
        let secret = self.key.as_ref().ok_or(SessionError::NoKey)?;
        let challenge = secret.tag_challenge(&statement);
        let content = statement.content.map(|content| self.body(&content)).transpose()?;
        Ok(ToSign { statement, challenge, title, content, policy })
    }

    fn blank(
        &mut self,
        user: &UserName,
        key: &CredentialId,
        action: &str,
        policy: Digest,
    ) -> Result<Statement, SessionError> {
        Ok(Statement {
            project: self.project()?.id,
            user: user.clone(),
            key: key.clone(),
            action: action.to_owned(),
            document: None,
            round: None,
            version: None,
            content: None,
            dossier: None,
            policy,
            inputs: BTreeMap::new(),
            meaning: None,
            signed_at: Timestamp::from_millis(0),
            nonce: [0; NONCE_BYTES],
        })
    }

    fn present(
        &mut self,
        user: &UserName,
        key: &CredentialId,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Rc<Policy>, Present), SessionError> {
        let known = self.store.user(user.as_str())?.filter(|known| known.removed_at.is_none());
        let known = known.ok_or_else(|| SessionError::NoUser(user.clone()))?;
        let order = self.order()?;
        // Nothing was proved yet, and what is found here is only shown to be signed.
        let unproved = Registry::knowing(&known, now, &order);
        let signer = unproved.verify(&Claim::of(user.as_str()))?;
        let (policy, facts) = self.gather(&signer, request, now)?;
        let statement = self.blank(user, key, request.action.as_str(), facts.policy)?;
        let meaning = decide::meaning(&policy, &facts, &signer, request);
        let statement = Statement { meaning, ..about(statement, &facts, request) };
        let title = facts.document.filter(|_| statement.document.is_some()).map(|document| document.title);
        Ok((policy, Present { statement, title }))
    }

    /// Holds what was signed against what was asked for, and against what is there now.
    pub(super) fn check_signed(
        &mut self,
        actor: &Actor,
        signed: &SignedStatement,
        request: &Request,
        policy: &Policy,
        facts: &Facts,
    ) -> Result<(), SessionError> {
        let it = &signed.signature.statement;
        let told = Statement::digests(&told(policy, request), said(policy, request).as_deref());
        let now = self.blank(&it.user, &it.key, request.action.as_str(), facts.policy)?;
        let now = about(now, facts, request);
        let refused = |why| {
            let holder = actor.credential().map(Credential::holder);
            NotVerified { claimed: Some(it.user.to_string()), holder, why, origin: None }
        };
        if (&it.action, &it.document, &it.inputs) != (&now.action, &now.document, &told) {
            return Err(refused(Distrust::OtherRequest).into());
        }
        if self.store.ticket(&TicketId::from_bytes(it.nonce))?.is_some() {
            return Err(refused(Distrust::StaleSignature).into());
        }
        let meaning = decide::meaning(policy, facts, actor, request);
        let signed = (&it.round, it.version, it.content, it.dossier, it.policy, it.meaning);
        if signed != (&now.round, now.version, now.content, now.dossier, now.policy, meaning) {
            return Err(SessionError::Overtaken(it.document.clone()));
        }
        Ok(())
    }
}

/// Adds to a statement what the document is now.
fn about(statement: Statement, facts: &Facts, request: &Request) -> Statement {
    let (Some(document), Subject::Document(_)) = (&facts.document, &request.subject) else {
        return statement;
    };
    let round = document.round.as_ref();
    let dossier = round.map(|_| dossier_for(&statement.user, document, &facts.attestations, &facts.order));
    Statement {
        document: Some(document.id.clone()),
        round: round.map(round_name),
        version: Some(document.version),
        content: Some(document.content),
        dossier,
        ..statement
    }
}
