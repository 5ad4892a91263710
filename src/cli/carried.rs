//! What a command line names, and an answer whose commands carry it on.

use serde_json::{Value, json};

use super::grammar::Global;
use crate::commands::carried::Carried;
use crate::domain::identity::Token;

impl Carried {
    /// Looks what a command line names.
    pub fn of(global: &Global) -> Self {
        let flags = [
            ("--token-file", &global.token_file),
            ("--passphrase-file", &global.passphrase_file),
            ("--root", &global.root),
        ];
        Self::new(flags.into_iter().filter_map(|(flag, value)| {
            let value = value.as_ref()?.as_os_str();
            // Standard input is read once; a token that stands there by mistake is not repeated.
            (value != "-" && Token::within(&value.to_string_lossy()).is_none())
                .then(|| (flag, value.to_owned()))
        }))
    }

    /// Completes the commands that an answer offers. What is only reported stays as it is.
    pub fn answer(&self, answer: &mut Value) {
        if self.words().next().is_none() {
            return;
        }
        for line in list(answer.pointer_mut("/data/next")) {
            self.line(line);
        }
        for reason in list(answer.pointer_mut("/error/reasons")) {
            self.field(reason, "remedy");
        }
        for hint in list(answer.pointer_mut("/error/hints")) {
            self.text(hint);
        }
    }

    fn line(&self, line: &mut Value) {
        self.field(line, "command");
        for missing in list(line.get_mut("missing")) {
            self.field(missing, "remedy");
        }
        // At the end, so that what is still to be given keeps its place.
        if let Some(words) = line.get_mut("argv").and_then(Value::as_array_mut) {
            words.extend(self.texts().map(|word| json!(word)));
        }
    }

    fn field(&self, object: &mut Value, name: &str) {
        if let Some(text) = object.get_mut(name) {
            self.text(text);
        }
    }

    fn text(&self, value: &mut Value) {
        if let Some(text) = value.as_str() {
            *value = json!(self.hint(text));
        }
    }
}

fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;

    // REQ-296
    #[test]
    fn a_name_that_is_no_text_is_spelled_out_in_offered_commands_and_left_out_of_lists_of_words() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            global: Global,
        }
        let parsed = |root: &OsStr| {
            let words =
                [OsStr::new("qms"), OsStr::new("--token-file"), OsStr::new("t"), OsStr::new("--root"), root];
            let matches = Line::command().try_get_matches_from(words).unwrap();
            let carried = Carried::of(&Line::from_arg_matches(&matches).unwrap().global);
            let words = carried.texts().collect::<Vec<_>>().join(" ");
            (carried.command("qms status CR-001"), words)
        };
        let (command, words) = parsed(OsStr::new("a b"));
        assert_eq!(command, "qms status CR-001 --token-file t --root 'a b'");
        assert_eq!(words, "--token-file t --root a b");
        let (command, words) = parsed(OsStr::from_bytes(b"p\xff"));
        assert_eq!(command, "qms status CR-001 --token-file t --root $'p\\377'");
        assert_eq!(words, "--token-file t");
    }
}
