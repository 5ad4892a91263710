//! What the decision promises, over random facts. What it promises over the facts that a session gathers is in
//! `session/tests`, which draws from the same dice.

pub(crate) mod asked;
pub(crate) mod dice;
pub(crate) mod menus;
mod promises;
