//! The files that tell agents what they are: which one a runtime takes, and which others it could take for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::encoding::plain;
use crate::domain::hook::Runtime;

/// The definition of an agent, by paths in the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Definition {
    /// One file.
    One(String),
    /// A file for each runtime, by its name.
    Each(BTreeMap<String, String>),
}

impl Definition {
    /// Lists the files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let (one, each) = match self {
            Self::One(path) => (Some(path), None),
            Self::Each(paths) => (None, Some(paths.values())),
        };
        one.into_iter().chain(each.into_iter().flatten()).map(String::as_str)
    }

    /// Returns the file that a runtime takes for its own agents. One that lies in the folder of another runtime is
    /// none of its files.
    pub fn of(&self, runtime: Runtime) -> Option<&str> {
        match self {
            Self::One(path) => Runtime::of_file(path).is_none_or(|it| it == runtime).then_some(path.as_str()),
            Self::Each(paths) => paths.get(runtime.name()).map(String::as_str),
        }
    }

    /// Returns the file that an agent is started with, and the runtime that could take another for it.
    pub fn launched(&self, launcher: &str) -> Option<(&str, Option<Runtime>)> {
        let named = Runtime::of(launcher);
        match self {
            Self::One(path) => Some((path.as_str(), Runtime::of_file(path).or(named))),
            Self::Each(paths) => Some((paths.get(launcher)?.as_str(), named)),
        }
    }
}

/// Says what is wrong with a file besides the definition of an agent; without a digest it is too long to be read.
pub fn rival(path: &str, agent: &str, digest: Option<&Digest>) -> String {
    match digest {
        Some(_) => format!("`{path}` defines `{agent}`, too, and is not what was adopted"),
        None => format!("`{path}` is too long to be read as a definition, and may define `{agent}`, too"),
    }
}

impl Runtime {
    /// Returns the name of its folder, in a project and in the home of a user.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Claude => ".claude",
            Self::Codex => ".codex",
            Self::Gemini => ".gemini",
        }
    }

    /// Returns how the names of files end that define its agents.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Claude | Self::Gemini => "md",
            Self::Codex => "toml",
        }
    }

    /// Finds the runtime in whose folder a file of the project lies.
    pub fn of_file(path: &str) -> Option<Self> {
        let first = path.split('/').find(|part| *part != ".")?;
        Self::ALL.into_iter().find(|runtime| runtime.folder() == first)
    }

    /// Tells whether it would take a file among its definitions for that of `agent`. Where that cannot be told, it
    /// would.
    pub fn defines(self, text: &str, agent: &str) -> bool {
        let text = plain(text);
        match self {
            Self::Claude | Self::Gemini => front_matter_names(&text, agent),
            Self::Codex => text.lines().filter_map(|line| line.split_once('=')).any(|(key, value)| {
                let key = key.trim().trim_matches(['"', '\'']);
                // A name can be spelt with escapes, in a key as in a value.
                (key == "name" || key.contains('\\')) && toml_may_say(value, agent)
            }),
        }
    }

    /// Lists the names of agents that a file among its definitions gives; `None` where that cannot be told.
    pub fn names(self, text: &str) -> Option<Vec<String>> {
        let text = plain(text);
        match self {
            Self::Claude | Self::Gemini => front_matter(&text).map_or(Some(Vec::new()), |front| {
                match serde_yaml::from_str(front).ok()? {
                    Named { name: Some(name) } => Some(vec![name.as_str()?.trim().to_owned()]),
                    Named { name: None } => (!front.contains("<<")).then(Vec::new),
                }
            }),
            Self::Codex => text.lines().filter_map(|line| line.split_once('=')).try_fold(
                Vec::new(),
                |mut names, (key, value)| {
                    let key = key.trim().trim_matches(['"', '\'']);
                    let is_clear = !key.contains('\\') && (key != "name" || !is_open(value));
                    names.extend((key == "name").then(|| inner(value).to_owned()));
                    is_clear.then_some(names)
                },
            ),
        }
    }

    /// Tells whether its settings, where they are a file beside its definitions, could name a file for some agent.
    pub fn declares_any(self, settings: &str) -> bool {
        self == Self::Codex && settings.contains("agents") && settings.contains("config_file")
    }

    /// Tells whether its settings, where they are a file beside its definitions, could name a file for `agent`.
    pub fn declares(self, settings: &str, agent: &str) -> bool {
        self.declares_any(settings) && (settings.contains('\\') || mentions(settings, agent))
    }
}

/// Tells whether a word stands in a text by itself.
fn mentions(text: &str, word: &str) -> bool {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.split(|c| !is_of_word(c)).any(|one| one == word)
}

/// What is read of a front matter.
#[derive(Deserialize)]
struct Named {
    name: Option<serde_json::Value>,
}

fn front_matter(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix("---")?.split("\n---").next()
}

/// Tells whether the front matter of a text says `name: <agent>`.
fn front_matter_names(text: &str, agent: &str) -> bool {
    let Some(front) = front_matter(text) else { return false };
    match serde_yaml::from_str::<Named>(front) {
        Ok(Named { name: Some(name) }) => name.as_str().is_none_or(|name| name.trim() == agent),
        // One mapping can be merged into another.
        Ok(Named { name: None }) => front.contains("<<") && mentions(front, agent),
        Err(_) => front.contains(agent),
    }
}

/// Tells whether a value of TOML is this text, or could be.
fn toml_may_say(value: &str, text: &str) -> bool {
    is_open(value) || inner(value) == text
}

/// Tells whether a value of TOML says more than stands between its quotes in this line.
fn is_open(value: &str) -> bool {
    let value = value.trim();
    value.contains('\\') || value.starts_with("\"\"\"") || value.starts_with("'''")
}

/// Returns what stands between the quotes of a value of TOML.
fn inner(value: &str) -> &str {
    value.trim().get(1..).and_then(|rest| rest.split(['"', '\'']).next()).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_takes_its_own_file_and_none_of_another_runtime() {
        let one = |path: &str| Definition::One(path.to_owned());
        let each = Definition::Each(
            [("claude", "a/qa.md"), ("codex", ".codex/agents/qa.toml")]
                .map(|(name, path)| (name.to_owned(), path.to_owned()))
                .into(),
        );
        assert_eq!(each.of(Runtime::Claude), Some("a/qa.md"));
        assert_eq!(each.of(Runtime::Codex), Some(".codex/agents/qa.toml"));
        assert_eq!(each.of(Runtime::Gemini), None);
        assert_eq!(each.launched("codex"), Some((".codex/agents/qa.toml", Some(Runtime::Codex))));
        assert_eq!(each.launched("own"), None);
        let claude = one("./.claude/agents/qa.md");
        assert_eq!(claude.of(Runtime::Claude), Some("./.claude/agents/qa.md"));
        assert_eq!(claude.of(Runtime::Codex), None);
        assert_eq!(claude.launched("own"), Some(("./.claude/agents/qa.md", Some(Runtime::Claude))));
        assert_eq!(one("qa.md").of(Runtime::Codex), Some("qa.md"));
        assert_eq!(one("qa.md").launched("own"), Some(("qa.md", None)));
        assert_eq!(one("qa.md").launched("codex"), Some(("qa.md", Some(Runtime::Codex))));
    }

    #[test]
    fn a_file_that_could_be_taken_for_an_agent_is_one_however_its_name_is_written() {
        for (runtime, texts) in [
            (
                Runtime::Claude,
                [
                    "---\nname: qa\n---\nx",
                    "---\ndescription: y\n\"name\": 'qa'\n---\nx",
                    "---\r\nname: >-\r\n  qa\r\n---\r\nx",
                    "\u{feff}---\n{name: \"q\\u0061\"}\n---\nx",
                    "---\nname: qa\nname: other\n---\nx",
                    "---\nname: [qa]\n---\nx",
                    "---\nname: qa\ntools: a: b\n---\nx",
                    "---\n<<: { name: qa }\n---\nx",
                ],
            ),
            (
                Runtime::Codex,
                [
                    "name = \"qa\"\n",
                    "# of mine\n  \"name\"  =  'qa' # this one\n",
                    "name = \" qa \"",
                    "name = \"q\\u0061\"",
                    "\"na\\u006de\" = \"qa\"",
                    "name = \"\"\"\nqa\"\"\"",
                    "name = '''qa'''",
                    "description = \"x\"\r\nname=\"qa\"\r\n",
                ],
            ),
        ] {
            for text in texts {
                assert!(runtime.defines(text, "qa"), "{text}");
                assert!(runtime.names(text).is_none_or(|names| names.contains(&"qa".to_owned())), "{text}");
            }
        }
        for text in
            ["", "name: qa", "---\nname: qab\n---\n", "---\nnick: qa\n---\n", "---\nx: 1\n---\nname: qa"]
        {
            assert!(!Runtime::Claude.defines(text, "qa"), "{text}");
            assert!(
                Runtime::Claude.names(text).is_some_and(|names| !names.contains(&"qa".to_owned())),
                "{text}"
            );
        }
        for text in ["", "name = \"qab\"", "nick = \"qa\"", "description = \"name qa\""] {
            assert!(!Runtime::Codex.defines(text, "qa"), "{text}");
            assert!(
                Runtime::Codex.names(text).is_some_and(|names| !names.contains(&"qa".to_owned())),
                "{text}"
            );
        }
        for text in [
            "[agents.qa]\nconfig_file = \"x\"",
            "[ agents . \"qa\" ]\n\"config_file\" = 'x'",
            "agents.qa.config_file = \"x\"",
            "[agents]\nqa = { config_file = \"x\" }",
            "agents = { \"q\\u0061\" = { config_file = \"x\" } }",
        ] {
            assert!(Runtime::Codex.declares(text, "qa"), "{text}");
            assert!(!Runtime::Claude.declares(text, "qa"), "{text}");
            assert!(Runtime::Codex.declares_any(text), "{text}");
        }
        for text in [
            "",
            "model = \"qa\"",
            "[agents.qa-lead]\nconfig_file = \"x\"",
            "[agents.qa]\ndescription = \"x\"",
        ] {
            assert!(!Runtime::Codex.declares(text, "qa"), "{text}");
        }
    }
}
