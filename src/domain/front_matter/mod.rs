//! The block of YAML between `---` lines with which every document begins.

mod names;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use self::names::{KNOWN, KeyDoubt, key_doubt};
use crate::domain::id::{DocumentId, ItemId, TypeName};
use crate::domain::prerequisite::Prerequisite;
use crate::domain::visible::{is_blank, unseen};
use crate::domain::yaml::Field;
use crate::domain::{encoding, yaml};

/// What the front matter of a document says. The tool writes `id`, `type`, `template` and `item` once, at
/// creation; everything else is the author's, whatever YAML it is, and stays as it is written. State and version
/// never stand here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatter {
    /// The id of the document.
    pub id: DocumentId,
    /// Its type.
    pub document_type: TypeName,
    /// All other fields that are a text.
    pub fields: BTreeMap<String, String>,
    /// Those that are none, and what they are.
    pub others: BTreeMap<String, &'static str>,
    /// Sentences about fields that nobody reads, and that may have been meant for one that somebody does.
    pub doubts: Vec<String>,
}

impl FrontMatter {
    /// Returns a field that is there, not blank, and without a placeholder of the template.
    pub fn field(&self, name: &str) -> Option<&str> {
        let value = self.fields.get(name)?.trim();
        (!is_blank(value) && !value.contains("{{")).then_some(value)
    }

    /// Tells whether a field says no more than what is to stand there.
    pub fn is_left_open(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| is_placeholder(value.trim()))
    }

    /// Returns the item of its parent that the document answers for.
    pub fn item(&self) -> Option<ItemId> {
        self.field("item").and_then(|text| ItemId::parse(text).ok())
    }
}

impl FrontMatter {
    /// Returns what the document requires of others; reading it has seen to it that it can be read.
    pub fn requires(&self) -> Vec<Prerequisite> {
        self.field("requires").and_then(|text| Prerequisite::parse_all(text).ok()).unwrap_or_default()
    }
}

/// Tells whether the program reads a field of this name, whatever the policy.
pub fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Tells whether the author of a document can write a field of this name: neither the record nor the program does.
pub fn is_authors(name: &str) -> bool {
    let is_programs = matches!(name, "id" | "type" | "template" | "item");
    !is_programs && !matches!(key_doubt(name), Some(KeyDoubt::Fault(_)))
}

/// Longest title, in characters: it stands in one line of a list.
const LINE_MAX: usize = 200;

/// Splits a document into the lines between its `---` lines and the rest.
pub fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let after = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
    let mut offset = 0;
    for line in after.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((after.get(..offset)?, after.get(offset + line.len()..)?));
        }
        offset += line.len();
    }
    None
}

/// Reads the front matter of a document; the message says what is wrong, with the line, and what to write.
pub fn parse(file: &str, bytes: &[u8]) -> Result<FrontMatter, String> {
    let text = encoding::text(bytes).map_err(|why| format!("{file} {why}"))?;
    let (block, _) =
        split(text).ok_or_else(|| format!("{file}: does not begin with front matter between `---` lines"))?;
    let all = read(file, block).map_err(|error| unreadable(file, block, &error))?;
    let (mut fields, mut others, mut doubts) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (key, field) in all {
        let line = || line_of(block, &key).map(|line| format!(":{line}")).unwrap_or_default();
        let refuse = |fault: &str| Err(format!("{file}{}: `{}` {fault}", line(), key.escape_debug()));
        match key_doubt(&key) {
            Some(KeyDoubt::Fault(fault)) => return refuse(&fault),
            Some(KeyDoubt::Unread(meant)) => doubts.push(format!("`{key}` is not read: `{meant}` is")),
            None => {}
        }
        let is_read = KNOWN.contains(&key.as_str());
        match field {
            Field::Other("nothing") if is_read => {}
            Field::Other(what) if is_read => {
                let written = line_text(block, &key).filter(|_| !matches!(what, "a list" | "a mapping"));
                let write = written.map(|text| format!(": `{key}: {}`", quoted(text))).unwrap_or_default();
                return refuse(&format!("is {what}, where a text is expected{write}"));
            }
            Field::Other(what) => drop(others.insert(key, what)),
            Field::Text(value) => match value_fault(&value).filter(|_| is_read || value.contains('\0')) {
                Some(fault) => return refuse(fault),
                None => drop(fields.insert(key, value)),
            },
        }
    }
    let mut take =
        |name: &str| fields.remove(name).ok_or_else(|| format!("{file}: the front matter has no `{name}`"));
    let id = DocumentId::parse(&take("id")?).map_err(|error| format!("{file}: {error}"))?;
    let document_type = TypeName::parse(&take("type")?).map_err(|error| format!("{file}: {error}"))?;
    if let Some(title) = fields.get("title") {
        check_line(title).map_err(|message| format!("{file}: the title {message}"))?;
    }
    let read = FrontMatter { id, document_type, fields, others, doubts };
    if let Some(text) = read.field("requires") {
        Prerequisite::parse_all(text).map_err(|message| format!("{file}: {message}"))?;
    }
    Ok(read)
}

/// Reads a block, as it stands in a page, too, with fields of the record behind its own: whatever it holds reaches
/// into none of them.
fn read(file: &str, block: &str) -> Result<IndexMap<String, Field>, yaml::YamlError> {
    const BEHIND: &str = "qms.behind";
    // One line, the opening `---`, stands before the block.
    let mut all = yaml::mapping(file, &format!("{}\n{BEHIND}: text\n", block.trim_end()), 1)?;
    match all.pop() {
        Some((key, Field::Text(text))) if key == BEHIND && text == "text" => Ok(all),
        _ => {
            let place = yaml::Place { file: file.to_owned(), ..yaml::Place::default() };
            let message = "the fields of the front matter begin at the margin, each in a line".to_owned();
            Err(yaml::YamlError { place, message })
        }
    }
}

/// Says of front matter that is no YAML where it is so, in words of who writes documents.
fn unreadable(file: &str, block: &str, error: &yaml::YamlError) -> String {
    let is_plain = ["stands twice", "too large", "NUL"].iter().any(|it| error.message.contains(it));
    let keys: Vec<(usize, &str)> =
        block.lines().enumerate().filter_map(|(at, line)| Some((at, key_of(line)?))).collect();
    // The field at fault is the first one up to which it cannot be read.
    let lines: Vec<&str> = block.split_inclusive('\n').collect();
    let is_sound = |end: usize| {
        let upto = lines.get(..end).unwrap_or_default().concat();
        read(file, &upto).is_ok()
    };
    let numbers: Vec<usize> = (0..keys.len()).collect();
    let ends = |number: usize| keys.get(number + 1).map_or(lines.len(), |(at, _)| *at);
    let first = numbers.partition_point(|number| is_sound(ends(*number)));
    let Some((at, key)) = keys.get(first).filter(|_| !is_plain) else { return error.to_string() };
    let written = line_text(block, key).unwrap_or_default();
    let advice = if written.is_empty() || written.starts_with(['[', '{', '"', '\'', '|', '>', '&', '*', '!'])
    {
        "what it begins has to end, and what belongs to it stands further in".to_owned()
    } else {
        format!("a text with `: `, ` #`, `@` or the like stands in quotes: `{key}: {}`", quoted(written))
    };
    // One line stands before the block, and lines count from 1.
    format!("{file}:{}: the front matter cannot be read at `{key}`: {advice}", at + 2)
}

/// The name of a field that begins in a line.
fn key_of(line: &str) -> Option<&str> {
    let begins = line.starts_with(|c: char| !c.is_whitespace() && !matches!(c, '#' | '-'));
    let key = line.split_once(':').map(|(key, _)| key.trim_matches(['"', '\'', ' ']));
    key.filter(|key| begins && !key.is_empty())
}

/// What stands behind the name of a field in its line.
fn line_text<'a>(block: &'a str, key: &str) -> Option<&'a str> {
    let line = block.lines().find(|line| key_of(line) == Some(key))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

/// A placeholder stands for a whole value: what stood beside it would count for nothing.
fn value_fault(value: &str) -> Option<&'static str> {
    // It can be written out, as `\0` between double quotes.
    if value.contains('\0') {
        return Some("has a NUL character, which no text has");
    }
    let is_mixed = value.contains("{{") && !is_placeholder(value.trim());
    is_mixed.then_some("has a placeholder `{{…}}` beside other text")
}

fn is_placeholder(value: &str) -> bool {
    let inside = value.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inside.is_some_and(|inside| !inside.contains("{{") && !inside.contains("}}"))
}

/// The line of a field, where it begins one.
fn line_of(block: &str, key: &str) -> Option<usize> {
    let begins = |line: &str| {
        let line = line.trim_start_matches(['"', '\'']);
        let after = line.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']).trim_start());
        after.is_some_and(|after| after.starts_with(':'))
    };
    // Lines count from 1, and one stands before the block.
    block.lines().position(begins).map(|at| at + 2)
}

/// Checks a title, or what else stands in one line: all of it shows. What is said of it lacks its name.
pub fn check_line(line: &str) -> Result<(), String> {
    if line.chars().count() > LINE_MAX {
        return Err(format!("is longer than {LINE_MAX} characters"));
    }
    value_fault(line).map(str::to_owned).or_else(|| unseen(line)).map_or(Ok(()), Err)
}

/// Composes the first content of a document from its template, or from nothing.
///
/// The front matter of the template is replaced; fields that the type requires become placeholders
/// for the author. The body gets the title, unless it becomes a template itself: then `{{title}}` stays in
/// it for those who use it.
pub fn compose(
    id: &DocumentId,
    document_type: &TypeName,
    title: Option<&str>,
    required: &[String],
    template: Option<(&DocumentId, &str)>,
    item: Option<&str>,
    is_template: bool,
) -> String {
    let title = title.unwrap_or("{{title}}");
    let mut text = format!("---\nid: {id}\ntype: {document_type}\n");
    if let Some((template_id, _)) = template {
        text.push_str(&format!("template: {template_id}\n"));
    }
    if let Some(item) = item {
        text.push_str(&format!("item: {}\n", quoted(item)));
    }
    text.push_str(&format!("title: {}\n", quoted(title)));
    for field in required.iter().filter(|field| *field != "title") {
        text.push_str(&format!("{field}: {}\n", quoted(&format!("{{{{{field}}}}}"))));
    }
    text.push_str("---\n");
    match template {
        Some((_, body)) => {
            let body = split(body).map_or(body, |(_, rest)| rest);
            text.push_str(&if is_template { body.to_owned() } else { body.replace("{{title}}", title) });
        }
        None => text.push_str(&format!("\n# {title}\n")),
    }
    text
}

/// Quotes a scalar after YAML 1.2 §7.3.2, which shares JSON's escapes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
