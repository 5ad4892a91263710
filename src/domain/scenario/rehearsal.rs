//! What stands for the outside in a rehearsal.
//!
//! What its users present, so that a policy of every profile can be played: people sign with a key, agents
//! and services have a token. None of it is good for any project. And runs of commands, which end as a
//! story says: nothing is run, and every program is the one that was adopted.

use std::borrow::Cow;
use std::rc::Rc;

use crate::domain::audit::{NONCE_BYTES, ProjectKey, Signature, Statement, Tag};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, Kind, User};
use crate::domain::evidence::{Run, RunEnd, RunOutcome};
use crate::domain::id::AttestationName;
use crate::domain::identity::{
    Credential, CredentialKind, OpenKey, Proof, SignedStatement, TOKEN_BYTES, Token,
};
use crate::domain::policy::{Evidence, Policy};

/// A credential of a rehearsal, and what proves it.
pub(super) struct Presented {
    pub(super) key: Option<ProjectKey>,
    pub(super) credential: Option<Credential>,
    pub(super) proof: Option<Proof>,
}

/// Makes what a user presents, the same each time.
pub(super) fn rehearse(user: &User, now: Timestamp) -> Presented {
    let key = ProjectKey::new(&[0; 32]);
    let seed = Digest::of(user.name.as_str().as_bytes());
    let open = (user.kind == Kind::Human).then(|| OpenKey::from_seed(seed.as_bytes())).flatten();
    let (id, kind, verifier, proof) = if let Some(open) = open {
        let (id, public) = (open.id().clone(), open.public());
        let statement = Statement {
            project: String::new(),
            user: user.name.clone(),
            key: id.clone(),
            action: "rehearse".to_owned(),
            document: None,
            round: None,
            version: None,
            content: None,
            dossier: None,
            policy: seed,
            inputs: std::collections::BTreeMap::new(),
            meaning: None,
            signed_at: now,
            nonce: [0; NONCE_BYTES],
        };
        let challenge = key.as_ref().map_or(Tag::from_bytes([0; 32]), |key| key.tag_challenge(&statement));
        let bytes = open.sign(&statement.encode());
        let signed = SignedStatement { signature: Signature { statement, bytes }, challenge };
        (id, CredentialKind::Key, public, Proof::Signature(Rc::new(signed)))
    } else {
        let mut random = [0; TOKEN_BYTES];
        random.iter_mut().zip(seed.as_bytes()).for_each(|(to, from)| *to = *from);
        let token = Token::new(&random);
        let (id, verifier) = (token.id().clone(), token.verifier());
        (id, CredentialKind::Standing, verifier, Proof::Token(Rc::new(token)))
    };
    let mut credential = Credential::new(id, user.name.clone(), kind, verifier, Timestamp::from_millis(0));
    credential.tag = key.as_ref().map(|key| key.tag_credential(&credential));
    Presented { key, credential: Some(credential), proof: Some(proof) }
}

/// Declares commands besides those of a policy, and adopts the programs of all of them.
pub(super) fn rehearse_evidence<'p>(policy: &'p Policy, names: &[AttestationName]) -> Cow<'p, Policy> {
    if names.is_empty() && policy.evidence.is_empty() {
        return Cow::Borrowed(policy);
    }
    let mut policy = policy.clone();
    for name in names {
        policy.evidence.entry(name.clone()).or_insert_with(|| Evidence::rehearsed(name));
    }
    let programs = policy.evidence.values().map(|one| one.program.program().to_owned());
    let programs: Vec<String> = programs.collect();
    for program in programs {
        policy.pins.entry(program).or_insert(Digest::of(b"rehearsed"));
    }
    Cow::Owned(policy)
}

/// A run that ended with this status, about the present content.
pub(super) fn rehearse_run(policy: &Policy, document: &Document, status: i32) -> Run {
    let outcome = RunOutcome::of(Some(status));
    let ended = RunEnd {
        version: document.version,
        subject: document.content,
        outcome,
        output: Vec::new(),
        lasted: 0,
    };
    Run { observed: policy.pins.clone(), ended: Some(ended) }
}
