//! Words of commands that are offered to people and scripts.

use std::borrow::Cow;

/// Quotes a word where a shell would take it apart.
pub fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(word("/srv/qms-1.0"), "/srv/qms-1.0");
        assert_eq!(word("my project"), "'my project'");
        assert_eq!(word("it's; $HOME"), "'it'\\''s; $HOME'");
        assert_eq!(word(""), "''");
    }
}
