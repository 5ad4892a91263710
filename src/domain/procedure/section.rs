//! The text of a procedure, taken apart into its sections.

use std::fmt;

use super::{Citation, NotThere};
use crate::domain::front_matter;
use crate::domain::nearest::nearest;

/// How many sections are suggested in the place of one that does not exist.
const SUGGESTED: usize = 3;

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its number, such as `7`, or `7.3`.
    pub number: String,
    /// Its heading without the number; a clause has none.
    pub title: Option<String>,
    /// All of it, heading and sections within it included.
    pub text: String,
}

/// The text of a procedure, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Procedure {
    /// The title that its front matter gives.
    pub title: Option<String>,
    /// Its sections, in order. Of two with one number the first is meant.
    pub sections: Vec<Section>,
}

/// Where a line leads: into a section that it begins, out of those that it ends.
enum Mark<'t> {
    /// A heading of a level from 1 to 6, with its words.
    Heading(usize, &'t str),
    /// A list item.
    Item(&'t str),
    /// A line of text that is part of no list.
    Outside,
    /// Whatever goes on with what was there.
    More,
}

/// How deep a clause is: deeper than any heading.
const CLAUSE: usize = 7;

impl Procedure {
    /// Takes a text apart. Every text can be: one without numbers has no sections.
    pub fn parse(text: &str) -> Self {
        let body = front_matter::split(text).map_or(text, |(_, body)| body);
        let title = front_matter::parse("", text.as_bytes()).ok();
        let title = title.and_then(|read| read.field("title").map(str::to_owned));
        let mut sections: Vec<Section> = Vec::new();
        // The open sections, the outermost first: how deep each is, and where it stands.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut fence = Fence::default();
        let mut follows_blank = true;
        for line in body.lines() {
            let mark = if fence.takes(line) { Mark::More } else { mark(line, follows_blank) };
            follows_blank = line.trim().is_empty();
            let begun = match mark {
                Mark::Heading(level, words) => {
                    open.retain(|(depth, _)| *depth < level);
                    numbered(words).map(|(number, title)| (level, number, Some(title.to_owned())))
                }
                Mark::Item(words) => {
                    open.retain(|(depth, _)| *depth < CLAUSE);
                    clause(words).map(|number| (CLAUSE, number, None))
                }
                Mark::Outside => {
                    open.retain(|(depth, _)| *depth < CLAUSE);
                    None
                }
                Mark::More => None,
            };
            if let Some((depth, number, title)) = begun {
                open.push((depth, sections.len()));
                sections.push(Section { number: number.to_owned(), title, text: String::new() });
            }
            for (_, at) in &open {
                if let Some(section) = sections.get_mut(*at) {
                    section.text.push_str(line);
                    section.text.push('\n');
                }
            }
        }
        for section in &mut sections {
            section.text.truncate(section.text.trim_end().len());
        }
        Self { title, sections }
    }

    /// Finds a section by its number.
    pub fn section(&self, number: &str) -> Option<&Section> {
        let number = number.trim_end_matches('.');
        self.sections.iter().find(|section| section.number == number)
    }

    /// Finds the section that is cited of it, or those that were probably meant; `None` for all of it.
    pub fn cited(&self, citation: &Citation) -> Result<Option<&Section>, NotThere> {
        let Some(number) = &citation.section else { return Ok(None) };
        self.section(number).map(Some).ok_or_else(|| {
            let cite = |section: &Section| {
                let number = Some(section.number.clone());
                (Citation { section: number, ..citation.clone() }, section.title.clone())
            };
            NotThere::Section {
                procedure: citation.procedure.clone(),
                number: number.clone(),
                near: self.near(number).into_iter().map(cite).collect(),
            }
        })
    }

    /// Lists its headings, which are its outline: clauses have no title.
    pub fn outline(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| section.title.is_some())
    }

    /// Lists the sections that somebody who asked for `wanted` probably meant, the nearest first.
    fn near(&self, wanted: &str) -> Vec<&Section> {
        let Some(numbers) = parts(wanted) else { return self.called(wanted) };
        // Where nothing is numbered like it, the section around it is looked for.
        (0..numbers.len())
            .rev()
            .map(|depth| self.beside(&numbers, depth))
            .find(|near| !near.is_empty())
            .unwrap_or_default()
    }

    /// The sections that differ from `wanted` in the number at `depth`, and have none behind it.
    fn beside(&self, wanted: &[u32], depth: usize) -> Vec<&Section> {
        let (Some(around), Some(asked)) = (wanted.get(..depth), wanted.get(depth)) else { return Vec::new() };
        let mut near: Vec<(u32, &Section)> = self
            .sections
            .iter()
            .filter_map(|section| match parts(&section.number)?.split_last()? {
                (last, before) if before == around => Some((last.abs_diff(*asked), section)),
                _ => None,
            })
            .collect();
        near.sort_by_key(|(distance, _)| *distance);
        near.into_iter().take(SUGGESTED).map(|(_, section)| section).collect()
    }

    /// The sections whose title says `word`, or is likest to it.
    fn called(&self, word: &str) -> Vec<&Section> {
        let word = word.to_lowercase();
        let title = |section: &Section| section.title.as_deref().unwrap_or_default().to_lowercase();
        let saying: Vec<_> = self.outline().filter(|it| title(it).contains(&word)).take(SUGGESTED).collect();
        if !saying.is_empty() {
            return saying;
        }
        let titles: Vec<String> = self.outline().map(title).collect();
        let likest = nearest(&word, titles.iter().map(String::as_str));
        self.outline().find(|section| likest == Some(title(section).as_str())).into_iter().collect()
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.title {
            Some(title) => write!(f, "{} {title}", self.number),
            None => f.write_str(&self.number),
        }
    }
}

/// A block of code between fences, in which nothing is a heading.
#[derive(Default)]
struct Fence<'t>(Option<&'t str>);

impl<'t> Fence<'t> {
    /// Tells whether a line is part of a block of code.
    fn takes(&mut self, line: &'t str) -> bool {
        let trimmed = line.trim_start();
        let Some(open) = self.0 else {
            let mark = ["`", "~"].into_iter().find_map(|sign| run_of(trimmed, sign));
            self.0 = mark;
            return mark.is_some();
        };
        let sign = open.get(..1).unwrap_or_default();
        // It is closed by as many signs as it was opened with, or more, and nothing behind them.
        if run_of(trimmed, sign).is_some_and(|run| run.len() >= open.len() && trimmed.trim_end() == run) {
            self.0 = None;
        }
        true
    }
}

/// The run of at least three signs that a line begins with.
fn run_of<'t>(line: &'t str, sign: &str) -> Option<&'t str> {
    let rest = line.trim_start_matches(sign);
    line.get(..line.len() - rest.len()).filter(|run| run.len() >= 3)
}

fn mark(line: &str, follows_blank: bool) -> Mark<'_> {
    let trimmed = line.trim_start();
    let is_indented = line.len() > trimmed.len();
    let rest = trimmed.trim_start_matches('#');
    let level = trimmed.len() - rest.len();
    if (1..=6).contains(&level) && rest.starts_with([' ', '\t']) && line.len() - trimmed.len() < 4 {
        let words = rest.trim();
        let closed = words.trim_end_matches('#');
        return Mark::Heading(level, if closed.ends_with(' ') { closed.trim_end() } else { words });
    }
    match trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* ")) {
        Some(words) if !is_indented => Mark::Item(words.trim_start()),
        // A list ends with text that stands after a blank line, to the left of what is in it.
        None if follows_blank && !is_indented && !trimmed.is_empty() => Mark::Outside,
        _ => Mark::More,
    }
}

/// Splits the words of a heading into its number and its title.
fn numbered(words: &str) -> Option<(&str, &str)> {
    let (first, title) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    Some((number(first)?, title.trim()))
}

/// Finds the number that a clause begins with, in bold.
fn clause(words: &str) -> Option<&str> {
    number(words.strip_prefix("**")?.split_once("**")?.0)
}

/// Returns a word that is a number of a section, without the full stop behind it.
fn number(word: &str) -> Option<&str> {
    let word = word.strip_suffix('.').unwrap_or(word);
    parts(word).map(|_| word)
}

/// Splits a number such as `7.3` into its parts; `None` where it is none.
fn parts(number: &str) -> Option<Vec<u32>> {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    number.split('.').map(|part| if is_digits(part) { part.parse().ok() } else { None }).collect()
}
