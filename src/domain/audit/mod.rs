//! The audit log: what an entry says, the bytes that are sealed, and the proof that none changed.
//!
//! Entries are leaves of a Merkle tree after RFC 6962. An entry holds the complete change of every
//! row that the action touched, so that the whole state can be rebuilt from the log without
//! knowing any rule.

mod canonical;
mod checkpoint;
mod entry;
mod key;
mod merkle;
mod note;
mod row;
#[cfg(test)]
pub(super) mod samples;
mod signature;
mod verify;
mod wire;

pub use self::canonical::{
    DecodeError, DeltaView, EntryView, FieldView, OfferView, ReasonView, SignatureView,
};
pub use self::checkpoint::{Checkpoint, CheckpointError};
pub use self::entry::{
    Attribution, Delta, Entry, EntryResult, FieldDelta, RanBy, SALT_BYTES, Sealed, SealedReason, witness,
};
pub use self::key::{Fingerprint, ProjectKey, Tag};
pub use self::merkle::{
    Frontier, consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
};
pub use self::row::{FieldName, Row, Shown, Table, awaited_since, row_delta, shown};
pub use self::signature::{Meaning, NONCE_BYTES, Signature, Statement, round_name};
pub use self::verify::{Contradiction, Exported, Failure, HeadTag, Replay, RowName, Verified, Verifier};
