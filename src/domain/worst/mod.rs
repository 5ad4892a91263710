//! Texts that are hard to read, and everything that reads texts of others: for tests, benches and the fuzzer.
//!
//! A family is a text that grows: something that is opened and never closed, closed and never opened, or
//! each in the other; many short lines or one long one; runs of many lengths; names that are all different.
//! Every reader is given all of them, whatever it is for.

pub mod readers;

/// A text that grows.
#[derive(Debug, Clone, Copy)]
pub enum Family {
    /// One piece again and again.
    Again(&'static str),
    /// Something, then one piece again and again, then something.
    Between(&'static str, &'static str, &'static str),
    /// Openers, something, and as many closers.
    Nested(&'static str, &'static str, &'static str),
    /// Runs of a mark, each longer than the one before, with something between.
    Runs(&'static str, &'static str),
    /// Something, then a number between two pieces, counted up.
    Counted(&'static str, &'static str, &'static str),
    /// Lists of a policy in which each piece has its number in the place of `N`, and the next in that of `M`.
    Lists(&'static [(&'static str, &'static str)]),
}

impl Family {
    /// Writes a text of about `size` bytes.
    pub fn text(self, size: usize) -> String {
        let times = |piece: &str| size / piece.len().max(1);
        match self {
            Self::Again(piece) => piece.repeat(times(piece)),
            Self::Between(before, piece, after) => format!("{before}{}{after}", piece.repeat(times(piece))),
            Self::Nested(open, middle, close) => {
                let depth = size / (open.len() + close.len());
                format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
            }
            Self::Runs(mark, between) => {
                filled(size, |number| format!("{}{between}", mark.repeat(number + 1)))
            }
            Self::Counted(first, before, after) => {
                format!("{first}{}", filled(size, |number| format!("{before}{number}{after}")))
            }
            Self::Lists(lists) => {
                let share = size / lists.len();
                let list = |(heading, piece): &(&str, &str)| {
                    let one = |number: usize| {
                        let (this, next) = (number.to_string(), (number + 1).to_string());
                        piece.replace('N', &this).replace('M', &next)
                    };
                    format!("{heading}{}", filled(share, one))
                };
                lists.iter().map(list).collect()
            }
        }
    }
}

/// Writes one piece after the other until there is enough.
fn filled(size: usize, piece: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.len() >= size {
            break;
        }
        text.push_str(&piece(number));
    }
    text
}

use Family::{Again, Between, Counted, Lists, Nested, Runs};

/// All families.
pub const FAMILIES: &[Family] = &[
    // Square brackets, links and references.
    Again("["),
    Again("]"),
    Again("[x]"),
    Again("[x]("),
    Again("![a](b "),
    Again("[a[b"),
    Again("[a]["),
    Again("[^"),
    Again("[ ]"),
    Again("[date]("),
    Again("](("),
    Again("[x](a "),
    Again("[x](a \"b"),
    Again("[x](<"),
    Again("[x]((("),
    Between("", "[", "]"),
    Between("", "[x](", "a)"),
    Between("[", "]", ""),
    Nested("[", "", "]"),
    Nested("[", "\n", "]"),
    Nested("[^", "x", "]"),
    Nested("[", "\n", "](a)"),
    Nested("[", "\n", "]("),
    Nested("[", "\n", "](a(b))"),
    Nested("[", "\n", "][a]"),
    Nested("[a[", "b", "]"),
    Nested("![", "a", "](b)"),
    Nested("[", "date", "]"),
    Nested("[", "<b", "]"),
    Nested("[\n", "x", "]\n"),
    Counted("", "[a", "]"),
    Counted("", "[a", "]: b\n"),
    Counted("", "[date](", ") "),
    Again("[a]: b\n"),
    Again("[a][a]\n"),
    // Placeholders.
    Again("{{"),
    Again("}}"),
    Again("{{a}}"),
    Again("{"),
    Again("{{\n"),
    Again("}}{{"),
    Nested("{{", "a", "}}"),
    Nested("{", "a", "}"),
    Again("TBD "),
    Again("TODO_"),
    Again("{a}"),
    Again("{root}"),
    // Code, comments, tags, entities, escapes.
    Again("`"),
    Again("`a``"),
    Again("` "),
    Again("`\n"),
    Runs("`", " "),
    Runs("`", "\n"),
    Runs("`", "a\\"),
    Runs("~", "\n"),
    Again("```\n"),
    Again("~~~\n```\n"),
    Again("<"),
    Again("<a"),
    Again("<a "),
    Again("<a b='"),
    Again("<a b=\""),
    Again("<a b=c "),
    Between("<a", " b", ""),
    Between("<a", " b='c'", ">"),
    Between("<a", " ", ">"),
    Again("<!--"),
    Again("<!-- "),
    Again("-->"),
    Again("<!---->"),
    Again("<!-- a -- b -->"),
    Again("<!--\n"),
    Again("<!-- -->\n"),
    Between("<!--", "-", ""),
    Again("<?"),
    Again("<!A"),
    Again("<![CDATA["),
    Again("<div>\n"),
    Again("<div>\n\n"),
    Again("<pre>"),
    Again("<script>\n"),
    Again("</a"),
    Nested("<b>", "a", "</b>"),
    Again("&"),
    Again("&a"),
    Again("&a;"),
    Again("&nbsp;"),
    Again("&#91;"),
    Again("&#1"),
    Again("&#x5b;"),
    Again("\\"),
    Again("\\["),
    Again("\\`"),
    Again("\\\\|"),
    Again("*"),
    Again("**a"),
    Again("_"),
    Nested("*", "a", "*"),
    Again("*a _b "),
    // Lines.
    Again("\n"),
    Again("\r"),
    Again("\r\n"),
    Again("a"),
    Again(" "),
    Again("\t"),
    Again("a\n"),
    Again("a "),
    Again(" a\n"),
    Again("\n\n a"),
    Counted("", "line ", "\n"),
    Again("\u{feff}"),
    // Lists and quotes.
    Again("- "),
    Again("* "),
    Again("1. "),
    Again("9) - "),
    Again(">"),
    Again("> "),
    Again("> - "),
    Between("", "- ", "a"),
    Between("", "- ", "```"),
    Again("- a\n"),
    Again("- ```\n"),
    Again("1. a\n"),
    Nested("- ", "a\n", "\n"),
    Again("- **1.1** a\n"),
    // Headings.
    Again("#"),
    Again("# "),
    Again("# a\n"),
    Again("# \n"),
    Again("## a\n# b\n"),
    Again("# A\n<!-- locked -->\n"),
    Again("# A\n<!-- open: execution -->\na\n"),
    Again("###### 1.1 a\n"),
    Again("a\n-\n"),
    Counted("", "# a ", "\n"),
    Counted("", "## 1.", " a\ntext\n"),
    Counted("", "# 1.", "\n<!-- open: execution -->\n"),
    Between("# ", "a", "\nb\n"),
    Between("# 1", ".1", "\n"),
    Between("# A\n<!-- open: ", "a,", " -->\n"),
    Counted("", "# A\n<!-- open: a", " -->\n"),
    // Tables.
    Again("|"),
    Again("||\n"),
    Nested("|", "|\n", "-|"),
    Between("  ```\n", "a\n", ""),
    Between("<div>\n", "# a\n", ""),
    Again("| a "),
    Again("|-"),
    Again("|-|\n"),
    Again("| a |\n|-|\n"),
    Again("\\|"),
    Between("| a |\n|-|\n", "| b |\n", ""),
    Between("|a|\n|-|\n", "|b|c|\n", ""),
    Counted("", "| EI-", " | a |\n"),
    Counted("", "| EI-", " |\n|-|\n"),
    // Characters.
    Again("ä"),
    Again("\u{301}"),
    Again("a\u{301}\u{308}"),
    Again("\u{200b}"),
    Again("T\u{200b}"),
    Again("\u{202e}"),
    Again("👩\u{200d}"),
    Again("\0"),
    Again("\u{1b}["),
    // YAML.
    Again("a: b\n"),
    Counted("", "k", ": v\n"),
    Counted("", "k", ": \"v\"\n"),
    Counted("", "\"k", "\": 'v'\n"),
    Nested("[", "a", ", b]"),
    Nested("{a: ", "b", "}"),
    Nested("{\"a\": ", "1", "}"),
    Between("x: [", "a, ", "]"),
    Between("x: {", "a, ", "}"),
    Between("x: \"", "\\u0041", "\""),
    Between("x: \"", "a\n ", "\""),
    Between("x: '", "''", "'"),
    Between("x: |\n", " a\n", ""),
    Between("x: >\n", " a\n\n", ""),
    Between("x: ", "a\n ", ""),
    Again("- - "),
    Again("? "),
    Again("? ? "),
    Again("? a\n"),
    Again(": "),
    Again("!a "),
    Again("!!str "),
    Again("&a "),
    Again("*a "),
    Again("<<: "),
    Again("---\n"),
    Again("...\n"),
    Again("%A\n"),
    Again("# comment\n"),
    Again("x: # c\n"),
    Counted("", "&a", " "),
    Runs(" ", "a:\n"),
    Runs(" ", "-\n"),
    Runs("\t", "\n"),
    Between("requires: \"", "A is B, ", "\""),
    // Policies.
    Lists(&[
        ("schema: qms.workflow/1\nworkflow: worst\nstates:\n", "  SN: { phase: a }\n"),
        ("document_types:\n", "  TN: { title: a, id: \"TN-{n:3}\" }\n"),
        ("transitions:\n", "  - { action: checkout, from: SM, to: SN, by: [quality] }\n"),
    ]),
    Lists(&[
        (
            "schema: qms.workflow/1\nworkflow: worst\nstates:\n",
            "  SN: { phase: a, round: review, slot: gN }\n",
        ),
        (
            "document_types:\n",
            "  TN: { title: a, id: \"{parent}-TN\", attachment: true, parent: { types: [TM, TN, VR], states: [SN] } }\n",
        ),
        (
            "transitions:\n",
            "  - { action: aN, from: [SN, SM], to: SX, by: [gN], effects: [end_attachments] }\n",
        ),
    ]),
    Lists(&[
        (
            "schema: qms.workflow/1\nworkflow: worst\ndocument_types: {}\nstates: { S: { phase: a } }\ntransitions:\n  - { action: checkout, to: S, from: [S",
            ", SN",
        ),
        ("], by: [quality", ", gN"),
        ("] }", "\n"),
    ]),
    Counted(
        "schema: qms.policy/1\nproject: []\nusers: {}\ngroups:\n",
        "  g",
        ": { help: a, includes: [x, quality] }\n",
    ),
    Lists(&[
        ("schema: qms.policy/1\nproject: []\nusers: {}\ngroups:\n", "  gN: { help: a }\n"),
        ("  g: { help: a, includes: [g", ", hN"),
        ("] }", "\n"),
    ]),
    Lists(&[("schema: qms.actions/1\nactions:\n", "  aN: { label: a, help: b, sop: \"SOP-001#N\" }\n")]),
    // JSON.
    Nested("{\"a\":", "1", "}"),
    Nested("[", "1", "]"),
    Again("[1,"),
    Again("\"\\u0000\","),
    Again("{\"a\":1},"),
    Counted("", "\"k", "\":1,"),
    Between("\"", "\\\\", "\""),
    // Shell lines.
    Again("$("),
    Nested("$(", "qms", ")"),
    Again("${"),
    Nested("${a:-", "qms", "}"),
    Nested("\"$(", "qms", ")\""),
    Again("$(("),
    Nested("$((", "1", "))"),
    Again("$["),
    Again("$'"),
    Again("'"),
    Again("\""),
    Again("'a'"),
    Again("\"a\""),
    Again("("),
    Nested("(", "qms", ")"),
    Nested("{ ", "qms", "; }"),
    Again("<<A "),
    Again("<<A\n"),
    Counted("", "<<A", " "),
    Counted("", "<<A", "\n"),
    Again("<(a"),
    Again(">a "),
    Again("a;"),
    Again("a|"),
    Again("qms;"),
    Again("awk;"),
    Again("awk "),
    Between("system ", "awk;", ""),
    Again("eval "),
    Between("", "eval ", "qms"),
    Between("", "sudo ", "qms"),
    Between("", "sudo -a ", "qms"),
    Between("", "sudo --a ", "qms"),
    Between("", "env A=1 ", "qms"),
    Between("", "A=1 ", "qms"),
    Between("", "find -exec ", "qms"),
    Between("", "sh -c ", "qms"),
    Between("", "! ", "qms"),
    Between("sudo ", "-x '", "qms"),
    Between("case ", "a) ", ""),
    Again("case a in "),
    Again("a)"),
    Again("q$a"),
    Between("qms", "$a", ""),
    Between("q", "*", "s"),
    Between("*", "q*", "s"),
    Again("~"),
    Again("{a,b}"),
    Again("[a"),
    Again("\\\n"),
    // Digits that could be a secret.
    Again("0123456789abcdef\n"),
    Again("0123456789abcde\n  "),
    Again("0a "),
    Again("MTIzNDU2\r\n"),
    Between("", "31", "%31"),
    Between("", "MTEx", "%4d"),
    Runs("e", " "),
    // Tokens, tickets, checkpoints, ids.
    Again("qms"),
    Again("qms_"),
    Again("qms_0001020304050607_"),
    Again("0"),
    Again("%"),
    Again("%30"),
    Again("A"),
    Again("A-"),
    Again("a.b"),
    Again("\n\n— a AAAA\n"),
    Again("— a b\n"),
];
