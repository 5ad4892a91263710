//! Items tables as people write them, and as somebody would write one to get round a rule.

mod properties;

use super::{Column, Correction, Departure, Entry, ItemOutcome, Items, Unreadable};
use super::{cell_text, departures, handwritten, recorded};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::id::{ItemId, UserName, Version};
use crate::domain::policy::fixture;
use crate::domain::text::OpenWords;

const HEADER: &str = "| Item | Task | Expected result | Actual result | Evidence | Outcome | Performed by | Date |\n\
                      |---|---|---|---|---|---|---|---|\n";

fn row(id: &str, task: &str) -> String {
    format!("| {id} | {task} | it works | [actual] | [evidence] | [Pass or Fail] | [user] | [date, time] |\n")
}

fn document(rows: &[String]) -> String {
    format!(
        "---\nid: CR-001\ntype: CR\n---\n\n## 8 Execution items\n\n{HEADER}{}\n## 9 Summary\n",
        rows.concat()
    )
}

fn plan() -> String {
    document(&[row("EI-1", "stop the pump"), row("EI-2", "change it"), row("EI-3", "start it")])
}

pub(super) fn words() -> OpenWords {
    fixture::candidate().policy.open_words.clone()
}

fn items(text: &str) -> Items {
    Items::of(text).unwrap_or_else(|why| panic!("{why}"))
}

fn refusal(text: &str) -> String {
    Items::of(text).map_or_else(|why| why.to_string(), |_| String::new())
}

fn item(id: &str) -> ItemId {
    ItemId::parse(id).unwrap_or_else(|why| panic!("{why}"))
}

fn performer() -> UserName {
    UserName::parse("claude").unwrap_or_else(|why| panic!("{why}"))
}

fn entry<'a>(performer: &'a UserName, actual: &'a str) -> Entry<'a> {
    Entry {
        outcome: ItemOutcome::Pass,
        actual,
        evidence: "log of run 7",
        file: None,
        performer,
        at: Timestamp::from_millis(1_767_225_600_007),
        correction: None,
    }
}

fn record(text: &str, id: &str, entry: &Entry<'_>) -> Option<String> {
    recorded(text, items(text).find(&item(id))?, entry)
}

#[test]
fn the_plan_of_a_template_is_read() {
    let template = include_str!("../../../templates/TEMPLATE-CR.md");
    let read = items(template);
    let ids: Vec<&str> = read.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["EI-1", "EI-2", "EI-3"]);
    for item in &read {
        assert_eq!(item.missing().count(), Column::RECORDED.len());
        assert_eq!((item.says(Column::Task), item.outcome()), (None, None));
    }
    let line = template.lines().position(|line| line.starts_with("| EI-1 ")).map(|at| at + 1);
    assert_eq!(read.iter().next().map(|item| item.line), line);
}

// REQ-102, REQ-162
#[test]
fn a_table_that_somebody_could_misread_is_refused_with_its_line() {
    let two = |second: String| document(&[row("EI-1", "stop"), second]);
    for (text, words) in [
        (document(&[]), "line 8: the items table has no rows"),
        (two(row("EI-1", "stop")), "line 11: EI-1 stands in line 10 already"),
        (two(row("EI-02", "stop")), "line 11: `EI-02` is no item id: expected up to 8"),
        (two(row("ei-2", "stop")), "did you mean `EI-2`?"),
        (two(row("EІ-2", "stop")), "is no item id"),
        (two(row("", "stop")), "line 11: `` is no item id"),
        (two("| EI-2 | stop | it works |\n".to_owned()), "line 11: 3 cells in a table of 8 columns"),
        (two(row("EI-2", "a | b")), "line 11: 9 cells"),
        (two(row("EI-2", "`a | b`")), "line 11: 9 cells"),
        (
            two(row("EI-2", "stop").replace('|', "｜")),
            "1 cells in a table of 8 columns; some of its bars only look like",
        ),
        (two("EI-2 was dropped\n".to_owned()), "line 11: 1 cells"),
        (
            plan().replace(HEADER, &HEADER.replace('|', "｜")),
            "there is no table with the columns Item | Task",
        ),
        (plan().replace("| Outcome |", "| Result |"), "line 8: an items table with other columns than Item"),
        (plan().replace("| Date |", "|"), "there is no table"),
        (plan().replace("## 9", "```\n## 9"), "the code that begins here never ends"),
        (
            format!("{}\n{HEADER}{}", plan(), row("EI-4", "more")),
            "line 16: a second items table; the first begins in line 8",
        ),
        // A page shows these as rows of the table, of another one, or as text that looks like one.
        (two(row("<i></i>EI-2", "stop").replacen("| ", "", 1)), "line 11: `<i></i>EI-2` is no item id"),
        (two(row("<!-- -->EI-2", "stop").replacen("| ", "", 1)), "line 11: this row stands outside"),
        (two(format!("\n{}", row("EI-2", "stop"))), "line 12: this row stands outside of the items table"),
        (two(format!("\n{HEADER}{}", row("EI-2", "stop"))), "line 12: a second items table"),
        (
            two(format!("\n## 9 More\n\n{}{}", HEADER.replacen("Item", "**Item**", 1), row("EI-2", "stop"))),
            "line 14: an items table with other columns",
        ),
        (
            two(format!(
                "\n## 9 More\n\n{}{}",
                HEADER.replacen("Item ", "Item\u{a0}", 1),
                row("EI-1", "stop")
            )),
            "line 14: an items table with other columns",
        ),
        (
            two("\n## 9 More\n\n| A | B |\n|---|---|\n| EI-2 | stop |\n".to_owned()),
            "line 16: this row stands outside",
        ),
        (two("\n## 9 More\n\n<table>\n".to_owned()), "line 14: a table in HTML"),
        (
            two("\n| Item | Task |\n|---|---|\n| EI-2 | stop |\n".to_owned()),
            "line 12: this row stands outside",
        ),
        (two("\n<div>\nmore\n</div>\n".to_owned()), "line 12: raw HTML behind the items table"),
        (two("<b>\n</b>\n".to_owned()), "line 11: raw HTML behind the items table"),
        (two("\nE<b>I</b>&#45;2: stop\n".to_owned()), "line 12: an item behind the items table"),
        (two("\n- **EI‑2** stop\n".to_owned()), "line 12: an item behind the items table"),
        (two("\n7) ei-2 stop\n".to_owned()), "line 12: an item behind the items table"),
        (two("\n```\nEI-2 | stop\n```\n".to_owned()), "line 13: this row stands outside"),
        (two("\n### More\n\nEI-2 | stop\n".to_owned()), "line 14: this row stands outside"),
        (two(format!("\t{}", row("EI-2", "stop"))), "line 11: too far right for a row"),
        (plan().replace("## 9 Summary", "## 9 Summary\n\nEI-4 | more"), "line 16: this row stands outside"),
        (
            plan().replace(HEADER, &format!("{}\n{HEADER}", row("EI-4", "more"))),
            "line 8: this row stands outside",
        ),
        (two(row("CA-2", "stop") + "\nCA-3: more\n"), "line 13: an item behind the items table"),
        (
            plan().replace(HEADER, &format!("```\n{HEADER}")).replace("\n## 9", "```\n\n## 9"),
            "there is no table",
        ),
        (
            plan().replace(HEADER, &format!("<!--\n{HEADER}")).replace("\n## 9", "-->\n\n## 9"),
            "there is no table",
        ),
        (String::new(), "there is no table"),
    ] {
        let found = refusal(&text);
        assert!(found.contains(words), "{text}\n{found}\n{words}");
    }
}

#[test]
fn what_is_said_around_the_table_is_no_row() {
    for said in [
        "\n**The whole passes when:** every item passes, EI-1 first.\n",
        "\nT-1 and CR-001 are others\n",
        "\n<!-- EI-7 is thought about -->\n",
        "\n```\nps | grep pump\n```\n",
        "\n## 9 What became of them\n\nEI-1 failed.\n\n| Item | Where |\n|---|---|\n| EI-1 | the log |\n",
    ] {
        let text = document(&[row("EI-1", "stop"), said.to_owned()]);
        assert_eq!(items(&text).iter().count(), 1, "{text}");
    }
}

#[test]
fn a_refusal_repeats_neither_endless_texts_nor_endless_lists() {
    let long = "X".repeat(1_000_000);
    assert!(refusal(&document(&[row(&long, "stop")])).len() < 300);
    let many: Vec<String> = (0..10_000).map(|_| row("EI-1", "stop")).collect();
    let found = refusal(&document(&many));
    assert!(found.len() < 400 && found.ends_with("; and 9994 more"), "{found}");
    let long = items(&document(&[row("EI-1", &"x ".repeat(500_000))]));
    assert_eq!(long.iter().next().and_then(|item| item.says(Column::Task)).map(|it| it.len()), Some(999_999));
}

#[test]
fn ten_thousand_items_are_read_compared_and_recorded() {
    let rows: Vec<String> = (1..=10_000).map(|number| row(&format!("EI-{number}"), "stop")).collect();
    let text = document(&rows);
    let read = items(&text);
    let performer = performer();
    let written = record(&text, "EI-10000", &entry(&performer, "done")).unwrap_or_default();
    let again = items(&written);
    assert_eq!(departures(&read, &again), []);
    let changed = Departure::Handwritten(item("EI-10000"), 10_009, Column::RECORDED.to_vec());
    assert_eq!(handwritten(&read, &again), [changed]);
    assert_eq!(again.iter().filter(|item| item.is_recorded()).count(), 1);
}

// REQ-103
#[test]
fn what_was_approved_departs_in_no_way_unseen() {
    let plan = plan();
    let (one, two, three) = (row("EI-1", "stop the pump"), row("EI-2", "change it"), row("EI-3", "start it"));
    let of = |rows: &[&String]| document(&rows.iter().map(|row| (*row).clone()).collect::<Vec<_>>());
    let moved = |found: &str, line, approved: &str| Departure::Moved {
        found: item(found),
        line,
        approved: item(approved),
    };
    for (text, expected) in [
        (of(&[&one, &two, &three]), vec![]),
        (of(&[&one, &two, &three]).replace(" | ", "  |\t"), vec![]),
        (of(&[&one, &three]), vec![Departure::Gone(item("EI-2"))]),
        (of(&[&one, &two, &three, &row("EI-4", "more")]), vec![Departure::Added(item("EI-4"), 13)]),
        (of(&[&two, &one, &three]), vec![moved("EI-2", 10, "EI-1")]),
        (of(&[&three, &one]), vec![Departure::Gone(item("EI-2")), moved("EI-3", 10, "EI-1")]),
        (
            of(&[&one, &two, &three]).replace("change it", "change it if needed"),
            vec![Departure::Reworded(item("EI-2"), 11, vec![Column::Task])],
        ),
        // A letter that looks the same.
        (
            of(&[&one, &two, &three]).replace("stop", "stоp"),
            vec![Departure::Reworded(item("EI-1"), 10, vec![Column::Task])],
        ),
        (
            of(&[&one, &two, &three]).replace("| start it | it works |", "| start it | it may work |"),
            vec![Departure::Reworded(item("EI-3"), 12, vec![Column::Expected])],
        ),
        (
            of(&[&one, &two, &three]).replace("EI-3", "EI-5"),
            vec![Departure::Gone(item("EI-3")), Departure::Added(item("EI-5"), 12)],
        ),
    ] {
        assert_eq!(departures(&items(&plan), &items(&text)), expected, "{text}");
    }
}

// REQ-102, REQ-104
#[test]
fn a_cell_in_which_nobody_sees_anything_is_blank() {
    let unseen = "<!-- seen -->&nbsp;<br>\u{2800}";
    let plan = plan().replace("stop the pump", unseen).replace("[evidence]", unseen);
    let read = items(&plan);
    let Some(first) = read.iter().next() else { panic!("no item") };
    assert!(first.is_blank(Column::Task) && !first.is_blank(Column::Expected));
    assert!(first.missing().any(|column| column == Column::Evidence));
}

// REQ-103
#[test]
fn what_is_recorded_by_hand_is_seen() {
    let plan = plan();
    let text = plan.replacen("[Pass or Fail]", "Pass", 1).replacen("[user]", "qa", 1);
    let found: Vec<String> =
        handwritten(&items(&plan), &items(&text)).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["EI-1 in line 10 has another outcome, performer than was recorded",]);
    assert_eq!(handwritten(&items(&plan), &items(&plan.replace("[actual]", ""))).len(), 3);
    assert_eq!(handwritten(&items(&plan), &items(&plan)), []);
}

#[test]
fn an_entry_says_who_and_when_and_a_correction_where_the_former_one_is() {
    let (text, performer) = (plan(), performer());
    let first = record(&text, "EI-2", &entry(&performer, "pump | stopped\nand dry")).unwrap_or_default();
    let line = "| EI-2 | change it | it works | pump \\| stopped<br>and dry | log of run 7 | Pass | claude | 2026-01-01T00:00:00.007Z |";
    assert_eq!(first.lines().nth(10), Some(line));
    let others = |text: &str| {
        text.lines().filter(|line| !line.starts_with("| EI-2")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(others(&first), others(&text));
    let correction = Correction { version: Version::new(1, 1), reason: "the log was that of run 6" };
    let file = Digest::of(b"log");
    let second = Entry {
        outcome: ItemOutcome::Fail,
        correction: Some(correction),
        file: Some(file),
        ..entry(&performer, "it leaks")
    };
    let second = record(&first, "EI-2", &second).unwrap_or_default();
    let second = items(&second);
    let found = second.find(&item("EI-2"));
    let says = |column| found.and_then(|item| item.says(column)).unwrap_or_default();
    assert_eq!(says(Column::Actual), "it leaks\n(corrects 1.1: the log was that of run 6)");
    assert_eq!(says(Column::Evidence), format!("log of run 7\nsha256:{file}"));
    assert!(found.is_some_and(|item| item.is_recorded() && item.is_failed()));
}

// REQ-163
#[test]
fn cells_hold_nothing_that_does_not_show_or_that_only_the_program_writes() {
    for bad in ["a\u{202e}b", "a\u{0}b", "a\rb", "a\u{1b}[31mb", "a\u{200b}b", "x\u{2028}y"] {
        assert!(cell_text(bad, &words()).is_err_and(|why| why.contains("which does not show")), "{bad:?}");
    }
    for bad in ["[actual]", " [Pass or Fail] ", "{{task}}"] {
        assert_eq!(cell_text(bad, &words()), Err("is only a placeholder".to_owned()));
    }
    for (bad, left) in [
        ("commit: TBD", "`TBD`"),
        ("see [the log] there", "`[the log]`"),
        ("```\n{{commit}}", "`{{commit}}`"),
        ("# FIXME", "`FIXME`"),
    ] {
        let refusal = cell_text(bad, &words()).err().unwrap_or_default();
        assert!(refusal.starts_with(&format!("has {left}, which is left to be filled in")), "{refusal}");
    }
    for (bad, why) in [
        ("log <br>sha256:11", "has `<br>sha256:11`, and a cell holds no HTML; `&lt;` is a `<` that is meant"),
        ("As expected<br>(corrects 1.0: typing error)", "holds no HTML"),
        ("`a <BR/> b`", "holds no HTML"),
        ("\\<br>", "holds no HTML"),
        ("<!-- seen -->", "holds no HTML"),
        ("a </td> b", "holds no HTML"),
        ("&nbsp;", "has `&nbsp;`, which does not show"),
        ("see&#8203;n", "has `&#8203;`, which does not show"),
        ("\u{2800}\u{3164}", "does not show"),
        ("[](https://example.com)", "says nothing"),
        ("![ ](a) `\u{3000}`", "says nothing"),
        ("**", "says nothing"),
        ("log\nsha256:1111", "has a line that begins with `sha256:`, as only the program writes it"),
        ("log\n \u{3000}**SHA-256** : 1111", "has a line that begins with `sha256:`"),
        ("log\nsha256\\:1111", "has a line that begins with `sha256:`"),
        ("log\n_sha256_:1111", "has a line that begins with `sha256:`"),
        ("log\n[sha256](#x):1111", "has a line that begins with `sha256:`"),
        ("As expected\n(_corrects_ 1.0: x)", "has a line that begins with `(corrects`"),
        ("&#115;ha256:1111", "has a line that begins with `sha256:`"),
        ("As expected\n(corrects 1.0: typing error)", "has a line that begins with `(corrects`"),
        ("As expected\n- ( Corrects 1.0", "has a line that begins with `(corrects`"),
    ] {
        let refusal = cell_text(bad, &words()).err().unwrap_or_default();
        assert!(refusal.contains(why), "{bad:?}: {refusal}");
    }
    for good in [
        "a < b, a <3",
        "Vec&lt;u8>",
        "the sum is sha256:11",
        "corrects the date",
        "✓",
        "-",
        "[log](a)x",
        "corrects 3 faults",
    ] {
        assert!(cell_text(good, &words()).is_ok(), "{good:?}: {:?}", cell_text(good, &words()));
    }
    for good in ["\\[INFO] dry", "`[INFO] dry`", "todo el mundo", "[run 7](log.txt)"] {
        assert_eq!(cell_text(good, &words()), Ok(good.to_owned()));
    }
    assert_eq!(cell_text(" a\tb \r\n\n c | d ", &words()), Ok("a b<br><br>c | d".to_owned()));
    assert_eq!(
        cell_text("[log](https://example.com)", &words()),
        Ok("[log](https://example.com)".to_owned())
    );
}

#[test]
fn a_document_without_a_table_is_told_from_one_with_a_broken_one() {
    assert_eq!(Items::of("# Text\n"), Err(Unreadable::Missing));
    assert!(matches!(Items::of(&document(&[])), Err(Unreadable::Faults(faults)) if faults.len() == 1));
}
