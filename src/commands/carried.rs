//! What a caller named by flags, for commands that are offered: the root of the project, since from another folder they
//! would find none, and the file of the credential, without which they would be refused.

use crate::domain::hook::words::word;

/// The flag that is good for a command of whomever.
const ROOT: &str = "--root";

/// The flag that says whose command it is.
const USER: &str = "--user";

/// Words that name again what was named by a flag: the flag and its value, in turns.
#[derive(Debug, Clone, Default)]
pub struct Carried(Vec<String>);

impl Carried {
    /// Carries on these flags with their values.
    pub fn new(named: impl IntoIterator<Item = [String; 2]>) -> Self {
        Self(named.into_iter().flatten().collect())
    }

    /// Returns the words.
    pub fn words(&self) -> &[String] {
        &self.0
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
        let words = self.0.chunks_exact(2).filter_map(|pair| match pair {
            // What the command names itself stays.
            [flag, value] => {
                (is_wanted(flag) && !names(command, flag)).then(|| [flag.as_str().into(), word(value)])
            }
            _ => None,
        });
        [command.into()].into_iter().chain(words.flatten()).collect::<Vec<_>>().join(" ")
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
        let carried =
            Carried::new([["--token-file", "t"], ["--root", "a b"]].map(|pair| pair.map(String::from)));
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
