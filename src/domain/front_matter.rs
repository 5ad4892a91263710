//! The block of YAML between `---` lines with which every document begins.

use std::collections::BTreeMap;

use super::id::{DocumentId, ItemId, TypeName};
use super::prerequisite::Prerequisite;
use super::visible::{is_blank, unseen};
use super::{encoding, yaml};

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
        (!is_blank(value) && !is_placeholder(value)).then_some(value)
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

/// Fields that would claim what only the record knows, in the words of the published page, too.
const NOT_THE_AUTHORS: [&str; 7] =
    ["version", "state", "status", "effective_version", "content_digest", "approved_by", "signed_by"];

/// Fields that the program reads: one that is nearly named so would be silently without effect.
const KNOWN: [&str; 6] = ["id", "type", "template", "item", "title", "requires"];

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

/// Reads the front matter of a document; the message says what is wrong, with the line.
pub fn parse(file: &str, bytes: &[u8]) -> Result<FrontMatter, String> {
    let text = encoding::text(bytes).map_err(|why| format!("{file} {why}"))?;
    let (block, _) =
        split(text).ok_or_else(|| format!("{file}: does not begin with front matter between `---` lines"))?;
    // One line, the opening `---`, stands before the block.
    let mut fields: BTreeMap<String, String> =
        yaml::parse(file, block, 1).map_err(|error| error.to_string())?;
    let mut take =
        |name: &str| fields.remove(name).ok_or_else(|| format!("{file}: the front matter has no `{name}`"));
    let id = DocumentId::parse(&take("id")?).map_err(|error| format!("{file}: {error}"))?;
    let document_type = TypeName::parse(&take("type")?).map_err(|error| format!("{file}: {error}"))?;
    for (key, value) in &fields {
        if let Some(fault) = key_fault(key).or_else(|| value_fault(value).map(str::to_owned)) {
            let line = line_of(block, key).map(|line| format!(":{line}")).unwrap_or_default();
            return Err(format!("{file}{line}: `{}` {fault}", key.escape_debug()));
        }
    }
    if let Some(title) = fields.get("title") {
        check_line(title).map_err(|message| format!("{file}: the title {message}"))?;
    }
    let read = FrontMatter { id, document_type, fields };
    if let Some(text) = read.field("requires") {
        Prerequisite::parse_all(text).map_err(|message| format!("{file}: {message}"))?;
    }
    Ok(read)
}

/// Says what is wrong with the name of a field. How it is spelt does not matter to whoever reads the page.
fn key_fault(key: &str) -> Option<String> {
    if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return Some("is no name of a field: expected A-Z, a-z, 0-9, `_` and `-`".to_owned());
    }
    let spelt = spelt(key);
    if NOT_THE_AUTHORS.iter().any(|name| self::spelt(name) == spelt) {
        return Some("does not belong into the front matter, the record keeps it".to_owned());
    }
    // In a short word another letter makes another word.
    let allowed = |name: &str| match name.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    // As many letters as one is longer are changed at least.
    let is_near = |name: &&&str| {
        name.len().abs_diff(spelt.len()) <= allowed(name)
            && strsim::osa_distance(name, &spelt) <= allowed(name)
    };
    let meant = KNOWN.iter().find(is_near).filter(|name| **name != key)?;
    Some(format!("is no field of the front matter, did you mean `{meant}`?"))
}

/// A key without what tells two spellings of it apart.
fn spelt(key: &str) -> String {
    key.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::visible::deceptions;

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

    // REQ-164
    #[test]
    fn a_field_that_would_silently_count_for_nothing_is_refused_with_its_line() {
        let read =
            |field: &str| parse("x.md", format!("---\nid: CR-001\n{field}\ntype: CR\n---\n").as_bytes());
        for (field, words) in [
            ("requires: \"INV-009 is CLOSED, {{none}}\"", "x.md:3: `requires` has a placeholder"),
            ("requires: \"{{a}} {{b}}\"", "x.md:3: `requires` has a placeholder"),
            ("summary: \"{{what\"", "x.md:3: `summary` has a placeholder"),
            ("title: A {{b}}", "x.md:3: `title` has a placeholder"),
            (
                "requries: INV-009 is CLOSED",
                "x.md:3: `requries` is no field of the front matter, did you mean `requires`?",
            ),
            (
                "Requires: INV-009 is CLOSED",
                "`Requires` is no field of the front matter, did you mean `requires`?",
            ),
            ("'re-quires' : INV-009 is CLOSED", "x.md:3: `re-quires` is no field"),
            ("rеquires: INV-009 is CLOSED", "is no name of a field"),
            ("signed_by\u{3164}: qa", "is no name of a field"),
            ("Title: A", "did you mean `title`?"),
            ("ID: CR-002", "did you mean `id`?"),
            ("\"items\": EI-1", "x.md:3: `items` is no field of the front matter, did you mean `item`?"),
            ("Signed-By: qa", "x.md:3: `Signed-By` does not belong"),
        ] {
            let refusal = read(field).err().unwrap_or_default();
            assert!(refusal.contains(words), "{field}: {refusal}");
        }
        for field in [
            "date: today",
            "time: now",
            "ids: x",
            "revision_summary: \"{{all of it}}\"",
            "author: me",
            "tags: a",
            "requires: \"{{none}}\"",
        ] {
            assert_eq!(read(field).map(|read| read.requires()), Ok(Vec::new()), "{field}");
        }
        let blank = read("title: \"\u{3000}\"").map(|read| read.field("title").map(str::to_owned));
        assert_eq!(blank, Ok(None));
    }

    // REQ-043
    #[test]
    fn no_author_writes_what_the_published_page_adds() {
        use crate::disk::{Approval, Mirror, Page, Signed};
        use crate::domain::audit::Meaning;
        use crate::domain::digest::{Digest, Timestamp};
        use crate::domain::id::{CredentialId, StateName, UserName, Version};

        let body = "---\nid: CR-001\ntype: CR\n---\n";
        let (at, assurance) = (Timestamp::from_millis(0), "key".to_owned());
        let Ok(user) = UserName::parse("qa") else { panic!("a name") };
        let Ok(read) = parse("x.md", body.as_bytes()) else { panic!("a document") };
        let Ok(state) = StateName::parse("CLOSED") else { panic!("a state") };
        let page = Page {
            id: read.id,
            document_type: read.document_type,
            is_draft: false,
            version: Version::new(1, 0),
            state,
            content: Digest::of(b""),
            approvals: vec![Approval { user: user.clone(), at, assurance, clock_was_wrong: true }],
            signatures: vec![Signed {
                user,
                printed_name: "Q".to_owned(),
                at,
                meaning: Some(Meaning::Approved),
                action: "approve".to_owned(),
                key: CredentialId::of_bytes(&[0; 8]),
                clock_was_wrong: true,
            }],
        };
        let page = Mirror::render(&page, body.as_bytes());
        let page = std::str::from_utf8(&page).unwrap_or_default();
        let lines = split(page).map(|(block, _)| block.lines()).into_iter().flatten();
        let keys: Vec<&str> = lines.filter_map(|line| line.split_once(':').map(|(key, _)| key)).collect();
        let added = keys.iter().filter(|key| !key.starts_with(' ') && !["id", "type"].contains(key));
        let added: Vec<&str> = added.copied().collect();
        assert!(added.contains(&"signed_by") && added.contains(&"approved_by"), "{added:?}");
        for key in added {
            let forged = body.replace("type: CR\n", &format!("type: CR\n{key}: \"x\"\n"));
            let refusal = parse("x.md", forged.as_bytes()).err().unwrap_or_default();
            assert!(refusal.contains(&format!("x.md:4: `{key}` does not belong")), "{key}: {refusal}");
        }
    }

    // REQ-186
    #[test]
    fn a_title_may_hold_joiners_between_letters_and_nothing_else_that_does_not_show() {
        for title in [
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "a\u{200d}b \u{628}\u{200c}\u{627}",
            "⚠\u{fe0f} limits",
            "1\u{fe0f}\u{20e3} first",
            "\u{182d}\u{180b}",
        ] {
            assert_eq!(check_line(title), Ok(()), "{title:?}");
            assert_eq!(deceptions(title).count(), 0, "{title:?}");
        }
        for title in [
            "\u{200d}a",
            "a\u{200c}",
            "a\u{200c} b",
            "a\u{200c}\u{200c}b",
            "1\u{200d}2",
            "a\u{200b}b",
            "a\u{200e}b",
            "a\u{feff}b",
            "a\u{2066}b",
            "a\u{fe0f}b",
            "⚠\u{fe0f}\u{fe0f}",
            "⚠\u{fe00}",
            "\u{fe0f}",
            "a\u{180b}",
            "a\u{34f}b",
            "a\u{3164}b",
            "a\u{2800}b",
            "a\u{fff0}b",
            "a\u{1bca0}b",
            "a\u{1d173}b",
            "a\u{e0100}b",
            "a\u{e0041}b",
        ] {
            assert!(check_line(title).is_err_and(|why| why.contains("does not show")), "{title:?}");
        }
    }

    // REQ-185
    #[test]
    fn nul_is_in_no_document_as_it_is_or_written_out() {
        let refusal = |text: &str| parse("x.md", text.as_bytes()).err().unwrap_or_default();
        assert!(refusal("---\nid: CR-001\ntype: CR\n---\n\nBody\0\n").contains("NUL character (at byte 33)"));
        assert!(
            refusal("---\nid: CR-001\ntype: CR\nnote: \"a\\0b\"\n---\n").contains("x.md:4: `note` has a NUL")
        );
        assert!(refusal("---\nid: CR-001\ntype: CR\ntitle: \"a\\0b\"\n---\n").contains("NUL"));
    }

    #[test]
    fn composed_documents_can_be_read_whatever_their_title() {
        let (id, kind) = (DocumentId::parse("SOP-001"), TypeName::parse("SOP"));
        let (Ok(id), Ok(kind)) = (id, kind) else { panic!("names") };
        for title in ["Plain", "colon: and \"quotes\"", "{{x}}", "{x} # hash", "yes", "1.10", "- dash"] {
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
