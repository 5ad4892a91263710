//! Our entries in settings: out of them, and into them, by cutting and putting in alone.
//!
//! What is put in can be told from what was there before it, so that it goes without a trace: a list or an object
//! that had nothing in it gets its first part behind a sign of ours (two spaces), one that we made is in lines.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value, json};

use super::parts::{Inside, Misshapen, SPACE};
use super::{Group, Handler, HookSettings};

/// What is before our first part in a list or an object of others that was empty.
const WAS_EMPTY: &str = "  ";

/// What is behind our object in a file of others that was blank.
const WAS_BLANK: &str = "\n\n";

/// How a line is indented where others indent none.
const INDENT: &str = "  ";

/// More is no indent of anybody, in bytes.
const INDENT_MAX: usize = 8;

impl Group {
    /// Tells of each handler whether it runs one of these commands.
    fn runs(&self, commands: &BTreeSet<&str>) -> Vec<bool> {
        let is_one = |own: &Handler| own.command.as_deref().is_some_and(|own| commands.contains(own));
        self.handlers.iter().map(is_one).collect()
    }
}

impl HookSettings<'_> {
    /// Writes the settings without our hook, and with `command` as it, if there is one; `None` where no file is left,
    /// or was there.
    pub fn with(&self, command: Option<&str>) -> Result<Option<String>, Misshapen> {
        let ours = self.ours();
        match command {
            Some(command) if ours.is_empty() => return Ok(Some(self.entered(command))),
            Some(command) if !self.is_whole(command) => {}
            None if !ours.is_empty() => {}
            _ => return Ok(self.text.map(str::to_owned)),
        }
        let without = self.without(&ours);
        match command {
            Some(command) => Ok(Some(HookSettings::read(self.runtime, without.as_deref())?.entered(command))),
            None => Ok(without),
        }
    }

    /// Takes these commands out.
    fn without(&self, ours: &BTreeSet<&str>) -> Option<String> {
        let text = self.text?;
        let (Some(root), Some((number, hooks))) = (&self.root, &self.hooks) else {
            return Some(text.to_owned());
        };
        let (mut cuts, mut events) = (Vec::new(), Vec::new());
        for event in &self.events {
            let runs: Vec<Vec<bool>> = event.groups.iter().map(|group| group.runs(ours)).collect();
            let whole = event.groups.iter().zip(&runs);
            let gone: Vec<bool> = whole.map(|(group, runs)| group.is_plain && all(runs)).collect();
            let goes = event.inside.as_ref().is_some_and(|inside| self.goes(inside, &gone));
            events.push(goes);
            let Some(inside) = event.inside.as_ref().filter(|_| !goes) else { continue };
            self.cut(inside, &gone, &mut cuts);
            for ((group, runs), _) in event.groups.iter().zip(&runs).zip(&gone).filter(|(_, gone)| !**gone) {
                if let Some(list) = &group.list {
                    self.cut(list, runs, &mut cuts);
                }
            }
        }
        if !self.goes(hooks, &events) {
            self.cut(hooks, &events, &mut cuts);
            return Some(cut_out(text, cuts));
        }
        let members: Vec<bool> = (0..root.parts.len()).map(|part| part == *number).collect();
        if !self.goes(root, &members) {
            let mut cuts = Vec::new();
            self.cut(root, &members, &mut cuts);
            return Some(cut_out(text, cuts));
        }
        let before = text.get(..root.open.saturating_sub(1)).unwrap_or_default();
        match text.get(root.close + 1..).unwrap_or_default() {
            WAS_BLANK => Some(before.to_owned()),
            behind if before.is_empty() && behind.trim_matches(SPACE).is_empty() => None,
            behind => Some(format!("{before}{{}}{behind}")),
        }
    }

    /// Tells whether a list or an object goes with its parts: where all do, and others never had it empty.
    fn goes(&self, inside: &Inside, gone: &[bool]) -> bool {
        let first = inside.parts.first().map(|first| inside.open..first.start);
        all(gone) && first.and_then(|before| self.plain.text.get(before)) != Some(WAS_EMPTY)
    }

    /// Cuts parts of a list or an object out of it, each with the comma that is there for it.
    fn cut(&self, inside: &Inside, gone: &[bool], cuts: &mut Vec<Range<usize>>) {
        let last_kept = gone.iter().rposition(|gone| !gone);
        for (number, (part, gone)) in inside.parts.iter().zip(gone).enumerate() {
            let comma = self.comma(inside, number);
            if *gone {
                cuts.push(self.start_of(part, comma.as_ref())..part.end);
            }
            if *gone || Some(number) == last_kept && number + 1 < inside.parts.len() {
                cuts.extend(comma);
            }
        }
    }

    /// Finds the comma behind a part, where another part is behind it.
    fn comma(&self, inside: &Inside, number: usize) -> Option<Range<usize>> {
        let (end, next) = (inside.parts.get(number)?.end, inside.parts.get(number + 1)?.start);
        let at = end + self.plain.text.get(end..next)?.find(',')?;
        Some(at..at + 1)
    }

    /// Finds where a part begins with the space before it.
    fn start_of(&self, part: &Range<usize>, comma: Option<&Range<usize>>) -> usize {
        let text = self.text.unwrap_or_default();
        let before = text.get(..part.start).unwrap_or_default().trim_end_matches(SPACE).len();
        let comments = &self.plain.line_comments;
        let comment = comments.get(..comments.partition_point(|end| *end <= part.start));
        let Some(comment) = comment.and_then(<[usize]>::last).filter(|end| **end >= before) else {
            return before;
        };
        // A comment before it ends with its line: what follows must not come into it.
        let behind = text.get(comma.map_or(part.end, |comma| comma.end)..).unwrap_or_default();
        let space = behind.len() - behind.trim_start_matches(SPACE).len();
        let ends = behind.get(..space).is_some_and(|space| space.contains('\n'));
        let line = text.get(*comment..part.start).and_then(|line| line.find('\n')).unwrap_or_default();
        if ends { *comment } else { comment + line + 1 }
    }

    /// Enters a command where none of ours is.
    fn entered(&self, command: &str) -> String {
        let text = self.text.unwrap_or_default();
        let new = Lines { unit: self.unit(), end: if text.contains("\r\n") { "\r\n" } else { "\n" } };
        let group = |matcher: Option<&str>| {
            let mut group = Map::new();
            group.extend(matcher.map(|matcher| ("matcher".to_owned(), json!(matcher))));
            group.insert("hooks".to_owned(), json!([{"type": "command", "command": command}]));
            Value::Object(group)
        };
        let events = self.runtime.events().iter();
        let all = || events.clone().map(|(event, matcher)| ((*event).to_owned(), json!([group(*matcher)])));
        let Some(root) = &self.root else {
            let whole = new.value(&json!({ "hooks": all().collect::<Map<_, _>>() }), 0);
            return format!("{text}{whole}{}", if self.text.is_some() { WAS_BLANK } else { "\n" });
        };
        let mut puts = Vec::new();
        let Some((_, hooks)) = &self.hooks else {
            self.put(root, &new, 1, &[new.member("hooks", &Value::Object(all().collect()), 1)], &mut puts);
            return put_in(text, puts);
        };
        let mut missing = Vec::new();
        for (event, matcher) in events.clone() {
            let there = self.events.iter().find(|there| there.name == *event);
            match there.and_then(|there| there.inside.as_ref()) {
                Some(inside) => self.put(inside, &new, 3, &[new.value(&group(*matcher), 3)], &mut puts),
                None => missing.push(new.member(event, &json!([group(*matcher)]), 2)),
            }
        }
        self.put(hooks, &new, 2, &missing, &mut puts);
        put_in(text, puts)
    }

    /// Puts parts behind those of a list or an object.
    fn put(
        &self,
        inside: &Inside,
        new: &Lines<'_>,
        depth: usize,
        parts: &[String],
        puts: &mut Vec<(usize, String)>,
    ) {
        let line = new.line(depth);
        let parts = parts.join(&format!(",{line}"));
        if parts.is_empty() {
            return;
        }
        let Some(last) = inside.parts.last() else {
            puts.push((inside.open, format!("{WAS_EMPTY}{parts}")));
            return;
        };
        // A comment of the last part stays with it.
        let rest = self.text.and_then(|text| text.get(last.end..inside.close)).unwrap_or_default();
        puts.push((last.end, ",".to_owned()));
        puts.push((last.end + rest.trim_end_matches(SPACE).len(), format!("{line}{parts}")));
    }

    /// Returns how others indent.
    fn unit(&self) -> &str {
        let first =
            self.root.as_ref().and_then(|root| root.parts.first().map(|first| root.open..first.start));
        let before = first.and_then(|before| self.plain.text.get(before)).unwrap_or_default();
        let unit = before.rsplit_once('\n').map(|(_, unit)| unit).unwrap_or_default();
        let is_unit = !unit.is_empty() && unit.len() <= INDENT_MAX && !unit.contains('\r');
        if is_unit { unit } else { INDENT }
    }
}

fn all(gone: &[bool]) -> bool {
    !gone.is_empty() && gone.iter().all(|gone| *gone)
}

/// How lines of ours begin and end.
struct Lines<'a> {
    unit: &'a str,
    end: &'static str,
}

impl Lines<'_> {
    fn line(&self, depth: usize) -> String {
        format!("{}{}", self.end, self.unit.repeat(depth))
    }

    fn member(&self, name: &str, value: &Value, depth: usize) -> String {
        format!("{}: {}", json!(name), self.value(value, depth))
    }

    /// Writes a value whose first line is at this depth.
    fn value(&self, value: &Value, depth: usize) -> String {
        let pretty = format!("{value:#}");
        let mut lines = pretty.lines();
        let mut written = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            let rest = line.trim_start_matches(' ');
            written += &self.line(depth + (line.len() - rest.len()) / 2);
            written += rest;
        }
        written
    }
}

fn cut_out(text: &str, mut cuts: Vec<Range<usize>>) -> String {
    cuts.sort_by_key(|cut| cut.start);
    let (mut written, mut from) = (String::new(), 0);
    for cut in cuts {
        written += text.get(from..cut.start).unwrap_or_default();
        from = cut.end;
    }
    written + text.get(from..).unwrap_or_default()
}

fn put_in(text: &str, mut puts: Vec<(usize, String)>) -> String {
    puts.sort_by_key(|(at, _)| *at);
    let (mut written, mut from) = (String::new(), 0);
    for (at, put) in puts {
        written += text.get(from..at).unwrap_or_default();
        written += &put;
        from = at;
    }
    written + text.get(from..).unwrap_or_default()
}
