//! Words of a command, written so that a shell reads them back as they were.

use std::borrow::Cow;
use std::ffi::OsStr;

use crate::domain::identity::end_of_words;
use crate::domain::visible::is_deceptive;

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

/// Writes a word of a command that is shown to somebody, who copies it from there: a name can have any bytes, and what
/// does not show comes from no screen as it was. Such a word is spelled out (POSIX.1-2024, XCU 2.2.4).
pub fn offered(text: impl AsRef<OsStr>) -> String {
    let bytes = text.as_ref().as_encoded_bytes();
    if let Ok(text) = str::from_utf8(bytes)
        && !text.chars().any(is_deceptive)
    {
        return word(text).into_owned();
    }
    let mut spelled = "$'".to_owned();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_deceptive(c) || matches!(c, '\'' | '\\') {
                spell(&mut spelled, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                spelled.push(c);
            }
        }
        spell(&mut spelled, chunk.invalid());
    }
    spelled + "'"
}

/// In octal digits, of which a shell takes three and no more.
fn spell(out: &mut String, bytes: &[u8]) {
    out.extend(bytes.iter().map(|byte| format!("\\{byte:03o}")));
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

    // REQ-296
    #[test]
    fn what_does_not_show_or_is_no_text_is_spelled_out() {
        use std::os::unix::ffi::OsStrExt as _;
        let table: [(&[u8], &str); 8] = [
            (b"/srv/qms", "/srv/qms"),
            (b"my project", "'my project'"),
            ("Grüße".as_bytes(), "'Grüße'"),
            (b"tab\there", r"$'tab\011here'"),
            (b"p\xff7", r"$'p\3777'"),
            (b"it's\\\n", r"$'it\047s\134\012'"),
            ("a\u{202e}b".as_bytes(), r"$'a\342\200\256b'"),
            ("ü\u{1b}".as_bytes(), r"$'ü\033'"),
        ];
        for (bytes, expected) in table {
            assert_eq!(offered(OsStr::from_bytes(bytes)), expected);
        }
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
