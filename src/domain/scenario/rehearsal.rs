//! What the users of a rehearsal present, so that a policy of every profile can be played: people sign
//! with a key, agents and services have a token. None of it is good for any project.

use std::rc::Rc;

use crate::domain::audit::{NONCE_BYTES, ProjectKey};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Kind, User};
use crate::domain::identity::{Credential, CredentialKind, OpenKey, Proof, TOKEN_BYTES, Token};

/// A credential of a rehearsal, and what proves it.
pub(super) struct Presented {
    pub(super) key: Option<ProjectKey>,
    pub(super) credential: Option<Credential>,
    pub(super) proof: Option<Proof>,
}

/// Makes what a user presents, the same each time.
pub(super) fn rehearse(user: &User) -> Presented {
    let key = ProjectKey::new(&[0; 32]);
    let seed = Digest::of(user.name.as_str().as_bytes());
    let open = (user.kind == Kind::Human).then(|| OpenKey::from_seed(seed.as_bytes())).flatten();
    let (id, kind, verifier, proof) = if let Some(open) = open {
        let (id, public) = (open.id().clone(), open.public());
        let proof = Proof::Key { key: Rc::new(open), nonce: [0; NONCE_BYTES] };
        (id, CredentialKind::Key, public, proof)
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
