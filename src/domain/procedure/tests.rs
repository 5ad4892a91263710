use super::*;
use crate::domain::id::DocumentId;

const TEXT: &str = "---
id: SOP-009
type: SOP
title: Cleaning
---

# Cleaning

Words before any section.

## 1 Purpose

Clean tanks.

## 2. Scope ##

- **2.1** All tanks,
  of every size.
- **2.2** Tools:
  - brushes

  and cloths.
- No clause, and no number.

| tank | size |
|---|---|

### 2.3 Large tanks

More than 100 l.

#### Unnumbered

Still 2.3.

```text
## 3 Not a heading
- **3.1** not a clause
```

## 4\tTraining and records

- **4.1** First.

After the list.
## Appendix

Nothing that is numbered.
";

fn citation(text: &str) -> Citation {
    Citation::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn id(text: &str) -> DocumentId {
    DocumentId::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn text_of(number: &str) -> Option<String> {
    Procedure::parse(TEXT).section(number).map(|section| section.text.clone())
}

#[test]
fn sections_are_numbered_headings_and_clauses() {
    let procedure = Procedure::parse(TEXT);
    assert_eq!(procedure.title.as_deref(), Some("Cleaning"));
    let found: Vec<String> = procedure.sections.iter().map(ToString::to_string).collect();
    let expected = ["1 Purpose", "2 Scope", "2.1", "2.2", "2.3 Large tanks", "4 Training and records", "4.1"];
    assert_eq!(found, expected);
    let outline: Vec<&str> = procedure.outline().map(|section| section.number.as_str()).collect();
    assert_eq!(outline, ["1", "2", "2.3", "4"]);
}

#[test]
fn a_section_reaches_to_the_next_of_its_rank_and_a_clause_to_the_end_of_its_item() {
    assert_eq!(text_of("1").as_deref(), Some("## 1 Purpose\n\nClean tanks."));
    assert_eq!(text_of("2.1").as_deref(), Some("- **2.1** All tanks,\n  of every size."));
    assert_eq!(text_of("2.2").as_deref(), Some("- **2.2** Tools:\n  - brushes\n\n  and cloths."));
    assert_eq!(text_of("4.1").as_deref(), Some("- **4.1** First."));
    let whole = text_of("2").unwrap_or_default();
    assert!(
        whole.starts_with("## 2. Scope ##\n") && whole.ends_with("- **3.1** not a clause\n```"),
        "{whole}"
    );
    let part = text_of("2.3").unwrap_or_default();
    assert!(part.starts_with("### 2.3 Large tanks\n") && part.contains("Still 2.3."), "{part}");
    let last = text_of("4.").unwrap_or_default();
    assert!(last.ends_with("After the list."), "{last}");
}

#[test]
fn lines_may_end_as_on_other_systems_and_a_text_may_have_no_front_matter() {
    let text = TEXT.replace('\n', "\r\n");
    assert_eq!(Procedure::parse(&text), Procedure::parse(TEXT));
    assert_eq!(
        Procedure::parse("## 1 Purpose\n").section("1").map(ToString::to_string).as_deref(),
        Some("1 Purpose")
    );
    for text in ["", "## 99999999999 Too large", "##1 no heading", "- **1.x** no clause", "~~~\n## 1 Open"] {
        assert_eq!(Procedure::parse(text).sections, [], "{text}");
    }
}

#[test]
fn what_is_cited_is_a_procedure_and_a_section_of_it() {
    for text in ["SOP-007", "SOP-007#5", "SOP-007#5.2", "SDLC-QMS-RS#4.1"] {
        assert_eq!(citation(text).to_string(), text);
    }
    for text in ["", "#5", "SOP-007#", "SOP-007# 5", "SOP 7#5"] {
        assert!(Citation::parse(text).is_err(), "{text}");
    }
    let slip = Citation::parse("sop-007#5").map_err(|error| error.to_string());
    assert!(slip.is_err_and(|words| words.ends_with("did you mean `SOP-007#5`?")));
}

#[test]
fn who_cites_what_is_not_there_is_told_what_is_near() {
    let procedures: Procedures = [("SOP-009", TEXT), ("WI-001", "## 1 Only\n")]
        .map(|(name, text)| (id(name), Procedure::parse(text)))
        .into_iter()
        .collect();
    let words = |text: &str| procedures.check(&citation(text)).err().map(|error| error.to_string());
    assert_eq!(words("SOP-009"), None);
    assert_eq!(words("SOP-009#2.2"), None);
    let cases = [
        (
            "SOP-009#2.9",
            "SOP-009 has no section `2.9`, did you mean `SOP-009#2.3` (Large tanks), `SOP-009#2.2` or `SOP-009#2.1`?",
        ),
        (
            "SOP-009#1.4",
            "SOP-009 has no section `1.4`, did you mean `SOP-009#1` (Purpose), `SOP-009#2` (Scope) or `SOP-009#4` (Training and records)?",
        ),
        (
            "SOP-009#records",
            "SOP-009 has no section `records`, did you mean `SOP-009#4` (Training and records)?",
        ),
        ("SOP-009#purpsoe", "SOP-009 has no section `purpsoe`, did you mean `SOP-009#1` (Purpose)?"),
        ("SOP-009#\u{202e}", "SOP-009 has no section `\\u{202e}`"),
        ("SOP-019#1", "no procedure `SOP-019` is in force, did you mean `SOP-009`?"),
        ("MANUAL#1", "no procedure `MANUAL` is in force"),
    ];
    for (text, expected) in cases {
        assert_eq!(words(text).as_deref(), Some(expected));
    }
}
