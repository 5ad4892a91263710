//! The names of fields: which the program reads, which belong to the record, and which only look like one of them.

use crate::domain::visible::unseen;

/// Fields that would claim what only the record knows, in the words of the published page, too.
const NOT_THE_AUTHORS: [&str; 7] =
    ["version", "state", "status", "effective_version", "content_digest", "approved_by", "signed_by"];

/// Fields that the program reads, whatever the policy.
pub(super) const KNOWN: [&str; 6] = ["id", "type", "template", "item", "title", "requires"];

/// Those that demand something only where they are there: one that is nearly named so would silently demand nothing.
const DEMANDING: [&str; 1] = ["requires"];

/// What may be wrong with the name of a field.
pub(super) enum KeyDoubt {
    /// It is refused.
    Fault(String),
    /// It is nearly named like this one.
    Unread(&'static str),
}

/// Says what may be wrong with the name of a field, in whatever language. How it is spelt does not matter to whoever
/// reads the page.
pub(super) fn key_doubt(key: &str) -> Option<KeyDoubt> {
    if let Some(fault) = unseen(key) {
        return Some(KeyDoubt::Fault(format!("is no name of a field: it {fault}")));
    }
    if key.split(|c: char| !c.is_alphanumeric()).any(mixes_alphabets) {
        let fault = "is no name of a field: letters of two alphabets in one word look like another word";
        return Some(KeyDoubt::Fault(fault.to_owned()));
    }
    let spelt = spelt(key);
    if NOT_THE_AUTHORS.iter().any(|name| self::spelt(name) == spelt) {
        let fault = "does not belong into the front matter, the record keeps it: take the line out, or name the field otherwise";
        return Some(KeyDoubt::Fault(fault.to_owned()));
    }
    // In a short word another letter makes another word.
    let allowed = |name: &str| match name.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    // As many letters as one is longer are changed at least.
    let is_near = |name: &&&str| {
        name.len().abs_diff(spelt.len()) <= allowed(name)
            && strsim::osa_distance(name, &spelt) <= allowed(name)
    };
    let meant = KNOWN.iter().find(is_near).filter(|name| **name != key)?;
    Some(if DEMANDING.contains(meant) {
        KeyDoubt::Fault(format!("is no field of the front matter, did you mean `{meant}`?"))
    } else {
        KeyDoubt::Unread(meant)
    })
}

/// Tells whether a word has Latin letters and letters of an alphabet that are drawn like them (UTS #39): Greek,
/// Cyrillic, Armenian, Cherokee.
fn mixes_alphabets(word: &str) -> bool {
    let is_latin = |c: char| c.is_alphabetic() && matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    let is_alike = |c: char| matches!(c, '\u{370}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}');
    // These look like nothing but themselves, and stand for sizes: Δt, μSv.
    let is_symbol = |c: char| "ΓΔΘΛΞΠΣΦΨΩβδεζθλμξπστφψ".contains(c);
    word.chars().any(is_latin) && word.chars().any(|c| is_alike(c) && !is_symbol(c))
}

/// A key without what tells two spellings of it apart: case, marks, and the width of its letters.
fn spelt(key: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    key.chars().map(narrow).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}
