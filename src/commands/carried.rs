//! What a caller named by flags, for commands that are offered: the root of the project, since from another folder they
//! would find none, and the file of the credential, without which they would be refused.

use std::ffi::{OsStr, OsString};

use crate::domain::hook::words::offered;

/// The flag that is good for a command of whomever.
const ROOT: &str = "--root";

/// The flag that says whose command it is.
const USER: &str = "--user";

/// What was named by a flag: the flag and its value, which can have any bytes.
#[derive(Debug, Clone, Default)]
pub struct Carried(Vec<(&'static str, OsString)>);

impl Carried {
    /// Carries on these flags with their values.
    pub fn new(named: impl IntoIterator<Item = (&'static str, OsString)>) -> Self {
        Self(named.into_iter().collect())
    }

    /// Returns the words that name them again.
    pub fn words(&self) -> impl Iterator<Item = &OsStr> {
        self.0.iter().flat_map(|(flag, value)| [OsStr::new(flag), value])
    }

    /// Returns the words as texts, without what is none.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(flag, value)| Some([*flag, value.to_str()?])).flatten()
    }

    /// Completes a command of the caller.
    pub fn command(&self, command: &str) -> String {
        self.complete(command, |_| true)
    }

    /// Completes a command of somebody else, who has a credential of their own.
    pub fn place(&self, command: &str) -> String {
        self.complete(command, |flag| flag == ROOT)
    }

    /// Completes a hint: one that is a command, or the commands that stand in it between backquotes. Those in a
    /// sentence can be for somebody else; the caller's name the user.
    pub fn hint(&self, hint: &str) -> String {
        if is_command(hint) {
            return self.command(hint);
        }
        let parts = hint.split('`').enumerate();
        let completed = parts.map(|(index, part)| match part {
            command if index % 2 == 1 && is_command(command) && names(command, USER) => self.command(command),
            command if index % 2 == 1 && is_command(command) => self.place(command),
            words => words.to_owned(),
        });
        completed.collect::<Vec<_>>().join("`")
    }

    fn complete(&self, command: &str, is_wanted: fn(&str) -> bool) -> String {
        // What the command names itself stays.
        let wanted = self.0.iter().filter(|(flag, _)| is_wanted(flag) && !names(command, flag));
        let words = wanted.map(|(flag, value)| format!(" {flag} {}", offered(value)));
        command.to_owned() + &words.collect::<String>()
    }
}

fn is_command(text: &str) -> bool {
    text.starts_with("qms ")
}

/// Tells whether a command names a flag. Texts in it are quoted.
fn names(command: &str, flag: &str) -> bool {
    let outside = command.split('\'').step_by(2);
    outside.flat_map(str::split_whitespace).any(|word| word.split('=').next() == Some(flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-263
    #[test]
    fn a_command_carries_on_what_is_of_use_to_whom_it_is_for() {
        let carried = Carried::new(
            [("--token-file", "t"), ("--root", "a b")].map(|(flag, value)| (flag, value.into())),
        );
        assert_eq!(carried.command("qms list"), "qms list --token-file t --root 'a b'");
        assert_eq!(carried.command("qms list --root c"), "qms list --root c --token-file t");
        assert_eq!(carried.place("qms list"), "qms list --root 'a b'");
        let hints = [
            ("qms list", "qms list --token-file t --root 'a b'"),
            (
                "move it, and `qms --user qa list` shows it",
                "move it, and `qms --user qa list --token-file t --root 'a b'` shows it",
            ),
            (
                "whoever leads runs `qms hooks install x`",
                "whoever leads runs `qms hooks install x --root 'a b'`",
            ),
            ("restore .qms from a `backup`", "restore .qms from a `backup`"),
        ];
        for (hint, expected) in hints {
            assert_eq!(carried.hint(hint), expected);
        }
    }
}
