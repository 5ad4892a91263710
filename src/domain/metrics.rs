//! How reviews go: how long verdicts take, and how many of them object.
//!
//! Everything is told by the entries of the log, one by one, so that its length does not matter: a verdict
//! says when it was given, and what it changed says since when it was awaited. Counted are verdicts of
//! rounds that have ended; what is said in an open one is nobody's yet.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU64;

use super::audit::{EntryResult, EntryView, FieldName, Table, awaited_since};
use super::document::Outcome;
use super::order::Place;

/// Verdicts as they are read from the log, oldest first.
#[derive(Debug, Default)]
pub struct Reviews {
    since: Option<Place>,
    documents: Names,
    reviewers: Names,
    /// Those of rounds that have ended.
    ended: Vec<Given>,
    /// Those of rounds that have not ended so far, by document.
    open: HashMap<u32, Vec<Given>>,
}

/// A verdict that was given.
#[derive(Debug, Clone, Copy)]
struct Given {
    document: u32,
    reviewer: u32,
    outcome: Outcome,
    /// How long it was awaited, in milliseconds; `None` where the log does not say it.
    took: Option<NonZeroU64>,
}

/// Names, each kept once.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    fn name(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|at| self.names.get(at)).map_or("", String::as_str)
    }
}

/// What verdicts come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Recommendations.
    pub recommend: u64,
    /// Requests for updates.
    pub request_updates: u64,
    /// Approvals.
    pub approve: u64,
    /// Rejections.
    pub reject: u64,
    /// How long each was awaited, in milliseconds, shortest first.
    took: Vec<u64>,
}

impl Figures {
    fn add(&mut self, given: Given) {
        *match given.outcome {
            Outcome::Recommend => &mut self.recommend,
            Outcome::RequestUpdates => &mut self.request_updates,
            Outcome::Approve => &mut self.approve,
            Outcome::Reject => &mut self.reject,
        } += 1;
        self.took.extend(given.took.map(NonZeroU64::get));
    }

    /// Returns how many there are.
    pub fn verdicts(&self) -> u64 {
        self.recommend + self.request_updates + self.approve + self.reject
    }

    /// Returns how many of them object: ask for updates, or reject.
    pub fn objections(&self) -> u64 {
        self.request_updates + self.reject
    }

    /// Returns the time in milliseconds that so many percent of them did not exceed (nearest rank).
    pub fn percentile(&self, percent: usize) -> Option<u64> {
        let rank = (self.took.len() * percent).div_ceil(100);
        self.took.get(rank.checked_sub(1)?).copied()
    }
}

/// What all verdicts come to: together, by reviewer, and by the type of the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Together.
    pub total: Figures,
    /// By reviewer.
    pub reviewers: BTreeMap<String, Figures>,
    /// By type.
    pub types: BTreeMap<String, Figures>,
    /// How many there are in rounds that go on.
    pub open: u64,
}

impl Reviews {
    /// Begins to count the verdicts that were given at `since` or later.
    pub fn new(since: Option<Place>) -> Self {
        Self { since, ..Self::default() }
    }

    /// Reads the next entry.
    pub fn add(&mut self, entry: &EntryView<'_>) {
        let (EntryResult::Permitted, Some(document)) = (entry.result, entry.document) else { return };
        if let (Some(reviewer), Some(outcome)) = (entry.actor, entry.verdict)
            && self.since.is_none_or(|since| Place::of(entry.span, entry.at) >= since)
        {
            let given = Given {
                document: self.documents.number(document),
                reviewer: self.reviewers.number(reviewer),
                outcome,
                took: took(entry, reviewer),
            };
            self.open.entry(given.document).or_default().push(given);
        }
        // A round ends where the state changes, and with the state of the document that it belongs to.
        if entry.from != entry.to {
            self.end(document);
            for delta in entry.deltas().filter(|delta| delta.table == Table::Document) {
                self.end(delta.key);
            }
        }
    }

    fn end(&mut self, document: &str) {
        let number = self.documents.numbers.get(document);
        let given = number.and_then(|number| self.open.remove(number));
        self.ended.extend(given.into_iter().flatten());
    }

    /// Lists the documents with verdicts, each once.
    pub fn documents(&self) -> &[String] {
        &self.documents.names
    }

    /// Sums up. `types` names the type of each document.
    pub fn summarize(&self, types: &HashMap<String, String>) -> Summary {
        let mut summary =
            Summary { open: self.open.values().map(|given| given.len() as u64).sum(), ..Summary::default() };
        for given in &self.ended {
            let of_type = types.get(self.documents.name(given.document)).map_or("", String::as_str);
            let reviewer = self.reviewers.name(given.reviewer);
            summary.total.add(*given);
            figures(&mut summary.reviewers, reviewer).add(*given);
            figures(&mut summary.types, of_type).add(*given);
        }
        let groups = summary.reviewers.values_mut().chain(summary.types.values_mut());
        for figures in groups.chain([&mut summary.total]) {
            figures.took.sort_unstable();
        }
        summary
    }
}

/// Finds a group; names are copied only for those that are new.
fn figures<'a>(groups: &'a mut BTreeMap<String, Figures>, name: &str) -> &'a mut Figures {
    if !groups.contains_key(name) {
        groups.insert(name.to_owned(), Figures::default());
    }
    groups.entry(name.to_owned()).or_default()
}

/// How long a verdict was awaited, in milliseconds, one at least: since its giver was asked.
fn took(entry: &EntryView<'_>, reviewer: &str) -> Option<NonZeroU64> {
    let name = format!("seat/{reviewer}");
    let seat = FieldName::of(&name);
    let mut deltas = entry.deltas().filter(|delta| Some(delta.key) == entry.document);
    let field = deltas.find_map(|delta| delta.fields().find(|field| field.name == seat))?;
    let asked = awaited_since(field.old?)?;
    let took = u64::try_from(entry.at.millis().saturating_sub(asked.millis())).ok()?;
    Some(NonZeroU64::new(took).unwrap_or(NonZeroU64::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::samples::{name, new_document};
    use crate::domain::audit::{Entry, ProjectKey, Row, Sealed, row_delta};
    use crate::domain::digest::{Digest, Timestamp};
    use crate::domain::document::{Answer, Document, Round, Seat, Task};
    use crate::domain::id::UserName;

    /// A log that is told in a few words, and what is counted of it.
    struct Log {
        reviews: Reviews,
        documents: BTreeMap<&'static str, Document>,
    }

    impl Log {
        fn new(since: Option<i64>) -> Self {
            let reviews = Reviews::new(since.map(|at| Place::of(0, Timestamp::from_millis(at))));
            Self { reviews, documents: BTreeMap::new() }
        }

        /// Opens a round with these seats.
        fn open(&mut self, id: &'static str, at: i64, seats: &[&str]) {
            let mut document = new_document(id, Timestamp::from_millis(0));
            let seat = || Seat {
                assigned_by: name("claude"),
                assigned_at: Timestamp::from_millis(at),
                answer: None,
                opened_at: None,
            };
            document.state = name("IN_REVIEW");
            document.round = Some(Round {
                task: Task::Review,
                phase: name("review"),
                origin: name("DRAFT"),
                asked_by: name("claude"),
                opened_at: Timestamp::from_millis(at),
                content: document.content,
                policy: Digest::of(b""),
                dossier: None,
                seats: seats.iter().map(|user| (name(user), seat())).collect(),
            });
            self.documents.insert(id, document);
        }

        /// Lets a reviewer answer; the round ends when all have.
        fn answer(&mut self, id: &'static str, at: i64, user: &str, outcome: Outcome) {
            let before = self.documents.get(id).unwrap().clone();
            let mut after = before.clone();
            let at = Timestamp::from_millis(at);
            let round = after.round.as_mut().unwrap();
            round.seats.get_mut(&name::<UserName>(user)).unwrap().answer = Some(Answer { outcome, at });
            if round.is_complete() {
                (after.state, after.round) = (name("REVIEWED"), None);
            }
            let delta = row_delta(Some(Row::Document(&before)), Row::Document(&after));
            self.entry(Entry {
                actor: Some(name(user)),
                document: Some(name(id)),
                from: Some(before.state),
                to: Some(after.state.clone()),
                verdict: Some(outcome),
                deltas: delta.into_iter().collect(),
                at,
                ..Entry::new("review", Digest::of(b""))
            });
            self.documents.insert(id, after);
        }

        fn entry(&mut self, entry: Entry) {
            let sealed = Sealed::new(entry, &ProjectKey::new(&[7; 32]).unwrap());
            self.reviews.add(&EntryView::parse(&sealed.bytes).unwrap());
        }

        fn summary(&self) -> Summary {
            let of_type = |id: &String| (id.clone(), id.split('-').next().unwrap().to_owned());
            self.reviews.summarize(&self.reviews.documents().iter().map(of_type).collect())
        }
    }

    #[test]
    fn verdicts_count_by_reviewer_and_type_once_their_round_has_ended() {
        let mut log = Log::new(None);
        log.open("CR-001", 1_000, &["qa", "tu"]);
        log.answer("CR-001", 3_000, "tu", Outcome::RequestUpdates);
        assert_eq!((log.summary().total.verdicts(), log.summary().open), (0, 1));
        log.answer("CR-001", 11_000, "qa", Outcome::Recommend);
        log.open("SOP-001", 20_000, &["qa"]);
        log.answer("SOP-001", 20_000, "qa", Outcome::Approve);
        let summary = log.summary();
        assert_eq!((summary.total.verdicts(), summary.total.objections(), summary.open), (3, 1, 0));
        let of = |groups: &BTreeMap<String, Figures>, name: &str| {
            let it = groups.get(name).cloned().unwrap_or_default();
            (it.verdicts(), it.objections(), it.percentile(50), it.percentile(90))
        };
        assert_eq!(of(&summary.reviewers, "qa"), (2, 0, Some(1), Some(10_000)));
        assert_eq!(of(&summary.reviewers, "tu"), (1, 1, Some(2_000), Some(2_000)));
        assert_eq!(of(&summary.types, "CR"), (2, 1, Some(2_000), Some(10_000)));
        assert_eq!(of(&summary.types, "SOP"), (1, 0, Some(1), Some(1)));
    }

    #[test]
    fn refusals_and_what_was_given_before_do_not_count() {
        let mut log = Log::new(Some(5_000));
        log.open("CR-001", 1_000, &["qa"]);
        log.answer("CR-001", 4_999, "qa", Outcome::Recommend);
        log.open("CR-002", 1_000, &["qa"]);
        log.answer("CR-002", 5_000, "qa", Outcome::Recommend);
        log.entry(Entry {
            actor: Some(name("qa")),
            document: Some(name("CR-002")),
            result: EntryResult::Denied,
            verdict: Some(Outcome::Reject),
            at: Timestamp::from_millis(6_000),
            ..Entry::new("reject", Digest::of(b""))
        });
        let summary = log.summary();
        assert_eq!((summary.total.verdicts(), summary.total.reject), (1, 0));
        assert_eq!(summary.total.percentile(50), Some(4_000));
    }

    #[test]
    fn a_percentile_is_a_time_that_was_taken() {
        let figures = Figures { took: (1..=10).collect(), ..Figures::default() };
        assert_eq!((figures.percentile(50), figures.percentile(90)), (Some(5), Some(9)));
        assert_eq!((figures.percentile(100), figures.percentile(1)), (Some(10), Some(1)));
        assert_eq!(Figures::default().percentile(50), None);
    }
}
