//! The proof that nothing in the log was changed, and that the store says what the log says.
//!
//! [`Verifier`] is fed with every entry, in order; [`Replay`] with every row; only when both found
//! nothing there is a [`Verified`]. Reading the store is left to the caller.

mod failure;
mod held;
mod kin;
mod replay;
mod standing;
#[cfg(test)]
mod tests;
mod times;
mod verifier;

pub use self::failure::{Failure, RowName};
pub use self::replay::{Exported, HeadTag, Replay, Verified};
pub use self::standing::Contradiction;
pub use self::verifier::Verifier;
