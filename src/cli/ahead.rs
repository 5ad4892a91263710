//! What a command line seems to say before its verbs are known: they stand in the project that it is about, and for a
//! document in the policy that its open round began under. Nothing here decides anything: it is where
//! [`Desk::understand`](super::desk::Desk::understand) begins to look, and what the parser finds there counts.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use super::parse::parse;
use super::ui::Format;
use crate::domain::id::DocumentId;
use crate::embedded;

/// The flag that names the root of a project.
const ROOT: &str = "--root";

/// Flags of every command that take a value.
const WITH_VALUE: &[&str] =
    &["-u", "--user", "--root", "-o", "--output", "--color", "--token-file", "--passphrase-file", "--ticket"];

/// Returns the root of the project, as the parser finds it with the verbs that come with the program. Other verbs can
/// take what looks like a root for their own: who opens the project reads the line again with its verbs.
pub fn root(arguments: &[OsString]) -> Option<PathBuf> {
    // The parser takes longer than a command, and most name no root.
    let is_named = arguments.iter().any(|word| word.as_encoded_bytes().starts_with(ROOT.as_bytes()));
    if !is_named {
        return None;
    }
    match parse(&embedded::actions(), arguments) {
        Ok((global, _)) => global.root,
        Err(_) => likely_root(arguments),
    }
}

/// Returns the root that a line seems to name which the parser does not understand yet.
pub fn likely_root(arguments: &[OsString]) -> Option<PathBuf> {
    let mut words = arguments.iter().skip(1).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == ROOT {
            return words.next().map(PathBuf::from);
        }
        let joined =
            word.to_str().and_then(|word| word.strip_prefix(ROOT)).and_then(|it| it.strip_prefix('='));
        if let Some(value) = joined {
            return Some(PathBuf::from(value));
        }
    }
    None
}

/// Finds the command: the first word that belongs to no flag. What looks like it may be the value of one.
pub fn command(arguments: &[OsString]) -> Option<&str> {
    from_command(arguments).map(|(name, _)| name)
}

/// Returns the documents that a line could be about which the parser does not understand yet, in no order of its
/// words: which of them it is about is for the parser to say.
pub fn documents(arguments: &[OsString]) -> BTreeSet<DocumentId> {
    let words = from_command(arguments).into_iter().flat_map(|(_, words)| words);
    words.filter_map(|word| DocumentId::parse(word.split('#').next()?).ok()).collect()
}

fn from_command(arguments: &[OsString]) -> Option<(&str, impl Iterator<Item = &str>)> {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') {
            return Some((word, words));
        }
    }
    None
}

/// Finds the form of the output.
pub fn format(arguments: &[OsString]) -> Format {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let named = |value: &str| {
        let joined = ["--output=", "-o", "-o="].map(|flag| format!("{flag}{value}"));
        words.iter().any(|word| joined.iter().any(|one| one == word))
            || [after("-o"), after("--output")].iter().flatten().any(|word| **word == value)
    };
    if named("json") || words.iter().any(|word| word == "--json") {
        Format::Json
    } else if named("yaml") {
        Format::Yaml
    } else {
        Format::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn documents_are_looked_for_behind_the_verb() {
        let found = |text| documents(&line(text)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found("qms --user qa review CR-001 --recommend"), ["CR-001"]);
        assert_eq!(found("qms -q -o json review --comment CR-002 CR-001"), ["CR-001", "CR-002"]);
        assert_eq!(found("qms sop show SOP-001#5"), ["SOP-001"]);
        assert_eq!(found("qms --root A-1 list"), [""; 0]);
        assert_eq!(found("qms"), [""; 0]);
    }
}
