//! Whether a shell line runs `qms`, and with which argv.
//!
//! A hook that changes a line must be sure of every word in it. So a call of `qms` stands alone, as one
//! simple command whose words the shell passes on as they are; whatever else could run `qms` is refused,
//! and a line in which nothing could is none of the hook's business. Who may do what is never decided by
//! the text of a line: this only keeps a ticket from being put on another command than was meant.

use std::fmt;

use super::likeness::mentions;
use super::programs::INPUTS;
use super::runs::Search;
use super::scan::scan;
use super::words::render;
use crate::domain::visible::deceptions;

/// The longest line that may be a call, in bytes: Linux hands no longer argument to `sh -c`.
const LINE_MAX: usize = 128 * 1024;

/// What a shell line is, to a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Nothing in it could run `qms`.
    Foreign,
    /// It runs `qms` and nothing else, with this argv; the first word is the program as it was written.
    Qms(Vec<String>),
    /// It could run `qms`, and is more than that.
    Refused {
        /// What it has that one simple command has not.
        why: Refused,
        /// The call alone, where it stands in the line.
        example: Option<String>,
    },
}

macro_rules! refusals {
    ($($variant:ident = $name:literal, $words:literal;)*) => {
        /// What keeps a line from being one simple command. When it is several things, the first of
        /// this order is told.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Refused {
            $(#[doc = concat!("It is refused because ", $words, ".")] $variant,)*
        }

        impl Refused {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Says what it is, after `because`.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

refusals! {
    TooLong = "too_long", "it is too long, or too deeply nested, to be read";
    Unreadable = "unreadable", "the tool does not hand over its command as the text of a POSIX shell";
    Unbalanced = "unbalanced", "a quote, a bracket or a redirection in it has no end";
    Invisible = "invisible", "it has characters that do not show";
    LookAlike = "look_alike", "its command only looks like `qms`";
    Several = "several_commands", "it has more than one command, or one of `;`, `&`, `|` and a new line";
    Script = "script", "the call is in a script for a shell or an interpreter";
    Wrapper = "wrapper", "another program would run `qms`";
    Substitution = "substitution", "it has a substitution: `$(…)`, a backquote, `<(…)` or `>(…)`";
    Grouping = "grouping", "it has brackets, braces or a reserved word of the shell";
    Environment = "environment", "it sets a variable in front of `qms`";
    Redirection = "redirection", "it has a redirection: `<`, `>` or `<<`";
    Expansion = "expansion", "it has a `$` that the shell expands, or a command that only the shell could know";
    Pattern = "pattern", "it has an unquoted `*`, `?`, `[`, `{` or `~`";
    History = "history", "it has a `!` that an interactive shell expands";
    Quoted = "quoted_name", "the name of the program is quoted or escaped";
    Comment = "comment", "it has a comment";
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Tells what a shell line is, to a hook.
pub fn examine(line: &str) -> Line {
    let refused = |why| Line::Refused { why, example: None };
    let (script, unread) = scan(line);
    let mut search = Search::new(line);
    let found = search.script(&script);
    if let Some(why) = unread.or((line.len() > LINE_MAX).then_some(Refused::TooLong)) {
        // What lies too deep is not looked at, and could be anything.
        let could_be_one = found.is_some() || search.is_mentioned || unread == Some(Refused::TooLong);
        return if could_be_one { refused(why) } else { Line::Foreign };
    }
    let Some(found) = found else { return Line::Foreign };
    let mut features = search.features;
    features.extend(&script.features);
    if script.commands.len() > 1 {
        features.insert(Refused::Several);
    }
    if hides(line) {
        features.insert(Refused::Invisible);
    }
    match (features.first(), found.argv) {
        (None, Some(argv)) => Line::Qms(argv),
        (None, None) => refused(Refused::Expansion),
        (Some(why), argv) => Line::Refused { why: *why, example: argv.and_then(|argv| example(&argv)) },
    }
}

/// Writes the call of a line that is refused as it would pass, where the texts that the shell would have put in
/// it stand in files: behind an option that takes one.
pub fn suggestion(line: &str) -> Option<String> {
    let (script, None) = scan(line) else { return None };
    let words = Search::new(line).script(&script)?.words?;
    let words = in_files(&words)?;
    (!words.iter().any(|word| hides(word))).then(|| render(&words))
}

/// Writes a call that reads standard input with files in its place.
pub fn with_files(argv: &[String]) -> Option<String> {
    let words: Vec<Option<String>> = argv.iter().cloned().map(Some).collect();
    in_files(&words).map(|words| render(&words))
}

/// Puts a file behind the option of each word that only the shell knows, and of each that is standard input.
fn in_files(words: &[Option<String>]) -> Option<Vec<String>> {
    let mut written: Vec<String> = Vec::new();
    for word in words {
        match word.as_deref() {
            Some(known) if !is_input(known) => {
                // What a shell would have put behind it is cut off.
                let open = known.strip_suffix('=').filter(|_| known.starts_with("--"));
                match open {
                    Some(option) => written.extend([file_option(option), FILE.to_owned()]),
                    None => written.push(known.to_owned()),
                }
            }
            _ => {
                let option = written.pop().filter(|option| option.starts_with("--"))?;
                written.extend([file_option(&option), FILE.to_owned()]);
            }
        }
    }
    Some(written)
}

/// Tells whether a path is a name of standard input.
pub fn is_input(path: &str) -> bool {
    INPUTS.contains(&path)
}

/// What stands for the name of a file in an example.
const FILE: &str = "FILE";

fn file_option(option: &str) -> String {
    if option.ends_with("file") { option.to_owned() } else { format!("{option}-file") }
}

/// Tells whether a text that is no shell line speaks of `qms`.
pub(super) fn speaks_of_it(text: &str) -> bool {
    mentions(text)
}

/// Tells whether something in a text does not show.
fn hides(text: &str) -> bool {
    deceptions(text).any(|(_, c)| c != '\n' && c != '\t')
}

/// Writes the call as it would pass. What was to come through a pipe would be missing in it.
fn example(argv: &[String]) -> Option<String> {
    let is_whole = argv.iter().all(|word| word != "-" && !hides(word));
    is_whole.then(|| render(argv))
}
