//! What can be told of a command line before its verbs are known: they stand in the project that it
//! is about, and for a document in the policy that its open round began under.

use std::ffi::OsString;
use std::path::PathBuf;

use super::ui::Format;
use crate::domain::id::DocumentId;

/// Flags of every command that take a value.
const WITH_VALUE: &[&str] =
    &["-u", "--user", "--root", "-o", "--output", "--color", "--token-file", "--passphrase-file", "--ticket"];

/// Finds the root of the project.
pub fn root(arguments: &[OsString]) -> Option<PathBuf> {
    value(arguments, "--root").map(PathBuf::from)
}

/// Finds the value of a flag of every command. What looks like it may still be part of a text.
pub fn value(arguments: &[OsString], flag: &str) -> Option<OsString> {
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "--" {
            return None;
        }
        if word == flag {
            return words.next().cloned();
        }
        let joined =
            word.to_str().and_then(|word| word.strip_prefix(flag)).and_then(|it| it.strip_prefix('='));
        if let Some(value) = joined {
            return Some(OsString::from(value));
        }
    }
    None
}

/// Finds the command: the first word that belongs to no flag. What looks like it may be the value of one.
pub fn command(arguments: &[OsString]) -> Option<&str> {
    from_command(arguments).map(|(name, _)| name)
}

/// Finds the document that a verb is about: the first word after the verb that can be one.
pub fn document(arguments: &[OsString]) -> Option<DocumentId> {
    from_command(arguments)?.1.find_map(|word| DocumentId::parse(word).ok())
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
    fn a_document_is_looked_for_behind_the_verb() {
        let found = |text| document(&line(text)).map(|id| id.to_string());
        assert_eq!(found("qms --user qa review CR-001 --recommend"), Some("CR-001".into()));
        assert_eq!(found("qms -q -o json review --recommend CR-001"), Some("CR-001".into()));
        assert_eq!(found("qms --root A-1 list"), None);
        assert_eq!(found("qms create VAR --parent CR-001"), Some("VAR".into()));
        assert_eq!(found("qms"), None);
    }
}
