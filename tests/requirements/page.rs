//! The page: numbered sentences under headings, and what is wrong with it.

use std::collections::BTreeMap;

/// What stands before every number.
pub const PREFIX: &str = "REQ-";

/// How a requirement begins on the page.
const ITEM: &str = "- **REQ-";

/// What follows the number of a requirement that was given up.
const WITHDRAWN: &str = "(withdrawn) ";

/// A promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The heading that it stands under.
    pub area: String,
    /// What is promised.
    pub sentence: String,
    /// It was given up; its number stays its own.
    pub is_withdrawn: bool,
}

/// The page as it was read.
#[derive(Debug, Default)]
pub struct Page {
    /// The requirements by their numbers.
    pub requirements: BTreeMap<u32, Requirement>,
    /// The headings that have requirements, in the order of the page.
    pub areas: Vec<String>,
    /// The failures of the field, each with the requirements that it names.
    pub failures: BTreeMap<usize, Vec<u32>>,
    /// What is wrong.
    pub faults: Vec<String>,
}

/// Reads a number of three digits that follows the prefix.
pub fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix(PREFIX)?;
    let is_number = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten().filter(|number| *number > 0)
}

/// Writes a number as it stands everywhere.
pub fn called(number: u32) -> String {
    format!("{PREFIX}{number:03}")
}

/// Reads numbers between commas.
pub fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split(", ").map(number).collect()
}

impl Page {
    /// Reads the page.
    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut area = "";
        let mut newest = 0;
        let mut lines = (1..).zip(text.lines()).peekable();
        while let Some((at, line)) = lines.next() {
            if let Some(heading) = line.strip_prefix("## ") {
                (area, newest) = (heading, 0);
            } else if line.starts_with(ITEM) {
                let mut item = line.to_owned();
                while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with("  ")) {
                    item = format!("{item} {}", more.trim());
                }
                match Self::item(&item) {
                    Some(found) => page.add(at, area, &mut newest, found),
                    None => page.faults.push(format!("line {at}: `{item}` is no requirement")),
                }
            } else if line.starts_with("| ") {
                page.failure(at, line);
            } else if line.contains(PREFIX) && number_in(line) {
                page.faults.push(format!("line {at}: a number stands where no requirement begins"));
            }
        }
        page.check_numbers();
        page
    }

    fn item(item: &str) -> Option<(u32, bool, &str)> {
        let (name, rest) = item.strip_prefix("- **")?.split_once("** ")?;
        let sentence = rest.strip_prefix(WITHDRAWN);
        Some((number(name)?, sentence.is_some(), sentence.unwrap_or(rest)))
    }

    fn add(&mut self, at: usize, area: &str, newest: &mut u32, found: (u32, bool, &str)) {
        let (number, is_withdrawn, sentence) = found;
        let name = called(number);
        if area.is_empty() {
            self.faults.push(format!("line {at}: {name} stands under no heading"));
        }
        if number <= *newest {
            self.faults.push(format!("line {at}: {name} stands after {}", called(*newest)));
        }
        *newest = number;
        // One promise is one sentence: a stop within it begins another.
        if !sentence.ends_with('.') || sentence.contains(". ") {
            self.faults.push(format!("line {at}: {name} is not one sentence"));
        }
        if self.requirements.values().any(|other| other.sentence == sentence) {
            self.faults.push(format!("line {at}: {name} says what another one says"));
        }
        if self.areas.last().is_none_or(|last| last != area) {
            self.areas.push(area.to_owned());
        }
        let requirement = Requirement { area: area.to_owned(), sentence: sentence.to_owned(), is_withdrawn };
        if self.requirements.insert(number, requirement).is_some() {
            self.faults.push(format!("line {at}: {name} is given twice"));
        }
    }

    /// Reads a row of the table of failures: number, what happened, requirements.
    fn failure(&mut self, at: usize, line: &str) {
        let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").map(str::trim).collect();
        let &[failure, _, named] = cells.as_slice() else { return };
        let Ok(failure) = failure.parse() else { return };
        match numbers(named) {
            Some(named) => drop(self.failures.insert(failure, named)),
            None => self.faults.push(format!("line {at}: failure {failure} names no requirement")),
        }
    }

    /// A number that is missing was given to something that is gone.
    fn check_numbers(&mut self) {
        let last = self.requirements.keys().next_back().copied().unwrap_or_default();
        let missing = (1..last).filter(|number| !self.requirements.contains_key(number));
        let faults: Vec<String> = missing
            .map(|number| format!("{} is missing: what is given up stays, as withdrawn", called(number)))
            .collect();
        self.faults.extend(faults);
        for (failure, named) in &self.failures {
            for number in named {
                match self.requirements.get(number) {
                    Some(requirement) if !requirement.is_withdrawn => {}
                    _ => {
                        self.faults.push(format!("failure {failure}: {} is no requirement", called(*number)));
                    }
                }
            }
        }
    }
}

/// Tells whether a line has the prefix with a digit after it.
fn number_in(line: &str) -> bool {
    line.split(PREFIX).skip(1).any(|after| after.starts_with(|first: char| first.is_ascii_digit()))
}
