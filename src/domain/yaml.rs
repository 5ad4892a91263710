//! The one door through which YAML comes in: strict, bounded, and exact about places.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer};
use serde_yaml::budget::BudgetBreach;
use serde_yaml::{
    Budget, DuplicateKeyPolicy, MergeKeyPolicy, MessageFormatter, Options, UserMessageFormatter,
};
use thiserror::Error;

use super::encoding;
use super::nearest::nearest;
use super::text::cut;

/// Largest YAML text that is read, in bytes, and most of what it may consist of: keys, values, lists, mappings.
/// The largest file of the embedded policy has 10 KiB and 1,150 of these.
const TEXT_MAX: usize = 256 * 1024;
const NODES_MAX: usize = 20_000;

/// Most anchors, and most aliases, where they are read.
const NAMED_MAX: usize = 1_000;

/// Where something stands in a text file; lines and columns count from 1, and 0 means unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, by the name that the user knows.
    pub file: String,
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// A YAML text that cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {message}")]
pub struct YamlError {
    /// Where.
    pub place: Place,
    /// What is wrong, on one line.
    pub message: String,
}

/// Reads `text` as one YAML document.
///
/// Refused are duplicate and merge keys, anchors and aliases, unknown tags, `yes` and `on` for
/// booleans, unquoted numbers where a text is expected (so that `version: 1.10` cannot become
/// `1.1`), and anything past a fixed budget. `line_offset` is the number of lines before `text` in
/// its file.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str, line_offset: u64) -> Result<T, YamlError> {
    read(file, text, line_offset, options())
}

/// Reads `text` as one mapping whose values can be anything that YAML 1.2 knows, anchors, tags and merge keys
/// included. The first field is refused that stands twice, and a fixed budget holds here, too.
pub fn mapping(file: &str, text: &str, line_offset: u64) -> Result<IndexMap<String, Field>, YamlError> {
    let mut options = options();
    if let Some(budget) = &mut options.budget {
        budget.max_anchors = NAMED_MAX;
        budget.max_aliases = NAMED_MAX;
        // Half of what a policy has: a value of whatever kind takes more of the stack to read.
        budget.max_depth = 16;
    }
    options.alias_limits.max_total_replayed_events = NODES_MAX;
    options.merge_keys = MergeKeyPolicy::AsOrdinary;
    options.no_schema = false;
    options.reject_unsupported_tags = false;
    let fields: IndexMap<Field, Field> = read(file, text, line_offset, options)?;
    let named = |(name, field)| if let Field::Text(name) = name { Some((name, field)) } else { None };
    Ok(fields.into_iter().filter_map(named).collect())
}

fn read<T: DeserializeOwned>(
    file: &str,
    text: &str,
    line_offset: u64,
    options: Options,
) -> Result<T, YamlError> {
    let at = |line, column| Place { file: file.to_owned(), line, column };
    if text.len() > TEXT_MAX {
        return Err(YamlError { place: at(0, 0), message: format!("larger than {} KiB", TEXT_MAX / 1024) });
    }
    if let Some((before, _)) = text.split_once('\0') {
        let line = before.matches('\n').count() as u64 + 1 + line_offset;
        return Err(YamlError {
            place: at(line, 0),
            message: "a NUL character, which no text has".to_owned(),
        });
    }
    serde_yaml::from_str_with_options(text, options).map_err(|error: serde_yaml::Error| {
        let place = error.location().map_or_else(|| at(0, 0), |l| at(l.line() + line_offset, l.column()));
        let rendered = error.without_snippet().render_with_formatter(&Telling);
        YamlError { place, message: one_line(&rendered) }
    })
}

/// The value of a field, as far as a reader of texts has use for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// A text.
    Text(String),
    /// Something else, and what.
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Field;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Other("true or false"))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Field, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Field, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Field, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Field, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Field, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<Field, E> {
        Ok(Field::Other("a block of bytes"))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Field, E> {
        Ok(Field::Other("nothing"))
    }

    fn visit_none<E: de::Error>(self) -> Result<Field, E> {
        Ok(Field::Other("nothing"))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Field, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Field, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Field, A::Error> {
        while list.next_element::<Field>()?.is_some() {}
        Ok(Field::Other("a list"))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
        while map.next_entry::<Field, Field>()?.is_some() {}
        Ok(Field::Other("a mapping"))
    }
}

/// Reads the bytes of a file as one YAML document; see [`parse`].
pub fn parse_file<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, YamlError> {
    parse(file, text_of(file, bytes)?, 0)
}

/// Reads the bytes of a YAML file as text.
pub fn text_of<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, YamlError> {
    encoding::text(bytes).map_err(|why| {
        let place = Place { file: file.to_owned(), ..Place::default() };
        YamlError { place, message: format!("it {why}") }
    })
}

fn options() -> Options {
    let mut budget = Budget::default();
    budget.max_anchors = 0;
    budget.max_aliases = 0;
    budget.max_depth = 32;
    budget.max_nodes = NODES_MAX;
    let mut options = Options::default();
    options.budget = Some(budget);
    options.duplicate_keys = DuplicateKeyPolicy::Error;
    options.merge_keys = MergeKeyPolicy::Error;
    options.strict_booleans = true;
    options.no_schema = true;
    options.reject_unsupported_tags = true;
    options.with_snippet = false;
    options
}

/// Says what a person can do where the library speaks of its own insides.
struct Telling;

impl MessageFormatter for Telling {
    fn format_message<'a>(&self, error: &'a serde_yaml::Error) -> Cow<'a, str> {
        match error {
            serde_yaml::Error::SerdeUnknownField { field, expected, .. } => {
                Cow::Owned(unknown("field", field, expected))
            }
            serde_yaml::Error::SerdeUnknownVariant { variant, expected, .. } => {
                Cow::Owned(unknown("word", variant, expected))
            }
            serde_yaml::Error::QuotingRequired { value, .. } => Cow::Owned(format!(
                "a text is expected: put `{}` in quotes, so that it is not taken for something else",
                cut(value)
            )),
            serde_yaml::Error::Budget {
                breach: BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. },
                ..
            } => Cow::Borrowed("anchors and aliases are not read: write it out"),
            serde_yaml::Error::DuplicateMappingKey { key, .. } => Cow::Owned(format!(
                "{} stands twice",
                key.as_ref().map_or("a field".to_owned(), |key| format!("`{}`", cut(key)))
            )),
            serde_yaml::Error::Budget { .. } => Cow::Borrowed("too large or too deeply nested"),
            other => UserMessageFormatter.format_message(other),
        }
    }
}

fn unknown(kind: &str, word: &str, known: &[&str]) -> String {
    let near = nearest(word, known.iter().copied());
    let word = cut(word);
    match near {
        Some(near) => format!("unknown {kind} `{word}`, did you mean `{near}`?"),
        None => format!("unknown {kind} `{word}`, expected one of {}", known.join(", ")),
    }
}

/// The library ends its messages with the place, which we say ourselves.
fn one_line(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    first.split(" at line ").next().unwrap_or(first).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn refused(text: &str) -> YamlError {
        match parse::<BTreeMap<String, String>>("x.yaml", text, 0) {
            Err(error) => error,
            Ok(value) => panic!("{text:?} was read as {value:?}"),
        }
    }

    // REQ-004
    #[test]
    fn hostile_yaml_is_refused_with_its_place() {
        assert_eq!(refused("a: x\na: y\n").place.line, 2);
        assert_eq!(refused("version: 1.10\n").place, Place { file: "x.yaml".into(), line: 1, column: 10 });
        refused("a: &x one\nb: *x\n");
        refused("<<: {a: b}\n");
        refused("a: !odd x\n");
        assert_eq!(refused("a: x\nb: \"y\0\"\n").place.line, 2);
        refused(&"a: x\n".repeat(TEXT_MAX));
        refused(&format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000)));
    }

    #[test]
    fn messages_are_one_line_without_the_place() {
        let error = refused("a: x\na: y\n");
        assert!(!error.message.contains('\n') && !error.message.contains("line"), "{}", error.message);
    }

    #[test]
    fn messages_say_what_to_do() {
        let expected = [
            (
                "a: 1.10\n",
                "a text is expected: put `1.10` in quotes, so that it is not taken for something else",
            ),
            ("a: &x one\n", "anchors and aliases are not read: write it out"),
        ];
        for (text, message) in expected {
            assert_eq!(refused(text).message, message);
        }
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_are_accepted() {
        let read = parse::<BTreeMap<String, String>>("x.yaml", "\u{feff}a: x\r\nb: y\r\n", 0);
        assert_eq!(read.map(|map| map.len()), Ok(2));
    }
}
