//! The readers of text, each of which is given a text and takes it wherever it takes one.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::sync::LazyLock;

use super::super::audit::{
    Checkpoint, Delta, Entry, FieldDelta, Meaning, NONCE_BYTES, Statement, Table, Verifier, leaf_hash,
};
use super::super::digest::{Digest, Timestamp};
use super::super::encoding;
use super::super::facts::Answer;
use super::super::front_matter::{check_line, parse};
use super::super::hook::{Event, Found, HookSettings, Notice, Runtime, examine, may_be_a_call};
use super::super::id::{CredentialId, DocumentId, PhaseName, UserName};
use super::super::identity::{PresentedTicket, SealedKey, Token};
use super::super::items::{Items, cell_text, departures, handwritten};
use super::super::nearest::nearest;
use super::super::policy::{Candidate, IdPattern, Launcher, Policy, Prompt, Sources, compile};
use super::super::prerequisite::Prerequisite;
use super::super::procedure::{Citation, Procedure, Procedures};
use super::super::redact::{Redactor, possible, without_tokens};
use super::super::text::{
    ANGLES, BRACKETS, Declared, OpenWord, OpenWords, Season, Sections, Text, edits, malformed, placeholders,
    tables, unified, with_cells, words_of,
};
use super::super::yaml::{self, Place};
use super::super::{template, visible};

/// Something that reads text of others.
pub struct Reader {
    /// What it is called in a table.
    pub name: &'static str,
    /// The longest text that it takes, in bytes; longer ones are refused unread.
    pub most: usize,
    /// How many times it reads a text, for several questions.
    pub times: u32,
    /// Reads a text.
    pub read: fn(&str),
}

const fn reader(name: &'static str, read: fn(&str)) -> Reader {
    Reader { name, most: usize::MAX, times: 1, read }
}

const fn repeated(name: &'static str, times: u32, read: fn(&str)) -> Reader {
    Reader { times, ..reader(name, read) }
}

const fn bounded(name: &'static str, kibibytes: usize, read: fn(&str)) -> Reader {
    Reader { most: kibibytes * 1024, ..reader(name, read) }
}

/// All readers.
pub const READERS: &[Reader] = &[
    reader("lines", |text| read(Text::of(text))),
    repeated("placeholders", 2, left),
    repeated("malformed placeholders", 2, |text| read(malformed(text, &Text::of(text)))),
    repeated("tables, rewritten", 2, rewritten),
    reader("sections", sections),
    reader("what a template declares", |text| read(Declared::of(&Text::of(text)))),
    repeated("locks of a template", 4, |text| locks(text, text, &text.replace('\n', "x\n"), false)),
    repeated("locks of a draft", 2, |text| locks(TEMPLATE, TEMPLATE, &filled(text), false)),
    repeated("locks in execution", 2, |text| locks(TEMPLATE, &filled("the plan"), &filled(text), true)),
    repeated("locks, all lines changed", 3, |text| locks(TEMPLATE, &filled(text), &changed(text), true)),
    repeated("comparison", 2, |text| read(unified(("a", text), ("b", &backwards(text))))),
    reader("words", |text| read(words_of(text))),
    reader("items", |text| read(Items::of(text))),
    repeated("items, beside a table", 4, |text| {
        read(Items::of(&format!("# A\n\n{HEADER}{text}\n\n# B\n{text}")));
    }),
    repeated("items, in a cell", 2, items),
    repeated("answer for an item", 2, |text| {
        read(Answer::of(&format!("---\nid: A-1\ntype: A\nitem: EI-1\n---\n{text}"), true));
    }),
    repeated("cell of an item", 4, |text| read(cell_text(text, &WORDS))),
    repeated("template", 8, |text| read(template::flaws(&POLICY, &id("TEMPLATE-CR"), text))),
    reader("procedure", procedure),
    bounded("front matter", 250, front_matter),
    bounded("YAML", 250, |text| read(yaml::parse::<BTreeMap<String, String>>("x.yaml", text, 0))),
    bounded("life cycle", 250, |text| policy("worst.yaml", text)),
    bounded("policy", 250, |text| policy("policy.yaml", text)),
    bounded("verbs", 250, |text| policy("actions.yaml", text)),
    bounded("prompt", 32, |text| read(Prompt::parse("prompts/worst.yaml", text))),
    reader("pattern of ids", |text| read(IdPattern::parse(text))),
    reader("launcher", launcher),
    reader("tokens in a text", |text| read(without_tokens(text.as_bytes()))),
    reader("secrets in a text", redacted),
    reader("what could be a secret", could_be_secret),
    bounded("shell line", 128, |text| read(examine(text))),
    bounded("event", 1024, |text| read(Notice::parse(text.as_bytes()))),
    bounded("event with a line", 128, event),
    reader("bytes that could be a call", |text| read(may_be_a_call(text.as_bytes()))),
    bounded("settings of a runtime", 4096, settings),
    bounded("settings of Codex in TOML", 4096, switches),
    reader("token", |text| read((Token::parse(text).is_ok(), Token::within(text)))),
    reader("ticket", |text| read(PresentedTicket::parse(text, Digest::of(b""), String::new()))),
    reader("checkpoint", |text| read(Checkpoint::parse(text))),
    reader("entry", |text| read(Entry::decode(text.as_bytes()))),
    reader("entry with a text", entry),
    repeated("log", 4, |text| log(text, false)),
    repeated("log behind a withheld entry", 4, |text| log(text, true)),
    reader("signed statement", |text| read(Statement::decode(text.as_bytes()))),
    reader("statement with a text", statement),
    reader("key file", |text| read(SealedKey::parse(text))),
    reader("bytes of a text", |text| read(encoding::text(text.as_bytes()).map(encoding::plain))),
    repeated("what a terminal shows", 2, |text| read((visible::escaped(text), visible::one_line(text)))),
    reader("what is seen", |text| read((visible::is_blank(text), visible::length(text)))),
    reader("title", |text| read(check_line(text))),
    reader("prerequisites", |text| read(Prerequisite::parse_all(text))),
    reader("name", |text| read(DocumentId::parse(text).map_err(|error| error.to_string()))),
    reader("name that was meant", |text| read(nearest(text, [text, "open"].into_iter()))),
];

const HEADER: &str = "| Item | Task | Expected result | Actual result | Evidence | Outcome | Performed by | Date |\n\
    |---|---|---|---|---|---|---|---|\n| EI-1 | a | b | [a] | [b] | [c] | [d] | [e] |\n";

const TEMPLATE: &str = "---\nid: T\n---\n# {{title}}\n\n## 1 Plan\n\n{{plan}}\n\n## 2 Done\n\
    <!-- open: execution -->\n\n[date]\n\n## 3 End\n<!-- locked -->\n\nend\n";

/// The policy that comes with the program.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    sound(compile(&sources(&[
        ("policy.yaml", include_str!("../../../workflows/policy.yaml")),
        ("actions.yaml", include_str!("../../../workflows/actions.yaml")),
        ("controlled.yaml", include_str!("../../../workflows/controlled.yaml")),
        ("executable.yaml", include_str!("../../../workflows/executable.yaml")),
        ("record.yaml", include_str!("../../../workflows/record.yaml")),
    ])))
});

/// A small one, which says what the lists of the families name.
const SMALL: &[(&str, &str)] = &[
    ("policy.yaml", "schema: qms.policy/1\ngroups: { quality: { help: a } }\nproject: []\nusers: {}\n"),
    (
        "actions.yaml",
        "schema: qms.actions/1\nactions: { checkout: { label: a, help: b, sop: \"SOP-001#1\" } }\n",
    ),
];

fn sources(files: &[(&str, &str)]) -> Sources {
    Sources(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// What is a constant of this file is sound.
fn sound<T, E>(made: Result<T, E>) -> T {
    made.unwrap_or_else(|_| unreachable!("a constant that cannot be read"))
}

/// Keeps what was read until it is read to the end.
fn read<T>(value: T) {
    let _kept = black_box(value);
}

fn id(text: &str) -> DocumentId {
    sound(DocumentId::parse(text))
}

/// Words of both kinds, and both shapes.
static WORDS: LazyLock<OpenWords> = LazyLock::new(|| {
    let anywhere =
        |words: &[&str]| words.iter().map(|it| OpenWord::Anywhere((*it).to_owned())).collect::<Vec<_>>();
    let mut refuse = anywhere(&["TBD", "T.B.D.", "____"]);
    refuse.push(OpenWord::Alone("TODO".to_owned()));
    OpenWords { refuse, warn: anywhere(&["???", "to be determined", "未定", BRACKETS, ANGLES]) }
});

fn left(text: &str) {
    let fields = BTreeSet::from(["date".to_owned()]);
    for one in placeholders(text, &Text::of(text), &fields, &WORDS) {
        read(one.field());
    }
}

fn rewritten(text: &str) {
    let lines = Text::of(text);
    let tables = tables(&lines);
    let cells = tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
    read(with_cells(text, &cells.map(|cell| (cell, "x|y")).collect::<Vec<_>>()));
}

fn sections(text: &str) {
    let lines = Text::of(text);
    let sections = Sections::of(&lines);
    read((0..lines.lines.len()).filter_map(|line| sections.around(line)).count());
}

fn filled(text: &str) -> String {
    TEMPLATE.replace("{{plan}}", text)
}

fn changed(text: &str) -> String {
    filled(&text.replace('\n', "x\n"))
}

fn locks(template: &str, before: &str, after: &str, in_execution: bool) {
    let lines = Text::of(template);
    let declared = Declared::of(&lines);
    let phase = sound(PhaseName::parse("execution"));
    let season = if in_execution { Season::Phase(&phase) } else { Season::Drafting };
    let edits = edits(&declared, season, before, after);
    read(edits.iter().map(|edit| edit.section.to_string()).collect::<Vec<_>>());
    read(edits.iter().flat_map(|edit| &edit.marks).map(ToString::to_string).collect::<Vec<_>>());
}

fn backwards(text: &str) -> String {
    text.split_inclusive('\n').rev().collect()
}

fn items(text: &str) {
    let row = HEADER.replace("[a]", &text.replace(['\n', '\r', '|'], " "));
    if let Ok(items) = Items::of(&row) {
        read(items.iter().filter(|item| item.is_recorded()).count());
        read((departures(&items, &items), handwritten(&items, &items)));
    }
}

fn procedure(text: &str) {
    let procedure = Procedure::parse(text);
    let cited = Citation { procedure: id("SOP-001"), section: Some(text.chars().take(1000).collect()) };
    read(procedure.cited(&cited).map_err(|error| error.to_string()));
}

fn front_matter(text: &str) {
    read(parse("x.md", format!("---\nid: CR-001\ntype: CR\n{text}\n---\n").as_bytes()));
}

fn policy(file: &str, text: &str) {
    let mut sources = sources(SMALL);
    sources.0.insert(file.to_owned(), text.to_owned());
    read(Candidate::new(sources, &Procedures::default()));
}

fn launcher(text: &str) {
    let command = vec!["/bin/true".to_owned(), text.to_owned()];
    let (environment, place) = (Vec::new(), Place::default());
    let launcher = Launcher { command, environment, directory: text.to_owned(), place };
    read((launcher.arguments(|it| it.to_string()), launcher.directory(|it| it.to_string())));
}

fn redacted(text: &str) {
    let token = Token::new(&std::array::from_fn(|at| u8::try_from(at).unwrap_or_default()));
    let mut redactor = Redactor::new(&[token.reveal().as_bytes(), token.secret(), b"qms_qms_qms_"]);
    read((redactor.push(text.as_bytes()), redactor.finish()));
}

/// With what is done about each.
fn could_be_secret(text: &str) {
    possible(text.as_bytes(), &mut |secret| read(Digest::of(secret)));
}

fn settings(text: &str) {
    let command = serde_json::json!(text).to_string();
    let handlers = format!("[{{\"matcher\": {command}, \"hooks\": [{{\"command\": {command}}}]}}]");
    for whole in [text, &format!("{{{command}: {command}, \"hooks\": {{\"PreToolUse\": {handlers}}}}}")] {
        for runtime in [Runtime::Claude, Runtime::Gemini] {
            read(HookSettings::read(runtime, Some(whole)).map(|it| it.with(Some("qms hook"))));
        }
    }
}

fn switches(text: &str) {
    let layer = Runtime::Codex.layers().next().map(|layer| Found {
        layer,
        file: String::new(),
        text: Ok(text.to_owned()),
    });
    let none = HookSettings::read(Runtime::Codex, None);
    read(none.map(|none| (none.hindrances("", layer.as_slice()), none.others(layer.as_slice()))));
}

fn event(text: &str) {
    let event = serde_json::json!({
        "session_id": "s", "cwd": "/p", "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": { "command": text },
    });
    if let Ok(Event::PreTool(call)) = Notice::parse(event.to_string().as_bytes()).map(|it| it.event) {
        read(call.line());
    }
}

fn entry(text: &str) {
    let inputs = BTreeMap::from([(text.to_owned(), text.to_owned())]);
    let entry = Entry::new(text, Digest::of(b""));
    let entry = Entry { comment: Some(text.to_owned()), inputs, ..entry };
    read(Entry::decode(&entry.encode()));
}

/// A row with all of a text in it, and in other fields each piece of the text after the other: half of them in one
/// entry, half in entries of their own.
fn log(text: &str, is_behind_a_gap: bool) {
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(64).collect();
    let field = |name: String, old: Option<&[u8]>, new: &[u8]| FieldDelta {
        name,
        old: old.map(<[u8]>::to_vec),
        new: Some(new.to_vec()),
    };
    let delta = |fields| Delta { table: Table::Document, key: "A".to_owned(), fields };
    let title = field("title".to_owned(), None, text.as_bytes());
    let mut deltas = vec![delta(vec![field("owner".to_owned(), None, b""), title])];
    let mut last: &[u8] = b"";
    for (number, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
        let owner = (*piece != last).then(|| field("owner".to_owned(), Some(last), piece));
        let seat = field(format!("seat/u{number}"), None, piece);
        deltas.push(delta(owner.into_iter().chain([seat]).collect()));
        last = piece;
    }
    let mut verifier = Verifier::new(None, None);
    let mut index = 0;
    if is_behind_a_gap {
        read(verifier.push_leaf(index, Digest::of(b"")));
        index += 1;
    }
    let rest = deltas.split_off(deltas.len().div_ceil(2));
    for deltas in std::iter::once(deltas).chain(rest.into_iter().map(|one| vec![one])) {
        let entry = Entry { index, deltas, ..Entry::new("recover", Digest::of(b"")) };
        sound(verifier.push_bytes(index, &entry.encode()));
        index += 1;
    }
    read(verifier.finish_export(index, &leaf_hash(b"")));
}

fn statement(text: &str) {
    let told = BTreeMap::from([("reason".to_owned(), text.to_owned())]);
    let statement = Statement {
        project: text.to_owned(),
        user: sound(UserName::parse("qa")),
        key: CredentialId::of_bytes(&[0; 16]),
        action: text.to_owned(),
        document: None,
        round: Some(text.to_owned()),
        version: None,
        content: None,
        dossier: None,
        policy: Digest::of(b""),
        inputs: Statement::digests(&told, Some(text)),
        meaning: Some(Meaning::Approved),
        signed_at: Timestamp::from_millis(0),
        nonce: [0; NONCE_BYTES],
    };
    read(Statement::decode(&statement.encode()));
}
