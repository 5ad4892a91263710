//! `metrics`: how reviews go, from the log.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::table::Table;
use super::{CommandError, Context, Reply};
use crate::domain::audit::EntryView;
use crate::domain::digest::Timestamp;
use crate::domain::id::DocumentId;
use crate::domain::identity::Actor;
use crate::domain::metrics::{Figures, Reviews, Summary};
use crate::domain::order::Place;
use crate::domain::plural::counted;
use crate::domain::span;
use crate::store::{Entries, ListQuery, StoreError};

/// What to count.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum MetricsCommand {
    /// How long verdicts take and how many object, by reviewer and by type
    Reviews {
        /// Only verdicts from then on: a date such as 2026-01-31, a time, or a length of time until now
        #[arg(long, value_name = "TIME", value_parser = since)]
        since: Option<Since>,
    },
}

/// From when on something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A point in time.
    At(Timestamp),
    /// So many milliseconds before now.
    Ago(u64),
}

/// Reads from when on something counts.
fn since(text: &str) -> Result<Since, String> {
    let at = |text: String| Timestamp::try_from(text).ok().map(Since::At);
    let ago = || span::parse(text).ok().map(Since::Ago);
    at(format!("{text}T00:00:00Z")).or_else(|| at(text.to_owned())).or_else(ago).ok_or_else(|| {
        "expected a date such as 2026-01-31, a time such as 2026-01-31T08:00:00Z, or a length of time such as 30d"
            .to_owned()
    })
}

/// How reviews go.
#[derive(Debug, Serialize)]
struct ReviewsReport {
    since: Option<Timestamp>,
    total: FiguresView,
    reviewers: Vec<ReviewerView>,
    types: Vec<TypeView>,
    /// Verdicts that count when their rounds end.
    open: u64,
}

#[derive(Debug, Serialize)]
struct ReviewerView {
    user: String,
    #[serde(flatten)]
    figures: FiguresView,
}

#[derive(Debug, Serialize)]
struct TypeView {
    #[serde(rename = "type")]
    document_type: String,
    #[serde(flatten)]
    figures: FiguresView,
}

#[derive(Debug, Serialize)]
struct FiguresView {
    verdicts: u64,
    recommend: u64,
    request_updates: u64,
    approve: u64,
    reject: u64,
    /// The share of verdicts that ask for updates or reject, from 0 to 1; `None` of none.
    objecting: Option<f64>,
    median_ms: Option<u64>,
    p90_ms: Option<u64>,
}

impl FiguresView {
    fn new(figures: &Figures) -> Self {
        Self {
            verdicts: figures.verdicts(),
            recommend: figures.recommend,
            request_updates: figures.request_updates,
            approve: figures.approve,
            reject: figures.reject,
            objecting: share(figures.objections(), figures.verdicts()),
            median_ms: figures.percentile(50),
            p90_ms: figures.percentile(90),
        }
    }

    fn row(&self, name: &str, wide: bool) -> Vec<String> {
        let time = |millis: Option<u64>| millis.map_or_else(|| "-".to_owned(), length);
        let share = self.objecting.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let mut row =
            vec![name.to_owned(), self.verdicts.to_string(), share, time(self.median_ms), time(self.p90_ms)];
        if wide {
            let counts = [self.recommend, self.request_updates, self.approve, self.reject];
            row.extend(counts.map(|count| count.to_string()));
        }
        row
    }
}

/// The share of a part, in ten thousandths: as many as anybody reads, without a long tail of digits.
fn share(part: u64, whole: u64) -> Option<f64> {
    let share = (part * 10_000 + whole / 2).checked_div(whole)?;
    Some(f64::from(u32::try_from(share).ok()?) / 10_000.0)
}

/// Writes a length of time as people say it: two of its digits are enough.
fn length(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| millis >= *unit) else {
        return format!("{millis} ms");
    };
    match (millis / unit, millis % unit * 10 / unit) {
        (whole @ 0..10, tenths @ 1..) => format!("{whole}.{tenths} {name}"),
        (whole, _) => format!("{whole} {name}"),
    }
}

impl fmt::Display for ReviewsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.total;
        let approvals = (counted(it.approve, "approval"), counted(it.reject, "rejection"));
        write!(f, "{}, {}", approvals.0, approvals.1)?;
        let updates = if it.request_updates == 1 { "request" } else { "requests" };
        write!(
            f,
            "\n{}, {} {updates} for updates",
            counted(it.recommend, "recommendation"),
            it.request_updates
        )?;
        let of = |first| [first, "VERDICTS", "OBJECTING", "MEDIAN", "P90"];
        let more = ["RECOMMEND", "REQUEST UPDATES", "APPROVE", "REJECT"];
        let mut by_reviewer = Table::new(f.alternate(), &of("REVIEWER"), &more);
        let mut by_type = Table::new(f.alternate(), &of("TYPE"), &more);
        for it in &self.reviewers {
            by_reviewer.row(it.figures.row(&it.user, f.alternate()));
        }
        for it in &self.types {
            by_type.row(it.figures.row(&it.document_type, f.alternate()));
        }
        if it.verdicts > 0 {
            write!(f, "\n\n{by_reviewer}\n\n{by_type}")?;
        }
        match self.open {
            0 => Ok(()),
            1 => write!(f, "\n\n1 verdict of an open round counts when the round ends"),
            count => write!(f, "\n\n{count} verdicts of open rounds count when the rounds end"),
        }
    }
}

/// Counts what the log says about reviews.
pub fn run(context: &mut Context, command: &MetricsCommand) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let MetricsCommand::Reviews { since } = command;
    let since = since.map(|since| match since {
        Since::At(at) => at,
        Since::Ago(time) => {
            let now = context.session.now().millis();
            Timestamp::from_millis(now.saturating_sub(i64::try_from(time).unwrap_or(i64::MAX)))
        }
    });
    // What is counted and what the documents are is of one moment.
    context.session.read(&actor).begin_snapshot()?;
    let summary = summarize(context, &actor, since);
    context.session.read(&actor).end_snapshot()?;
    let Summary { total, reviewers, types, open } = summary?;
    let reviewers =
        reviewers.into_iter().map(|(user, it)| ReviewerView { user, figures: FiguresView::new(&it) });
    let types = types
        .into_iter()
        .map(|(document_type, it)| TypeView { document_type, figures: FiguresView::new(&it) });
    let report = ReviewsReport {
        since,
        total: FiguresView::new(&total),
        reviewers: reviewers.collect(),
        types: types.collect(),
        open,
    };
    Ok(Reply::new(report).by(actor))
}

fn summarize(
    context: &mut Context,
    actor: &Actor,
    since: Option<Timestamp>,
) -> Result<Summary, CommandError> {
    let order = context.session.order()?;
    let since = since.map(|since| order.place(since));
    let first = match since {
        Some(since) => first_since(context, actor, since)?,
        None => 0,
    };
    let mut reviews = Reviews::new(since);
    context.session.read(actor).entries(Entries::From(first), &mut |stored| {
        reviews.add(&parsed(stored.index, stored.bytes)?);
        Ok(())
    })?;
    let types = types_of(context, actor, reviews.documents())?;
    Ok(reviews.summarize(&types))
}

fn parsed(index: u64, bytes: &[u8]) -> Result<EntryView<'_>, StoreError> {
    EntryView::parse(bytes).map_err(|error| StoreError::Unreadable {
        table: "entries",
        key: index.to_string(),
        message: error.to_string(),
    })
}

/// Finds the first entry of a time or later: a long log is not read for its end.
fn first_since(context: &mut Context, actor: &Actor, since: Place) -> Result<u64, CommandError> {
    let (mut low, mut high) = (0, context.session.log_size()?);
    while low < high {
        let middle = low.midpoint(high);
        let mut at = None;
        let walked = context.session.read(actor).entries(Entries::From(middle), &mut |stored| {
            let entry = parsed(stored.index, stored.bytes)?;
            at = Some(Place::of(entry.span, entry.at));
            // One is enough; any error stops the walk, and this one is thrown away.
            Err(StoreError::Conflict)
        });
        match walked {
            Err(StoreError::Conflict) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
        match at {
            Some(at) if at < since => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// From so many documents on, reading all of them takes less time than looking for each.
const MANY: usize = 1_000;

/// Finds the types of documents.
fn types_of(
    context: &mut Context,
    actor: &Actor,
    ids: &[String],
) -> Result<HashMap<String, String>, CommandError> {
    let mut types = HashMap::with_capacity(ids.len());
    let store = context.session.read(actor);
    if ids.len() < MANY {
        for id in ids.iter().filter_map(|id| DocumentId::parse(id).ok()) {
            let document = store.document(&id)?;
            types.extend(document.map(|it| (id.to_string(), it.document_type.to_string())));
        }
    } else {
        store.documents(&ListQuery::default(), &mut |document| {
            types.insert(document.id.to_string(), document.document_type.to_string());
            Ok(())
        })?;
    }
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let told = [0, 999, 1_000, 1_900, 59_999, 60_000, 3_600_000 * 3 / 2, 86_400_000 * 12].map(length);
        assert_eq!(told, ["0 ms", "999 ms", "1 s", "1.9 s", "59 s", "1 min", "1.5 h", "12 d"]);
    }

    #[test]
    fn a_beginning_is_a_date_a_time_or_a_length_until_now() {
        let new_year = Since::At(Timestamp::from_millis(1_767_225_600_000));
        assert_eq!(since("2026-01-01"), Ok(new_year));
        assert_eq!(since("2026-01-01T01:00:00+01:00"), Ok(new_year));
        assert_eq!(since("30d"), Ok(Since::Ago(30 * 86_400_000)));
        for bad in ["", "2026-13-01", "yesterday", "30", "-3d"] {
            assert!(since(bad).is_err(), "{bad:?} was taken for a time");
        }
    }

    #[test]
    fn shares_are_rounded() {
        assert_eq!([share(3, 419), share(0, 5), share(5, 5)], [Some(0.0072), Some(0.0), Some(1.0)]);
        assert_eq!(share(0, 0), None);
    }
}
