//! What is read of front matter, and what is refused.

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
    let read = |field: &str| parse("x.md", format!("---\nid: CR-001\n{field}\ntype: CR\n---\n").as_bytes());
    for (field, words) in [
        ("requires: \"INV-009 is CLOSED, {{none}}\"", "x.md:3: `requires` has a placeholder"),
        ("requires: \"{{a}} {{b}}\"", "x.md:3: `requires` has a placeholder"),
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
        ("rеquires: INV-009 is CLOSED", "is no name of a field: letters of two alphabets"),
        ("signed_by\u{3164}: qa", "is no name of a field: it has the character U+3164"),
        ("Signed-By: qa", "x.md:3: `Signed-By` does not belong"),
        ("ｓｔａｔｕｓ: CLOSED", "does not belong"),
        ("requires: [INV-009 is CLOSED]", "x.md:3: `requires` is a list, where a text is expected"),
        ("title: 2026", "x.md:3: `title` is a number, where a text is expected: `title: \"2026\"`"),
        ("item: true", "x.md:3: `item` is true or false, where a text is expected: `item: \"true\"`"),
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
        "requires:",
        "summary: \"{{what\"",
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
        let text =
            compose(&id, &kind, Some(title), &["title".into(), "revision_summary".into()], None, None, false);
        let read = parse("x.md", text.as_bytes());
        assert_eq!(read.as_ref().map(|it| it.fields.get("title").map(String::as_str)), Ok(Some(title)));
        assert_eq!(read.map(|it| it.field("revision_summary").map(str::to_owned)), Ok(None));
    }
}

// REQ-298
#[test]
fn what_the_program_does_not_read_is_the_authors_whatever_yaml_it_is() {
    for field in [
        "tags: [calibration, scales]",
        "related:\n  - WI-12\n  - WI-15",
        "owner:\n  name: Kim Example\n  role: Quality",
        "nav_order: 8",
        "weight: 1.10",
        "ai_assisted: true",
        "next_review:",
        "effective_from: 2026-02-01",
        "published: 2026-02-01T10:00:00Z",
        "Eigentümer: Kim",
        "nächste Prüfung: 2027",
        "責任者: 山田",
        "QA責任者: 山田",
        "владелец: Ким",
        "υπεύθυνος: Κιμ",
        "Δt: 5 s",
        "μSv: 3",
        "المالك: كيم",
        "1: one",
        "? [a, b]\n: pair",
        "base: &base {a: 1}\nmore: *base",
        "more:\n  <<: {a: b}",
        "odd: !include x.yaml",
        "text: |\n  title: not this one\n  more",
        "link: \"{{ site.url }}/x\"",
        "'quoted: name': x",
        "a.b/c: x",
        "\"state of the art\": x",
    ] {
        let text = format!("---\nid: CR-001\n{field}\ntype: CR\ntitle: Scales\n---\n");
        let read = parse("x.md", text.as_bytes());
        assert_eq!(read.as_ref().map(|it| it.field("title")), Ok(Some("Scales")), "{field}: {read:?}");
        assert_eq!(read.map(|it| it.doubts), Ok(Vec::new()), "{field}");
    }
}

// REQ-043
#[test]
fn whatever_front_matter_holds_what_the_page_adds_stands_behind_it() {
    for block in [
        "{id: CR-001, type: CR}",
        "  id: CR-001\n  type: CR",
        "id: CR-001\ntype: CR\n...",
        "id: CR-001\ntype: CR\ntext: \"open",
        "id: CR-001\ntype: CR\n--- |\n text",
        "id: CR-001\ntype: CR\nqms.behind: text\n? a",
        "%YAML 1.2",
    ] {
        let read = parse("x.md", format!("---\n{block}\n---\n").as_bytes());
        assert!(read.is_err(), "{block}: {read:?}");
    }
    for block in [
        "id: CR-001\ntype: CR\ntext: |+\n  a\n\n\n",
        "id: CR-001\ntype: CR\n# the end",
        "id: CR-001\r\ntype: CR\r\n",
    ] {
        let read = parse("x.md", format!("---\n{block}\n---\n").as_bytes());
        assert!(read.is_ok(), "{block}: {read:?}");
    }
}

// REQ-164
#[test]
fn a_field_that_is_nearly_named_like_one_that_is_read_is_told() {
    for (field, meant) in [
        ("Title: A", "`Title` is not read: `title` is"),
        ("ID: CR-002", "`ID` is not read: `id` is"),
        ("items: [EI-1]", "`items` is not read: `item` is"),
        ("tittle: A", "`tittle` is not read: `title` is"),
        ("templates:\n- a", "`templates` is not read: `template` is"),
    ] {
        let text = format!("---\nid: CR-001\n{field}\ntype: CR\n---\n");
        let doubts = parse("x.md", text.as_bytes()).map(|it| it.doubts);
        assert_eq!(doubts, Ok(vec![meant.to_owned()]), "{field}");
    }
}

// REQ-298
#[test]
fn front_matter_that_is_no_yaml_is_refused_by_the_name_of_its_field_and_with_the_line_to_write() {
    for (field, words) in [
        ("title: Scales: how to weigh", "x.md:3: the front matter cannot be read at `title`: a text with"),
        ("title: Scales: how to weigh", "stands in quotes: `title: \"Scales: how to weigh\"`"),
        ("owner: @kim", "x.md:3: the front matter cannot be read at `owner`: a text with"),
        ("share: %5", "stands in quotes: `share: \"%5\"`"),
        ("tags: [a, b", "cannot be read at `tags`: what it begins has to end"),
        ("note: \"open", "cannot be read at `note`: what it begins has to end"),
        ("owner:\n  a: b\n c: d", "cannot be read at `owner`: what it begins has to end"),
        ("k: *nope", "x.md:3: the front matter cannot be read at `k`"),
        ("tags: a\ntags: b", "x.md:4:1: `tags` stands twice"),
    ] {
        let text = format!("---\nid: CR-001\n{field}\ntype: CR\n---\n");
        let refusal = parse("x.md", text.as_bytes()).err().unwrap_or_default();
        assert!(refusal.contains(words), "{field}: {refusal}");
        for word in ["scalar", "mapping values", "token", "anchor", "unexpected"] {
            assert!(!refusal.contains(word), "{field}: {refusal}");
        }
    }
}
