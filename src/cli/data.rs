//! The forms of an answer for programs. They may be read at a terminal, too: nothing in them writes to it.

use std::io;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_yaml::DoubleQuoted;

use super::ui::Format;
use crate::commands::json::spelled_out;
use crate::domain::redact::without_tokens;
use crate::domain::visible::is_deceptive;

/// Writes an answer.
pub fn text(document: &Value, format: Format) -> io::Result<String> {
    Ok(match format {
        Format::Yaml => yaml(document)?,
        _ => spelled_out(serde_json::to_string_pretty(document)?),
    })
}

fn yaml(document: &Value) -> io::Result<String> {
    let text = serde_yaml::to_string(&Quoted(document)).map_err(io::Error::other)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_written(c) {
            out.push_str(&format!("\\U{:08X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

/// Tells whether a character would change how other text is shown; lines and tabs do not.
fn is_written(c: char) -> bool {
    is_deceptive(c) && c != '\n' && c != '\t'
}

/// A document whose strings are quoted where a character in them has to be spelled out: YAML has no other
/// place to do so.
struct Quoted<'a>(&'a Value);

impl Serialize for Quoted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            // The mark of what is taken out on the way would be another value without quotes.
            Value::String(text)
                if text.contains(is_written) || without_tokens(text.as_bytes()) != text.as_bytes() =>
            {
                DoubleQuoted(text).serialize(serializer)
            }
            Value::Array(values) => serializer.collect_seq(values.iter().map(Quoted)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, Quoted(value))))
            }
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-130, REQ-139
    #[test]
    fn whatever_a_text_has_in_it_its_yaml_writes_to_no_terminal_and_means_the_same() {
        let each =
            ('\u{0}'..='\u{e01ff}').filter(|c| is_deceptive(*c)).map(|c| format!("a {c}: b\nc\t#'\"\\"));
        let document: Value = each.collect();
        let text = text(&document, Format::Yaml).unwrap();
        assert!(!text.contains(is_written), "{text:?}");
        assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap(), document);
    }
}
