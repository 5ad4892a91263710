//! SVG, for readers.

use std::fmt::Write as _;

use super::diagram::{Diagram, Look, Node, diagram};
use super::layers::{Point, Route, Size, length};
use super::place::{LEADING, NAME, PADDING, SMALL, What, place, size_of_label, small_lines};
use crate::domain::policy::Workflow;

/// Space around everything, in pixels.
const AROUND: f64 = 24.0;

/// Least width, in pixels, so that the notes have room.
const WIDTH: f64 = 620.0;

/// Draws a life cycle as an SVG image; `None` where it is too large for one.
pub fn svg(workflow: &Workflow) -> Option<String> {
    let shown = diagram(workflow);
    let places = place(&shown)?;
    let notes = notes(&shown);
    let header = 2.0 * AROUND + 30.0;
    let footer = 2.0 * AROUND + LEADING * 1.6 * (length(notes.len()) + 1.0);
    let title = length(shown.title.chars().count()) * NAME.1;
    let width = places.layout.size.width.max(title).max(WIDTH) + 2.0 * AROUND;
    let height = places.layout.size.height + header + footer;
    let mut out = String::new();
    let _ = write!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {0} {1}" width="{0}" height="{1}" font-family="Helvetica, Arial, sans-serif">
<title>{2}</title>
<defs>
<marker id="end" viewBox="0 0 10 8" refX="9.5" refY="4" markerWidth="9" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 L10 4 L0 8 z" fill="#374151"/></marker>
</defs>
<rect width="{0}" height="{1}" fill="#ffffff"/>
<text x="{3}" y="{4}" font-size="20" font-weight="bold" fill="#111827">{2}</text>
<g transform="translate({3} {5})">
"##,
        number(width),
        number(height),
        escaped(&shown.title),
        number(AROUND),
        number(AROUND + 20.0),
        number(header),
    );
    let lines = || places.layout.lines.iter().zip(&places.lines);
    for (route, (_, dashed)) in lines() {
        draw_line(&mut out, route, *dashed);
    }
    for (middle, (what, size)) in places.layout.boxes.iter().zip(&places.boxes) {
        draw_box(&mut out, &shown, *what, *middle, *size);
    }
    for (route, (words, _)) in lines() {
        draw_label(&mut out, route.label, words);
    }
    out.push_str("</g>\n");
    draw_notes(&mut out, &shown, &notes, height - footer + AROUND);
    out.push_str("</svg>\n");
    Some(out)
}

/// A line leaves and enters every point straight up or down.
fn draw_line(out: &mut String, route: &Route, dashed: bool) {
    let mut path = String::new();
    let mut last: Option<Point> = None;
    for point in &route.points {
        let (x, y) = (number(point.x), number(point.y));
        let _ = match last {
            None => write!(path, "M{x} {y}"),
            Some(last) if number(last.x) == x => write!(path, " L{x} {y}"),
            Some(last) => {
                let (from, middle) = (number(last.x), number(f64::midpoint(last.y, point.y)));
                write!(path, " C{from} {middle} {x} {middle} {x} {y}")
            }
        };
        last = Some(*point);
    }
    let pattern = if dashed { r#" stroke-dasharray="6 4""# } else { "" };
    let _ = writeln!(
        out,
        r##"<path d="{path}" fill="none" stroke="#374151" stroke-width="1.4"{pattern} marker-end="url(#end)"/>"##
    );
}

fn draw_box(out: &mut String, shown: &Diagram, what: What, middle: Point, size: Size) {
    match what {
        What::Begin => {
            let (x, y) = (number(middle.x), number(middle.y));
            let _ = writeln!(out, r##"<circle cx="{x}" cy="{y}" r="7" fill="#111827"/>"##);
        }
        What::Crowd(index) => {
            let look = r##"fill="#ffffff" stroke="#9ca3af" stroke-dasharray="4 3""##;
            rect(out, middle, size, 6.0, look);
            let from = shown.crowds.get(index).into_iter().flat_map(|crowd| &crowd.from);
            let top = middle.y - size.height / 2.0 + PADDING / 2.0;
            for (line, node) in from.filter_map(|at| shown.nodes.get(*at)).enumerate() {
                small_text(out, middle.x, top + LEADING * (length(line) + 0.75), GREY, &node.name);
            }
        }
        What::State(index) => {
            if let Some(node) = shown.nodes.get(index) {
                draw_state(out, node, middle, size);
            }
        }
    }
}

const BLACK: &str = "#111827";
const GREY: &str = "#4b5563";

fn draw_state(out: &mut String, node: &Node, middle: Point, size: Size) {
    draw_frame(out, node.look, middle, size, 3.5);
    let y = middle.y - size.height / 2.0 + PADDING + NAME.0 * 0.85;
    let _ = writeln!(
        out,
        r#"<text x="{}" y="{}" font-size="{}" font-weight="bold" text-anchor="middle" fill="{BLACK}">{}</text>"#,
        number(middle.x),
        number(y),
        NAME.0,
        escaped(&node.name)
    );
    for (line, words) in small_lines(node).iter().enumerate() {
        small_text(out, middle.x, y + LEADING * (length(line) + 1.0), GREY, words);
    }
}

/// The frame of a state; final ones are round, with a second frame at this distance inside.
fn draw_frame(out: &mut String, look: Look, middle: Point, size: Size, inset: f64) {
    let (colours, rounding) = match look {
        Look::Plain => (r##"fill="#f6f7f9" stroke="#4b5563""##, 6.0),
        Look::Review => (r##"fill="#dbeafe" stroke="#1d4ed8""##, 6.0),
        Look::Approval => (r##"fill="#fef3c7" stroke="#b45309""##, 6.0),
        Look::Final => (r##"fill="#ffffff" stroke="#111827""##, size.height / 2.5),
    };
    rect(out, middle, size, rounding, colours);
    if look == Look::Final {
        let inner = Size { width: size.width - 2.0 * inset, height: size.height - 2.0 * inset };
        rect(out, middle, inner, rounding - inset, colours);
    }
}

fn rect(out: &mut String, middle: Point, size: Size, rounding: f64, look: &str) {
    let (x, y) = (middle.x - size.width / 2.0, middle.y - size.height / 2.0);
    let [x, y, width, height, rounding] = [x, y, size.width, size.height, rounding].map(number);
    let _ = writeln!(
        out,
        r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{rounding}" stroke-width="1.4" {look}/>"#
    );
}

fn small_text(out: &mut String, x: f64, y: f64, colour: &str, words: &str) {
    let _ = writeln!(
        out,
        r#"<text x="{}" y="{}" font-size="{}" text-anchor="middle" fill="{colour}">{}</text>"#,
        number(x),
        number(y),
        SMALL.0,
        escaped(words)
    );
}

/// A label on white ground, so that its own line does not strike it through.
fn draw_label(out: &mut String, middle: Point, lines: &[String]) {
    let size = size_of_label(lines);
    rect(out, middle, size, 2.0, r##"fill="#ffffff""##);
    for (line, words) in lines.iter().enumerate() {
        let y = middle.y - size.height / 2.0 + LEADING * (length(line) + 0.78);
        small_text(out, middle.x, y, BLACK, words);
    }
}

fn notes(shown: &Diagram) -> Vec<String> {
    let mut notes = Vec::new();
    if shown.nodes.iter().any(|node| !node.stays.is_empty()) {
        notes.push("Small words in a box: what can be done without leaving the state.".to_owned());
    }
    if !shown.everywhere.is_empty() {
        notes.push(format!("In every state that is not final: {}.", shown.everywhere.join(", ")));
    }
    if !shown.crowds.is_empty() {
        notes.push("A dashed box lists states; the arrow leaves from any of them.".to_owned());
    }
    let goes_back = shown.crowds.iter().any(|crowd| !crowd.back.is_empty());
    if goes_back || shown.arrows.iter().any(|arrow| arrow.dashed) {
        notes.push("A dashed arrow leads back to the state that the round was opened from.".to_owned());
    }
    notes
}

fn draw_notes(out: &mut String, shown: &Diagram, notes: &[String], top: f64) {
    let words = [(Look::Review, "review round"), (Look::Approval, "approval round"), (Look::Final, "final")];
    let mut x = AROUND;
    for (look, word) in words.into_iter().filter(|(look, _)| shown.nodes.iter().any(|it| it.look == *look)) {
        let middle = Point { x: x + 13.0, y: top + 8.0 };
        draw_frame(out, look, middle, Size { width: 26.0, height: 16.0 }, 2.5);
        note(out, x + 34.0, top + 12.5, word);
        x += 54.0 + length(word.chars().count()) * SMALL.1;
    }
    for (line, words) in notes.iter().enumerate() {
        note(out, AROUND, top + LEADING * 1.6 * (length(line) + 1.5), words);
    }
}

fn note(out: &mut String, x: f64, y: f64, words: &str) {
    let _ = writeln!(
        out,
        r#"<text x="{}" y="{}" font-size="13" fill="{GREY}">{}</text>"#,
        number(x),
        number(y),
        escaped(words)
    );
}

/// Writes a length with one decimal place, which is finer than any screen.
fn number(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// Escapes what means something in XML (1.0, §2.4), and drops what XML cannot carry.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
