//! From the words of a step to what it does and expects; every word is looked up here.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_yaml::Spanned;

use super::expected::{Expected, check};
use super::holdings::Means;
use super::registry::{Asked, VERBS};
use super::source::{StepSource, StepValue, fault, place};
use crate::domain::id::{ActionName, InputName, TypeName, UserName};
use crate::domain::policy::{Action, Input, InputKind, Policy, Scope};
use crate::domain::yaml::{Place, YamlError};

/// Most steps that a scenario may have, its paths included. A path can name others, so that a few
/// lines could stand for millions of steps.
const STEPS_MAX: usize = 1_000;

/// A step that was understood.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) place: Place,
    /// The document that it is about, by id or alias; else the first that the scenario created.
    pub(super) of: Option<String>,
    pub(super) what: What,
    pub(super) expected: Expected,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Act(Act),
    /// Looks, for the menu with the eyes of a user.
    Check(Option<UserName>),
}

/// Somebody tries something.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) user: UserName,
    pub(super) action: ActionName,
    pub(super) about: About,
    /// How the user proves who it is; `None` for the best that the user holds.
    pub(super) proof: Option<Means>,
    pub(super) inputs: Vec<(InputName, InputKind, StepValue)>,
    pub(super) alias: Option<String>,
    pub(super) content: Option<Edit>,
    /// What the user writes into the working copy as its prerequisites.
    pub(super) requires: Option<String>,
    /// The exit status of the run that is recorded.
    pub(super) status: i32,
    /// What the user writes below the front matter of the working copy.
    pub(super) text: Option<String>,
    /// What is replaced in the files of the policy that is to be adopted: file, text, other text.
    pub(super) change: Vec<(String, String, String)>,
}

#[derive(Debug, Clone)]
pub(super) enum About {
    Document,
    New(TypeName),
    Project,
    Registry(Asked),
}

/// What a user does to the working copy before asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    Changed,
    Undescribed,
    Incomplete,
    Unreadable,
    Stale,
    Foreign,
    Missing,
    Unchanged,
    Reworded,
    Handwritten,
    Itemless,
}

const EDITS: [(&str, Edit); 11] = [
    ("changed", Edit::Changed),
    ("undescribed", Edit::Undescribed),
    ("incomplete", Edit::Incomplete),
    ("unreadable", Edit::Unreadable),
    ("stale", Edit::Stale),
    ("foreign", Edit::Foreign),
    ("missing", Edit::Missing),
    ("unchanged", Edit::Unchanged),
    ("reworded", Edit::Reworded),
    ("handwritten", Edit::Handwritten),
    ("itemless", Edit::Itemless),
];

/// The action that puts another policy in force.
pub(super) const ADOPTION: &str = "policy_adopt";

/// Words of a step that are neither inputs nor expectations.
const WORDS: [&str; 10] =
    ["of", "as", "type", "content", "requires", "text", "status", "with", "proof", "change"];

/// Reads steps, in a file with these paths.
pub(super) struct Reader<'a> {
    pub(super) policy: &'a Policy,
    pub(super) file: &'a str,
    pub(super) paths: BTreeMap<String, &'a [StepSource]>,
    /// The type that `create` makes where it says nothing else.
    pub(super) document_type: Option<&'a TypeName>,
}

impl Reader<'_> {
    /// Reads steps, those of their paths included.
    pub(super) fn steps(&self, sources: &[StepSource]) -> Result<Vec<Step>, YamlError> {
        let mut steps = Vec::new();
        self.add(&mut steps, sources, None, usize::MAX)?;
        Ok(steps)
    }

    /// Adds steps; paths may nest `depth` times, which is never more than there are paths.
    fn add(
        &self,
        steps: &mut Vec<Step>,
        sources: &[StepSource],
        of: Option<&str>,
        depth: usize,
    ) -> Result<(), YamlError> {
        for source in sources {
            let at = place(self.file, source);
            if steps.len() >= STEPS_MAX {
                return Err(fault(&at, format!("a scenario has at most {STEPS_MAX} steps")));
            }
            let mut words = source.value.iter();
            let Some((first, value)) = words.next() else {
                return Err(fault(&at, "a step begins with a user and an action, as in `claude: create`"));
            };
            let second = self.text(first, value)?;
            let rest: Words<'_> = words.map(|(word, value)| (word.as_str(), value)).collect();
            match first.as_str() {
                "path" => {
                    let about = self.optional_text(&rest, "of")?;
                    self.only(&rest, &["of"])?;
                    let known = || self.paths.keys().map(String::as_str);
                    let named = self.paths.get_key_value(second).filter(|_| depth > 0);
                    let Some((_, path)) = named else {
                        let message = check("path", second, known()).err();
                        let message = message.unwrap_or_else(|| format!("`{second}` contains itself"));
                        return Err(fault(&place(self.file, value), message));
                    };
                    if path.is_empty() {
                        return Err(fault(&at, format!("the path `{second}` has no steps")));
                    }
                    let left = depth.min(self.paths.len()).saturating_sub(1);
                    self.add(steps, path, about.or(of), left)?;
                }
                "check" => {
                    let viewer = self.optional_text(&rest, "for")?.map(UserName::parse).transpose();
                    let viewer = viewer.map_err(|error| fault(&at, error.to_string()))?;
                    let expected = self.expected(&rest, &["for"])?;
                    if expected.wants_menu() != viewer.is_some() {
                        return Err(fault(&at, "`check` takes `menu` and `for` together"));
                    }
                    let what = What::Check(viewer);
                    steps.push(Step { place: at, of: Some(second.to_owned()), what, expected });
                }
                user => {
                    let user = UserName::parse(user).map_err(|error| fault(&at, error.to_string()))?;
                    let (act, expected) = match self.action(&place(self.file, value), second)? {
                        Some(action) => self.act(&at, user, action, &rest)?,
                        None => self.ask(&at, user, second, &rest)?,
                    };
                    let own = self.optional_text(&rest, "of")?;
                    let of = own.or(of).map(str::to_owned);
                    steps.push(Step { place: at, of, what: What::Act(act), expected });
                }
            }
        }
        Ok(())
    }

    /// Finds an action of the policy; `None` for what is asked of the registry.
    fn action(&self, at: &Place, name: &str) -> Result<Option<&Action>, YamlError> {
        let actions = self.policy.actions.iter().map(|it| it.name.as_str());
        let verbs = VERBS.iter().map(|(verb, _)| *verb);
        check("action", name, actions.chain(verbs)).map_err(|message| fault(at, message))?;
        let is_asked = VERBS.iter().any(|(verb, _)| *verb == name);
        Ok(self.policy.actions.iter().find(|it| it.name.as_str() == name).filter(|_| !is_asked))
    }

    /// Reads what somebody asks of the registry.
    fn ask(
        &self,
        at: &Place,
        user: UserName,
        verb: &str,
        words: &Words<'_>,
    ) -> Result<(Act, Expected), YamlError> {
        let whom = VERBS.iter().find(|(name, _)| *name == verb).and_then(|(_, whom)| *whom);
        let named = match whom {
            Some(word) => self
                .optional_text(words, word)?
                .ok_or_else(|| fault(at, format!("`{verb}` needs `{word}`")))?,
            None => "",
        };
        let asked = Asked::of(verb, named).map_err(|message| fault(at, message))?;
        let action = ActionName::parse(verb).map_err(|error| fault(at, error.to_string()))?;
        let inputs = self.policy.action(&action).map(|action| action.inputs.as_slice()).unwrap_or_default();
        let names = inputs.iter().map(|input| input.name.as_str());
        let others: Vec<&str> = ["of", "proof"].into_iter().chain(whom).chain(names).collect();
        let given = |input: &Input| {
            let value = words.get(input.name.as_str())?;
            Some((input.name.clone(), input.kind.clone(), value.value.clone()))
        };
        let act = Act {
            user,
            about: About::Registry(asked),
            proof: self.proof(words)?,
            inputs: inputs.iter().filter_map(given).collect(),
            action,
            alias: None,
            content: None,
            requires: None,
            status: 0,
            text: None,
            change: Vec::new(),
        };
        Ok((act, self.expected(words, &others)?))
    }

    fn proof(&self, words: &Words<'_>) -> Result<Option<Means>, YamlError> {
        let Some(value) = words.get("proof") else { return Ok(None) };
        let word = self.text("proof", value)?;
        let known = Means::ALL.iter().map(|means| means.as_str());
        check("proof", word, known).map_err(|message| fault(&place(self.file, value), message))?;
        Ok(Means::from_word(word))
    }

    /// Reads what is replaced in files: file, text, other text.
    fn change(&self, action: &Action, words: &Words<'_>) -> Result<Vec<(String, String, String)>, YamlError> {
        let Some(value) = words.get("change") else { return Ok(Vec::new()) };
        if action.name.as_str() != ADOPTION {
            return Err(fault(&place(self.file, value), format!("`change` is for `{ADOPTION}`")));
        }
        let expected = || {
            let message = "`change` takes files, each with texts and what stands in their place";
            fault(&place(self.file, value), message)
        };
        let StepValue::Map(files) = &value.value else { return Err(expected()) };
        let mut change = Vec::new();
        for (file, texts) in files {
            let StepValue::Map(texts) = texts else { return Err(expected()) };
            for (text, other) in texts {
                let StepValue::One(other) = other else { return Err(expected()) };
                change.push((file.clone(), text.clone(), other.clone()));
            }
        }
        Ok(change)
    }

    fn act(
        &self,
        at: &Place,
        user: UserName,
        action: &Action,
        words: &Words<'_>,
    ) -> Result<(Act, Expected), YamlError> {
        let mut inputs = Vec::new();
        let mut others = WORDS.to_vec();
        for input in &action.inputs {
            let name = input.name.as_str();
            let reserved = WORDS.contains(&name) || Expected::words().any(|word| word == name);
            if reserved {
                continue;
            }
            others.push(name);
            if let Some(value) = words.get(name) {
                inputs.push((input.name.clone(), input.kind.clone(), value.value.clone()));
            }
        }
        if let Some(with) = words.get("with") {
            inputs.extend(self.with(action, with)?);
        }
        let about = self.about(at, action, words)?;
        let content = match self.optional_text(words, "content")? {
            None => None,
            Some(word) => {
                let known = EDITS.iter().map(|(name, _)| *name);
                check("content", word, known).map_err(|message| fault(at, message))?;
                EDITS.iter().find(|(name, _)| *name == word).map(|(_, edit)| *edit)
            }
        };
        let status = match words.get("status") {
            None => 0,
            Some(value) => self.text("status", value)?.parse().map_err(|_| {
                fault(&place(self.file, value), "`status` takes a number in quotes, as a program ends with")
            })?,
        };
        let act = Act {
            user,
            action: action.name.clone(),
            about,
            proof: self.proof(words)?,
            inputs,
            alias: self.optional_text(words, "as")?.map(str::to_owned),
            content,
            requires: self.optional_text(words, "requires")?.map(str::to_owned),
            status,
            text: self.optional_text(words, "text")?.map(str::to_owned),
            change: self.change(action, words)?,
        };
        Ok((act, self.expected(words, &others)?))
    }

    fn with(
        &self,
        action: &Action,
        with: &Spanned<StepValue>,
    ) -> Result<Vec<(InputName, InputKind, StepValue)>, YamlError> {
        let at = place(self.file, with);
        let StepValue::Map(values) = &with.value else {
            return Err(fault(&at, "`with` takes inputs by their names"));
        };
        let mut inputs = Vec::new();
        for (name, value) in values {
            let known = action.inputs.iter().map(|it| it.name.as_str());
            check("input", name, known).map_err(|message| fault(&at, message))?;
            let input = action.input(name);
            inputs.extend(input.map(|it| (it.name.clone(), it.kind.clone(), value.clone())));
        }
        Ok(inputs)
    }

    fn about(&self, at: &Place, action: &Action, words: &Words<'_>) -> Result<About, YamlError> {
        match action.scope {
            Scope::Project => return Ok(About::Project),
            Scope::Document => return Ok(About::Document),
            Scope::New => {}
        }
        let Some(name) = self.optional_text(words, "type")? else {
            let default = self.document_type.cloned().map(About::New);
            return default.ok_or_else(|| fault(at, "`type` is missing"));
        };
        TypeName::parse(name).map(About::New).map_err(|error| fault(at, error.to_string()))
    }

    /// Reads the words that expect something; any word besides those and `others` is a fault.
    fn expected(&self, words: &Words<'_>, others: &[&str]) -> Result<Expected, YamlError> {
        let mut expected = Expected::default();
        let expecting: Vec<&str> = Expected::words().collect();
        for (word, value) in words {
            if expecting.contains(word) {
                let taken = expected.take(self.policy, word, &value.value);
                taken.map_err(|message| fault(&place(self.file, value), message))?;
            }
        }
        self.only(words, &[others, expecting.as_slice()].concat())?;
        Ok(expected)
    }

    fn only(&self, words: &Words<'_>, known: &[&str]) -> Result<(), YamlError> {
        for (word, value) in words {
            check("word", word, known.iter().copied())
                .map_err(|message| fault(&place(self.file, value), message))?;
        }
        Ok(())
    }

    fn optional_text<'v>(&self, words: &Words<'v>, word: &str) -> Result<Option<&'v str>, YamlError> {
        words.get(word).map(|value| self.text(word, value)).transpose()
    }

    fn text<'v>(&self, word: &str, value: &'v Spanned<StepValue>) -> Result<&'v str, YamlError> {
        match &value.value {
            StepValue::One(text) => Ok(text),
            _ => Err(fault(&place(self.file, value), format!("`{word}` takes a text"))),
        }
    }
}

/// The words of a step behind its first.
type Words<'v> = IndexMap<&'v str, &'v Spanned<StepValue>>;
