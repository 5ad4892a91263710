//! What people sign, in any form.

use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;

use super::{digests, documents_ids, name, one_of, times, users, versions};
use crate::domain::audit::{Meaning, NONCE_BYTES, Signature, Statement};

pub(super) fn signatures() -> impl Strategy<Value = Signature> {
    let half = || any::<[u8; 32]>();
    (statements(), half(), half()).prop_map(|(statement, r, s)| {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        Signature { statement, bytes }
    })
}

/// Anything that could be signed.
pub(in crate::domain::audit) fn statements() -> impl Strategy<Value = Statement> {
    let who = (".{0,40}", users(), "[0-9a-f]{16}".prop_map(|text| name(&text)), "[a-z_]{0,12}");
    let what = (
        option::of(documents_ids()),
        option::of("[a-z_]{1,8} [0-9]{1,13}"),
        option::of(versions()),
        option::of(digests()),
        option::of(digests()),
        digests(),
    );
    let how = (
        btree_map("[a-z_]{0,8}", digests(), 0..4),
        option::of(one_of(Meaning::ALL)),
        times(),
        any::<[u8; NONCE_BYTES]>(),
    );
    (who, what, how).prop_map(|(who, what, how)| {
        let (project, user, key, action) = who;
        let (document, round, version, content, dossier, policy) = what;
        let (inputs, meaning, signed_at, nonce) = how;
        Statement {
            project,
            user,
            key,
            action,
            document,
            round,
            version,
            content,
            dossier,
            policy,
            inputs,
            meaning,
            signed_at,
            nonce,
        }
    })
}
