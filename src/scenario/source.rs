//! The grammar of scenario files, as they stand in YAML.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use crate::domain::id::{AttestationName, DocumentId, GroupName, TypeName, UserName, WorkflowName};
use crate::domain::yaml::{Place, YamlError};

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    pub(super) schema: Spanned<String>,
    pub(super) workflow: Spanned<WorkflowName>,
    #[serde(default)]
    pub(super) users: IndexMap<UserName, Spanned<GroupName>>,
    #[serde(default)]
    pub(super) paths: IndexMap<String, Vec<StepSource>>,
    pub(super) scenarios: Vec<Spanned<ScenarioSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioSource {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) document_type: TypeName,
    #[serde(default)]
    pub(super) users: IndexMap<UserName, Spanned<GroupName>>,
    pub(super) templates: Option<Vec<DocumentId>>,
    #[serde(default)]
    pub(super) procedures: bool,
    #[serde(default)]
    pub(super) evidence: Vec<AttestationName>,
    #[serde(default)]
    pub(super) bodies: BTreeMap<DocumentId, String>,
    pub(super) steps: Vec<StepSource>,
}

/// A step: a mapping whose first word says who, or what kind of step it is.
pub(super) type StepSource = Spanned<IndexMap<String, Spanned<StepValue>>>;

/// What stands behind a word of a step.
#[derive(Debug, Clone)]
pub(super) enum StepValue {
    One(String),
    Many(Vec<String>),
    Map(IndexMap<String, Self>),
}

impl<'de> Deserialize<'de> for StepValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StepVisitor;

        impl<'de> Visitor<'de> for StepVisitor {
            type Value = StepValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text (a number needs quotes), a list of texts, or a mapping")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<StepValue, E> {
                Ok(StepValue::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<StepValue, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(StepValue::Many(texts))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StepValue, A::Error> {
                let mut values = IndexMap::new();
                while let Some((key, value)) = map.next_entry()? {
                    values.insert(key, value);
                }
                Ok(StepValue::Map(values))
            }
        }

        deserializer.deserialize_any(StepVisitor)
    }
}

/// The place of something in a scenario file.
pub(super) fn place<T>(file: &str, spanned: &Spanned<T>) -> Place {
    Place { file: file.to_owned(), line: spanned.referenced.line(), column: spanned.referenced.column() }
}

/// A fault of the scenario file itself, at a place in it.
pub(super) fn fault(place: &Place, message: impl Into<String>) -> YamlError {
    YamlError { place: place.clone(), message: message.into() }
}
