//! What the decision promises, over random documents and over random walks through the life cycles.

mod asked;
mod dice;
mod dossiers;
mod evidence;
mod menus;
mod promises;
mod readings;
mod regressions;
mod walks;
