//! What a line begins with: room, marks of lists, and what begins a block.

/// Deepest column at which a block begins; from the next on, a line is indented code.
pub(super) const INDENT_MAX: usize = 3;

/// What a line begins with.
#[derive(Clone, Copy)]
pub(super) struct Beginning<'a> {
    /// The column of its first text, and that text on.
    pub(super) column: usize,
    pub(super) rest: &'a str,
    /// The same behind the marks of lists, where there are any.
    pub(super) item: Option<(usize, &'a str)>,
}

impl<'a> Beginning<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        let (column, rest) = indent(line, 0);
        Self { column, rest, item: item_content(column, rest) }
    }
}

/// Counts the columns of the white space that a text at `column` begins with; a tab goes to the next
/// multiple of four.
pub(super) fn indent(text: &str, column: usize) -> (usize, &str) {
    let rest = text.trim_start_matches([' ', '\t']);
    let white = text.get(..text.len() - rest.len()).unwrap_or_default();
    (white.chars().fold(column, |at, c| if c == '\t' { at / 4 * 4 + 4 } else { at + 1 }), rest)
}

/// Counts how often a text begins with a character.
pub(super) fn run(text: &str, mark: char) -> usize {
    text.len() - text.trim_start_matches(mark).len()
}

/// The first content of a list item, however many lists it is in, and its column.
fn item_content(mut column: usize, mut text: &str) -> Option<(usize, &str)> {
    let mut found = None;
    while let Some(content) = item(column, text) {
        (column, text) = content;
        found = Some(content);
    }
    found
}

/// The text behind the mark of a list, and its column.
fn item(column: usize, text: &str) -> Option<(usize, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let after = match digits {
        0 => text.strip_prefix(['-', '+', '*']),
        1..=9 => text.get(digits..)?.strip_prefix(['.', ')']),
        _ => None,
    }?;
    let content = column + text.len() - after.len();
    let (at, rest) = indent(after, content);
    // More room than this, and the item begins with indented code.
    if !(1..=INDENT_MAX + 1).contains(&(at - content)) {
        return None;
    }
    Some((at, rest))
}

/// The character and the length of a fence that begins code.
pub(super) fn fence(text: &str) -> Option<(char, usize)> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = run(text, mark);
    let is_span = mark == '`' && text.get(length..)?.contains('`');
    (length >= 3 && !is_span).then_some((mark, length))
}

/// Tells whether a line makes a heading of the paragraph before it.
pub(super) fn is_underline(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '\t']);
    ['=', '-'].iter().any(|mark| !text.is_empty() && run(text, *mark) == text.len())
}

pub(super) fn heading_level(text: &str) -> Option<u8> {
    let level = run(text, '#');
    let is_heading = text.get(level..)?.chars().next().is_none_or(|c| c == ' ' || c == '\t');
    u8::try_from(level).ok().filter(|level| is_heading && (1..=6).contains(level))
}
