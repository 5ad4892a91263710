//! `placeholders:` of a policy: which words mean that something is still open.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_yaml::Spanned;

use super::Policy;
use super::compile::{Compiler, place};
use crate::domain::text::{BRACKETS, OpenWord, OpenWords};
use crate::domain::visible::{is_blank, unseen};

/// Most words of a list, and the longest of them, in characters.
const WORDS_MAX: usize = 100;
const WORD_MAX: usize = 60;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenWordsSource {
    #[serde(default)]
    refuse: Vec<Spanned<WordSource>>,
    #[serde(default)]
    warn: Vec<Spanned<WordSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a word, or `{ alone: WORD }`")]
enum WordSource {
    Anywhere(String),
    Alone(AloneSource),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AloneSource {
    alone: String,
}

impl Compiler {
    /// Reads which words are refused, and of which is warned. Where a policy names none, none are.
    pub(super) fn open_words(&mut self, source: Option<OpenWordsSource>) -> OpenWords {
        let Some(source) = source else { return OpenWords::default() };
        let mut seen = BTreeSet::new();
        let mut words = |list: Vec<Spanned<WordSource>>, is_refused: bool| {
            let mut words = Vec::new();
            for source in list {
                let at = place(Policy::FILES[0], &source);
                let word = match source.value {
                    WordSource::Anywhere(text) => OpenWord::Anywhere(text),
                    WordSource::Alone(AloneSource { alone }) => OpenWord::Alone(alone),
                };
                let text = word.text();
                let fault = if is_blank(text) || text.trim() != text || text.contains('\n') {
                    Some(
                        "a word that means \"still open\" stands in one line, without room around it"
                            .to_owned(),
                    )
                } else if text.chars().count() > WORD_MAX {
                    Some(format!("a word that means \"still open\" has {WORD_MAX} characters at most"))
                } else if let Some(why) = unseen(text) {
                    Some(format!("a word that means \"still open\" {why}"))
                } else if is_refused && text == BRACKETS {
                    // Many of them are text, and others are filled in during execution.
                    Some(format!("of `{BRACKETS}` can only be warned"))
                } else if !seen.insert(text.to_lowercase()) {
                    Some(format!("`{text}` stands in these lists twice"))
                } else {
                    None
                };
                if let Some(message) = fault {
                    self.fault(&at, "open_word", message);
                }
                words.push(word);
            }
            if words.len() > WORDS_MAX {
                let at =
                    crate::domain::yaml::Place { file: Policy::FILES[0].to_owned(), ..Default::default() };
                self.fault(&at, "open_word", format!("a list of words has {WORDS_MAX} at most"));
            }
            words
        };
        OpenWords { refuse: words(source.refuse, true), warn: words(source.warn, false) }
    }
}
