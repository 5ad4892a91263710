//! The block of YAML between `---` lines with which every document begins.

use std::collections::BTreeMap;

use super::id::{DocumentId, ItemId, TypeName};
use super::prerequisite::Prerequisite;
use super::yaml;

/// What the front matter of a document says. The tool writes `id`, `type`, `template` and `item` once, at
/// creation; everything else is the author's. State and version never stand here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatter {
    /// The id of the document.
    pub id: DocumentId,
    /// Its type.
    pub document_type: TypeName,
    /// All other fields.
    pub fields: BTreeMap<String, String>,
}

impl FrontMatter {
    /// Returns a field that is there, not blank, and not a placeholder of the template.
    pub fn field(&self, name: &str) -> Option<&str> {
        let value = self.fields.get(name)?.trim();
        (!value.is_empty() && !value.contains("{{")).then_some(value)
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

/// Fields that would claim what only the record knows, in the words of the published page, too.
const NOT_THE_AUTHORS: [&str; 6] =
    ["version", "state", "status", "effective_version", "content_digest", "approved_by"];

/// Longest title, in characters: it stands in one line of a list.
const TITLE_MAX: usize = 200;

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

/// Reads the front matter of a document; the message says what is wrong, with the line.
pub fn parse(file: &str, bytes: &[u8]) -> Result<FrontMatter, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("{file}: not UTF-8 text (first bad byte at {})", error.valid_up_to()))?;
    let (block, _) =
        split(text).ok_or_else(|| format!("{file}: does not begin with front matter between `---` lines"))?;
    // One line, the opening `---`, stands before the block.
    let mut fields: BTreeMap<String, String> =
        yaml::parse(file, block, 1).map_err(|error| error.to_string())?;
    let mut take =
        |name: &str| fields.remove(name).ok_or_else(|| format!("{file}: the front matter has no `{name}`"));
    let id = DocumentId::parse(&take("id")?).map_err(|error| format!("{file}: {error}"))?;
    let document_type = TypeName::parse(&take("type")?).map_err(|error| format!("{file}: {error}"))?;
    if let Some(name) = NOT_THE_AUTHORS.iter().find(|name| fields.contains_key(**name)) {
        return Err(format!("{file}: `{name}` does not belong into the front matter, the record keeps it"));
    }
    if let Some(title) = fields.get("title") {
        check_title(title).map_err(|message| format!("{file}: {message}"))?;
    }
    let read = FrontMatter { id, document_type, fields };
    if let Some(text) = read.field("requires") {
        Prerequisite::parse_all(text).map_err(|message| format!("{file}: {message}"))?;
    }
    Ok(read)
}

/// Checks a title: one line, no control characters, no marks that turn the direction of text.
pub fn check_title(title: &str) -> Result<(), String> {
    if title.chars().count() > TITLE_MAX {
        return Err(format!("the title is longer than {TITLE_MAX} characters"));
    }
    match title.chars().find(|c| is_deceptive(*c)) {
        Some(c) => Err(format!("the title has the character U+{:04X}, which does not show", u32::from(c))),
        None => Ok(()),
    }
}

/// Tells whether a character changes how other text is shown without being seen itself: control
/// characters, and the bidirectional and invisible format characters of Unicode.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "---\nid: SOP-001\ntype: SOP\ntitle: \"Document control\"\n---\n\n# Body\n---\n";

    #[test]
    fn front_matter_is_read_and_the_rest_left_alone() {
        let parsed = parse("SOP-001.md", GOOD.as_bytes());
        assert_eq!(parsed.as_ref().map(|it| it.field("title")), Ok(Some("Document control")));
        assert_eq!(split(GOOD).map(|(_, rest)| rest), Some("\n# Body\n---\n"));
    }

    // REQ-043
    #[test]
    fn broken_front_matter_is_refused_with_its_line() {
        let refusal = |text: &str| parse("x.md", text.as_bytes()).err().unwrap_or_default();
        assert!(refusal("# no front matter\n").contains("does not begin"));
        assert!(refusal("---\nid: SOP-001\n").contains("does not begin"));
        assert!(refusal("---\nid: SOP-001\ntype: SOP\ntitle: [a\n---\n").starts_with("x.md:"));
        assert!(refusal("---\nid: SOP-001\nid: SOP-001\ntype: SOP\n---\n").starts_with("x.md:3:"));
        assert!(refusal("---\nid: SOP-001\ntype: SOP\nversion: \"1.0\"\n---\n").contains("`version`"));
        assert!(refusal("---\nid: SOP-001\ntype: SOP\nversion: 1.10\n---\n").starts_with("x.md:4:"));
        assert!(refusal("---\nid: SOP-001\ntype: SOP\ntitle: \"a\\u202eb\"\n---\n").contains("U+202E"));
        assert!(parse("x.md", b"---\nid: \xff\n---\n").is_err_and(|message| message.contains("UTF-8")));
        assert!(
            parse("x.md", "---\nid".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice())
                .is_err()
        );
    }

    #[test]
    fn composed_documents_can_be_read_whatever_their_title() {
        let (id, kind) = (DocumentId::parse("SOP-001"), TypeName::parse("SOP"));
        let (Ok(id), Ok(kind)) = (id, kind) else { panic!("names") };
        for title in ["Plain", "colon: and \"quotes\"", "{{x}} # hash", "yes", "1.10", "- dash"] {
            let text = compose(
                &id,
                &kind,
                Some(title),
                &["title".into(), "revision_summary".into()],
                None,
                None,
                false,
            );
            let read = parse("x.md", text.as_bytes());
            assert_eq!(read.as_ref().map(|it| it.fields.get("title").map(String::as_str)), Ok(Some(title)));
            assert_eq!(read.map(|it| it.field("revision_summary").map(str::to_owned)), Ok(None));
        }
    }
}
