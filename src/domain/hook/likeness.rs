//! Whether a word is `qms`, could be it, or only looks like it.

use super::word::UNKNOWN;
use crate::domain::visible::is_deceptive;

/// The name of the program.
const NAME: &str = "qms";

/// What a command word is, beside `qms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// The program.
    Same,
    /// Other letters that a reader, or a file system without case, takes for it.
    Alike,
    /// Something else.
    Other,
}

/// Compares the last part of a command's path with the name of the program.
pub(super) fn likeness(name: &str) -> Likeness {
    if name == NAME {
        return Likeness::Same;
    }
    if name.contains(UNKNOWN) {
        return Likeness::Other;
    }
    let is_space = |c: char| c.is_whitespace() && !c.is_ascii();
    let seen = name.split(is_space).find(|part| !part.is_empty()).unwrap_or_default();
    let skeleton: String = seen.chars().filter(|c| !is_unseen(*c)).map(plain).collect();
    if skeleton == NAME { Likeness::Alike } else { Likeness::Other }
}

/// Tells whether a name with unknown parts, of which one letter at least is known, could be `qms`.
pub(super) fn could_be(name: &str) -> bool {
    let pattern: Vec<char> = name.chars().collect();
    let name: Vec<char> = NAME.chars().collect();
    pattern.iter().any(|c| *c != UNKNOWN) && fits(&pattern, &name)
}

/// Matches a name against a pattern whose unknown parts stand for any text. What may be left of the name is
/// kept as a set of beginnings: a mark of each moves on with a letter that fits, and any number with an
/// unknown part.
fn fits(pattern: &[char], name: &[char]) -> bool {
    let mut read = vec![false; name.len() + 1];
    if let Some(first) = read.first_mut() {
        *first = true;
    }
    for c in pattern {
        if *c == UNKNOWN {
            let first = read.iter().position(|is_read| *is_read).unwrap_or(read.len());
            read.iter_mut().skip(first).for_each(|is_read| *is_read = true);
        } else {
            let fits = name.iter().map(|n| plain(*c) == *n);
            let moved = read.iter().zip(fits).map(|(is_read, fits)| *is_read && fits);
            read = std::iter::once(false).chain(moved).collect();
        }
    }
    read.last().is_some_and(|is_read| *is_read)
}

/// Tells whether a text that cannot be read, or that feeds a shell, has `qms` in it as a whole word,
/// also where quoting takes it apart.
pub(super) fn mentions(text: &str) -> bool {
    let text = &defaults_apart(text);
    let bare: String = text.replace("\\\n", "").chars().filter(|c| !"'\"\\$[]{},".contains(*c)).collect();
    has_word(text) || has_word(&bare)
}

/// Sets what stands for a variable that is not set apart from its name: `${x-qms}` is no longer word.
fn defaults_apart(text: &str) -> String {
    let mut parts = text.split("${");
    let mut apart = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (inside, behind) = part.split_at(part.find('}').unwrap_or(part.len()));
        apart.extend(["${", &inside.replace('-', " -"), behind]);
    }
    apart
}

fn has_word(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.match_indices(NAME).any(|(at, _)| {
        let (before, after) =
            (text.get(..at).unwrap_or_default(), text.get(at + NAME.len()..).unwrap_or_default());
        !continues_before(before) && !continues_after(after)
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `my-qms` and `.qms` are other words; `/usr/bin/qms` and `${X:-qms}` are not.
fn continues_before(text: &str) -> bool {
    let mut backwards = text.chars().rev();
    match backwards.next() {
        Some('.') => true,
        Some('-') => backwards.next().is_some_and(is_of_word),
        last => last.is_some_and(is_of_word),
    }
}

/// `qms.md`, `qms-1` and `qms/src` are other words; `qms.` at the end of a sentence is not.
fn continues_after(text: &str) -> bool {
    let mut forwards = text.chars();
    match forwards.next() {
        Some('.' | '-' | '/') => forwards.next().is_some_and(is_of_word),
        next => next.is_some_and(is_of_word),
    }
}

/// Tells whether a character adds nothing that is seen beside the letters around it.
fn is_unseen(c: char) -> bool {
    is_deceptive(c) || ('\u{300}'..='\u{36f}').contains(&c)
}

/// Returns the small Latin letter that a character is drawn like, after the confusables of Unicode
/// (UTS #39), as far as the letters of the name go.
fn plain(c: char) -> char {
    let letter = |start: u32, turn: u32| {
        let place = u32::from(c).checked_sub(start)? % turn % 26;
        char::from_u32(u32::from(b'a') + place)
    };
    let drawn = match c {
        '\u{51b}' | '\u{566}' | '\u{563}' => Some('q'),
        '\u{43c}' | '\u{41c}' | '\u{217f}' | '\u{1d0d}' | '\u{271}' | '\u{3fb}' | '\u{39c}' => Some('m'),
        '\u{455}' | '\u{405}' | '\u{a731}' | '\u{1bd}' | '\u{17f}' | '\u{282}' => Some('s'),
        '\u{ff21}'..='\u{ff3a}' => letter(0xff21, 26),
        '\u{ff41}'..='\u{ff5a}' => letter(0xff41, 26),
        '\u{24b6}'..='\u{24e9}' => letter(0x24b6, 26),
        '\u{1d400}'..='\u{1d6a3}' => letter(0x1d400, 52),
        _ => None,
    };
    drawn.unwrap_or_else(|| c.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_look_the_same_are_told_apart() {
        assert_eq!(likeness("qms"), Likeness::Same);
        for alike in [
            "QMS",
            "Qms",
            "qmѕ",
            "ԛms",
            "qмs",
            "ｑｍｓ",
            "𝐪𝐦𝐬",
            "𝑞𝑚𝑠",
            "ⓠⓜⓢ",
            "q\u{200b}ms",
            "qms\u{a0}approve",
        ] {
            assert_eq!(likeness(alike), Likeness::Alike, "{alike}");
        }
        for other in ["", "qm", "qmss", "qms.md", "aqms", "git", "qmz"] {
            assert_eq!(likeness(other), Likeness::Other, "{other}");
        }
    }

    #[test]
    fn a_name_with_holes_could_be_the_program() {
        for could in ["q\0s", "q\0", "\0ms", "q\0\0\0ms", "\0q\0m\0s\0"] {
            assert!(could_be(could), "{could:?}");
        }
        for cannot in ["\0", "\0\0", "", "x\0", "\0.sh", "q\0x"] {
            assert!(!could_be(cannot), "{cannot:?}");
        }
    }

    #[test]
    fn a_mention_is_a_whole_word() {
        for mention in
            ["qms", "a qms b", "/usr/bin/qms", "['qms',", "about qms.", "q\"\"ms x", "X=qms", "${X:-qms}"]
        {
            assert!(mentions(mention), "{mention}");
        }
        for other in ["qms.md", ".qms/key", "my-qms", "qms-1.json", "aqms", "qms_x", "src/qms/lib"] {
            assert!(!mentions(other), "{other}");
        }
    }
}
