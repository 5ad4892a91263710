//! Agents that the program starts or hears of, and the programs that they run in.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use super::Definition;
use crate::domain::document::words;
use crate::domain::id::UserName;
use crate::domain::identity::AgentSession;
use crate::domain::yaml::Place;

/// An agent: whoever acts as it, acts as one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Whom it acts as.
    pub user: UserName,
    /// How it is started; `None` for an agent that is only heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// The file that tells it what it is, or one for each runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
    /// Who may start it. Without a launcher it is only heard of, and nobody named means anybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_by: Vec<UserName>,
    /// How long it may run, in milliseconds.
    pub ttl: u64,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

impl Agent {
    /// How long an agent may run where its policy does not say, in milliseconds.
    pub const TTL: u64 = 60 * 60 * 1000;

    /// The shortest and the longest that an agent may run, in milliseconds: a second and a day.
    pub const TTL_BOUNDS: (u64, u64) = (1000, 24 * 60 * 60 * 1000);

    /// Tells whether it may be heard of where `user` has the main thread.
    pub fn may_begin_under(&self, user: Option<&UserName>) -> bool {
        self.started_by.is_empty() || user.is_some_and(|user| self.started_by.contains(user))
    }

    /// Tells whether it is still what was registered.
    pub fn is(&self, session: &AgentSession) -> bool {
        self.user == session.user && self.may_begin_under(session.parent.as_ref())
    }
}

/// How a program is started: that of agents of one kind, or a command for evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launcher {
    /// The program and its arguments, with placeholders.
    pub command: Vec<String>,
    /// The environment variables that are passed on; no other is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// The folder that it runs in, with placeholders.
    pub directory: String,
    /// Where it stands in its file.
    #[serde(skip)]
    pub place: Place,
}

words! {
    /// What stands between braces in a command or a folder, and is filled in when an agent is started.
    Placeholder {
        /// The name of the agent.
        Agent = "agent",
        /// What the agent is told.
        Brief = "brief",
        /// The text of its definition.
        Definition = "definition",
        /// The root folder of the project.
        Root = "root",
        /// The id of the document.
        Document = "document",
        /// What the agent is to do.
        Task = "task",
        /// The id of the session.
        Session = "session",
    }
}

impl Launcher {
    /// Returns the path of the program, as the policy writes it.
    pub fn program(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }

    /// Tells whether it fills something in.
    pub fn fills_in(&self, placeholder: Placeholder) -> bool {
        let words = self.command.iter().skip(1).chain([&self.directory]);
        words.flat_map(|word| placeholders(word)).any(|word| word == placeholder.as_str())
    }

    /// Returns the variables that are passed on, with the values that they have now. One with a value that is no text
    /// is named as the error: without it the program would be another one.
    pub fn environment(&self, of: impl Fn(&str) -> Option<OsString>) -> Result<Vec<(String, String)>, &str> {
        let set = self.environment.iter().filter_map(|name| Some((name, of(name)?)));
        set.map(|(name, value)| Ok((name.clone(), value.into_string().map_err(|_| name.as_str())?))).collect()
    }

    /// Returns the arguments with every placeholder filled in. What is filled in stays as it is,
    /// whatever stands between braces in it.
    pub fn arguments(&self, of: impl Fn(Placeholder) -> String) -> Vec<String> {
        self.command.iter().skip(1).map(|word| filled(word, &of)).collect()
    }

    /// Returns the folder with every placeholder filled in.
    pub fn directory(&self, of: impl Fn(Placeholder) -> String) -> String {
        filled(&self.directory, &of)
    }
}

fn filled(text: &str, of: &impl Fn(Placeholder) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, word, after)) = next_placeholder(rest) {
        out.push_str(before);
        match Placeholder::from_word(word) {
            Some(placeholder) => out.push_str(&of(placeholder)),
            None => out.push_str(&format!("{{{word}}}")),
        }
        rest = after;
    }
    out + rest
}

/// Lists the words between braces; braces around anything but one word mean themselves.
pub(super) fn placeholders(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, word, after)) = next_placeholder(rest) {
        found.push(word);
        rest = after;
    }
    found
}

/// Finds the first word between braces, with what is before and after it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut at = 0;
    while let Some(inside) = text.get(at..).and_then(|rest| Some(rest.split_once('{')?.1)) {
        let rest = inside.trim_start_matches(is_part);
        let (from, to) = (text.len() - inside.len(), text.len() - rest.len());
        if let (Some(after), true) = (rest.strip_prefix('}'), to > from) {
            return Some((text.get(..from - 1)?, text.get(from..to)?, after));
        }
        at = to;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    // REQ-050
    #[test]
    fn a_variable_that_is_passed_on_and_is_no_text_is_named_and_not_left_out() {
        let launcher = Launcher {
            command: Vec::new(),
            environment: ["A", "B", "C"].map(str::to_owned).to_vec(),
            directory: String::new(),
            place: Place::default(),
        };
        let values = |last: &[u8]| {
            let last = OsString::from_vec(last.to_vec());
            launcher.environment(move |name| match name {
                "A" => Some("a".into()),
                "C" => Some(last.clone()),
                _ => None,
            })
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(values(b"c"), Ok(vec![pair("A", "a"), pair("C", "c")]));
        assert_eq!(values(b"\xff"), Err("C"));
    }

    #[test]
    fn placeholders_are_filled_in_once() {
        let command = ["/bin/x", "--{agent}={root}/{task}", "{brief}", "{\"a\": {}}", "{{agent}}"];
        let launcher = Launcher {
            command: command.map(str::to_owned).to_vec(),
            environment: Vec::new(),
            directory: "{root}/a".to_owned(),
            place: Place::default(),
        };
        let of = |it: Placeholder| match it {
            Placeholder::Brief => "read {root} first".to_owned(),
            other => format!("<{other}>"),
        };
        let expected = ["--<agent>=<root>/<task>", "read {root} first", "{\"a\": {}}", "{<agent>}"];
        assert_eq!(launcher.arguments(of), expected);
        assert_eq!((launcher.program(), launcher.directory(of).as_str()), ("/bin/x", "<root>/a"));
    }
}
