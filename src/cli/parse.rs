//! How a command line is read.

use std::ffi::OsString;

use clap::{ArgMatches, Command, Error, FromArgMatches as _};

use super::ahead;
use super::grammar::{self, Extent, Global};
use crate::domain::id::DocumentId;
use crate::domain::policy::Action;
use crate::domain::procedure::Citation;

/// The argument that names the document which a command is about, and the one that cites a procedure.
const DOCUMENT: &str = "document";
const CITED: &str = "cited";

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

/// Returns the document that a command is about, as it was parsed. Verbs of a policy read it later than others.
pub fn document(matches: &ArgMatches) -> Option<DocumentId> {
    if let Some((_, of_command)) = matches.subcommand() {
        return document(of_command);
    }
    let parsed = |name| matches.try_get_one::<DocumentId>(name).ok().flatten().cloned();
    let of_verb = || matches.try_get_one::<String>(DOCUMENT).ok().flatten();
    let cited = || matches.try_get_one::<Citation>(CITED).ok().flatten();
    parsed(DOCUMENT)
        .or_else(|| of_verb().and_then(|text| DocumentId::parse(text).ok()))
        .or_else(|| cited().map(|cited| cited.procedure.clone()))
}

fn read(mut grammar: Command, words: &[OsString]) -> Result<(Global, ArgMatches), Error> {
    let matches = grammar.try_get_matches_from_mut(words)?;
    Ok((Global::from_arg_matches(&matches)?, matches))
}

#[cfg(test)]
mod tests {
    use clap::builder::ValueParser;
    use clap::{Arg, value_parser};

    use super::*;
    use crate::embedded;

    /// What names a document that the command is not about: what is to be listed below it, or what a token is good for.
    const OTHERS: [&str; 2] = ["parent", "documents"];

    fn arguments(command: &Command) -> Vec<&Arg> {
        let below = command.get_subcommands().flat_map(arguments);
        command.get_arguments().chain(below).collect()
    }

    // REQ-263
    #[test]
    fn whatever_names_a_document_is_found_by_its_argument() {
        let mut grammar = grammar::command(&embedded::actions(), Extent::Whole);
        grammar.build();
        let kinds = [value_parser!(DocumentId).into(), value_parser!(Citation).into()];
        let kinds = kinds.map(|kind: ValueParser| kind.type_id());
        let named =
            arguments(&grammar).into_iter().filter(|it| kinds.contains(&it.get_value_parser().type_id()));
        let mut count = 0;
        for argument in named {
            let id = argument.get_id().as_str();
            assert!([DOCUMENT, CITED].contains(&id) || OTHERS.contains(&id), "{argument:?}");
            count += 1;
        }
        assert!(count > 15, "{count}");
    }

    // REQ-263
    #[test]
    fn a_document_is_what_the_parser_takes_for_one() {
        let actions = embedded::actions();
        let found = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let (_, matches) = parse(&actions, &words).unwrap();
            document(&matches).map(|id| id.to_string())
        };
        assert_eq!(found("qms --user qa status --root P-1 CR-001"), Some("CR-001".into()));
        assert_eq!(found("qms discard --reason SOP-9 CR-001 --root P-1"), Some("CR-001".into()));
        assert_eq!(found("qms evidence list --token-file A-1 CR-002"), Some("CR-002".into()));
        assert_eq!(found("qms sop show -u B-1 SOP-001#5"), Some("SOP-001".into()));
        assert_eq!(found("qms create VAR --parent CR-001"), None);
        assert_eq!(found("qms list --user A-1"), None);
    }
}
