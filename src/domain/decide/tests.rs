//! What the decision promises, over random facts. What it promises over the facts that a session gathers is in
//! `session/tests`, which draws from the same dice.

mod acknowledgements;
pub(crate) mod asked;
mod bounds;
mod confirmations;
pub(crate) mod dice;
pub(crate) mod menus;
mod numbers;
mod objected;
mod people;
mod places;
mod promises;
mod proposals;
mod ways;
mod writable;
