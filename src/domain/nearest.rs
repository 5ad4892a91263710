//! What somebody who misspelt a word probably meant.

/// Longest word that is compared, in bytes: what is longer is no slip in a name, and two long texts would be
/// compared letter by letter.
const LONGEST: usize = 200;

/// Finds the known word that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let is_word = |text: &&str| text.len() <= LONGEST;
    known
        .filter(|candidate| is_word(&word) && is_word(candidate))
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
