//! Words of a command, written so that a shell reads them back as they were.

use std::borrow::Cow;

use crate::domain::identity::end_of_words;

/// Quotes a word where a shell would take it apart or make something else of it.
///
/// Between single quotes nothing has a meaning but the single quote itself (POSIX.1-2017, XCU 2.2.2).
pub fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-,:@%+".contains(c);
    // After a hyphen `=` cannot make an assignment of the word, nor a path of it.
    let is_plain = |c: char| is_plain(c) || (c == '=' && text.starts_with('-'));
    if !text.is_empty() && text.chars().all(is_plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
    }
}

/// Writes an argv as a line of which a shell makes exactly this argv again.
pub fn render(argv: &[String]) -> String {
    argv.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

/// Adds words behind those of a command, before a bare `--`: whatever looks at how a line begins finds it as it was.
#[must_use = "the words stay as they are"]
pub fn behind(words: &[String], added: impl IntoIterator<Item = String>) -> Vec<String> {
    let (before, after) = words.split_at(end_of_words(words));
    before.iter().cloned().chain(added).chain(after.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::hook::line::{Line, examine};

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(word("/srv/qms-1.0"), "/srv/qms-1.0");
        assert_eq!(word("--ticket=ab+c/d"), "--ticket=ab+c/d");
        assert_eq!(word("a=b"), "'a=b'");
        assert_eq!(word("my project"), "'my project'");
        assert_eq!(word("it's; $HOME"), "'it'\\''s; $HOME'");
        assert_eq!(word("~"), "'~'");
        assert_eq!(word(""), "''");
    }

    proptest! {
        // REQ-208
        #[test]
        fn a_line_begins_as_it_did_whatever_is_added(
            arguments in prop::collection::vec("--|-|[ -~\n\tä€'\"$`!\\\\*{}~#=]{0,8}", 0..6),
        ) {
            let argv: Vec<String> = std::iter::once("qms".to_owned()).chain(arguments).collect();
            let added = ["--user".to_owned(), "qa".to_owned(), "--ticket=a.b".to_owned()];
            let line = render(&behind(&argv, added.clone()));
            let (before, after) = argv.split_at(argv.iter().position(|word| word == "--").unwrap_or(argv.len()));
            let whole = [before, &added, after].concat();
            let begins = format!("{} --user qa --ticket=a.b", render(before));
            prop_assert!(line.starts_with(&begins), "{line}");
            prop_assert_eq!(examine(&line), Line::Qms(whole));
        }

        #[test]
        fn what_is_written_is_read_back(
            arguments in prop::collection::vec("[ -~\n\tä€'\"$`!\\\\*{}~#=]{0,12}", 0..6),
        ) {
            let argv: Vec<String> = std::iter::once("qms".to_owned()).chain(arguments).collect();
            prop_assert_eq!(examine(&render(&argv)), Line::Qms(argv));
        }
    }
}
