//! How a command line is read.

use std::ffi::OsString;

use clap::{ArgMatches, Command, Error, FromArgMatches as _};

use super::ahead;
use super::grammar::{self, Extent, Global};
use crate::domain::policy::Action;

/// Reads a command line with the verbs of a policy. First by the one command that it seems to name: to
/// tell the parser of all of them takes longer than acting does. What does not fit is read by all, which
/// know better what is wrong.
pub fn parse(actions: &[Action], words: &[OsString]) -> Result<(Global, ArgMatches), Error> {
    let seems = ahead::command(words).and_then(|name| grammar::only(actions, name));
    match seems.map(|grammar| read(grammar, words)) {
        Some(Ok(parsed)) => Ok(parsed),
        _ => read(grammar::command(actions, Extent::For(words)), words),
    }
}

fn read(mut grammar: Command, words: &[OsString]) -> Result<(Global, ArgMatches), Error> {
    let matches = grammar.try_get_matches_from_mut(words)?;
    Ok((Global::from_arg_matches(&matches)?, matches))
}
