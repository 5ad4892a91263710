//! `why`, `blocked`: what stands between a document and its end.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use serde::Serialize;

use super::spell::ReasonLine;
use super::table::Table;
use super::{CommandError, Context, Reply};
use crate::domain::decide::{WayStep, unmet};
use crate::domain::id::{ActionName, DocumentId, StateName, UserName};
use crate::domain::identity::Actor;
use crate::domain::policy::Policy;
use crate::store::ListQuery;

/// So deep documents may wait for each other in one tree. What lies deeper has a tree of its own, below.
const DEPTH_MAX: usize = 20;

/// A document, its way, and the documents that stand in it.
#[derive(Debug, Serialize)]
pub struct WhyReport {
    document: DocumentId,
    title: String,
    state: StateName,
    /// The state that its life cycle is for; `null` where it cannot come to one any more.
    goal: Option<StateName>,
    steps: Vec<StepLine>,
    waits_for: Vec<Self>,
    /// Whether it is shown elsewhere in this report.
    repeated: bool,
    /// Whether that is below.
    #[serde(skip)]
    is_below: bool,
    /// In the first tree: those that lie deeper than one tree reaches, which it names as shown elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deeper: Vec<Self>,
}

/// A step of the way.
#[derive(Debug, Serialize)]
struct StepLine {
    action: ActionName,
    choice: Option<String>,
    from: StateName,
    to: StateName,
    by: Vec<String>,
    missing: Vec<ReasonLine>,
}

impl StepLine {
    fn new(step: WayStep, policy: &Policy, user: &UserName) -> Self {
        let WayStep { action, choice, from, to, by, missing } = step;
        let missing = missing.iter().map(|reason| ReasonLine::new(reason, policy, user)).collect();
        Self { action, choice, from, to, by, missing }
    }
}

impl fmt::Display for WhyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "", "")?;
        self.deeper.iter().try_for_each(|tree| write!(f, "\n\n{tree}"))
    }
}

impl WhyReport {
    fn write(&self, f: &mut fmt::Formatter<'_>, first: &str, rest: &str) -> fmt::Result {
        write!(f, "{first}{} {}: {}", self.document, self.title, self.state)?;
        match &self.goal {
            Some(goal) if *goal == self.state => f.write_str(", nothing stands in the way")?,
            Some(goal) => write!(f, ", on the way to {goal}")?,
            None => {}
        }
        if self.repeated {
            return f.write_str(if self.is_below { " (shown below)" } else { " (shown above)" });
        }
        let last = self.steps.len() + self.waits_for.len();
        let branch = |number: usize| if number == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        for (number, step) in (1..).zip(&self.steps) {
            let (head, tail) = branch(number);
            let choice = step.choice.as_ref().map(|choice| format!(" --{choice}")).unwrap_or_default();
            let by = step.by.join(", ");
            write!(f, "\n{rest}{head}{}{choice} ({by}): {} → {}", step.action, step.from, step.to)?;
            for reason in &step.missing {
                write!(f, "\n{rest}{tail}  ✗ {}", reason.message)?;
            }
        }
        for (number, other) in (self.steps.len() + 1..).zip(&self.waits_for) {
            let (head, tail) = branch(number);
            f.write_str("\n")?;
            other.write(f, &format!("{rest}{head}"), &format!("{rest}{tail}"))?;
        }
        Ok(())
    }
}

/// Shows what stands between a document and its end, as a tree.
pub fn run(context: &mut Context, id: &DocumentId) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let mut seen = Seen::default();
    let mut report = tree(context, &actor, id, &mut seen, 0)?;
    while let Some(id) = seen.deeper.pop_front() {
        if !seen.shown.contains(&id) {
            report.deeper.push(tree(context, &actor, &id, &mut seen, 0)?);
        }
    }
    Ok(Reply::new(report).by(actor))
}

/// What was come upon.
#[derive(Default)]
struct Seen {
    shown: BTreeSet<DocumentId>,
    /// What lay too deep for its tree.
    deeper: VecDeque<DocumentId>,
}

fn tree(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
    seen: &mut Seen,
    depth: usize,
) -> Result<WhyReport, CommandError> {
    let document = context.document(actor, id)?;
    let (title, state) = (document.title.clone(), document.state.clone());
    let is_below = depth >= DEPTH_MAX && !seen.shown.contains(id);
    if is_below {
        seen.deeper.push_back(id.clone());
    }
    let repeated = is_below || !seen.shown.insert(id.clone());
    let policy = context.session.policy_about(id)?;
    let (steps, others) = context.session.way(actor, document)?;
    let line = |step| StepLine::new(step, &policy, actor.name());
    let steps = steps.map(|steps| steps.into_iter().map(line).collect::<Vec<_>>());
    let is_goal = steps.as_ref().is_some_and(Vec::is_empty);
    let goal = steps.as_ref().and_then(|steps| steps.last()).map(|step| step.to.clone());
    let mut waits_for = Vec::new();
    if !repeated && !is_goal {
        for other in others {
            waits_for.push(tree(context, actor, &other, seen, depth + 1)?);
        }
    }
    Ok(WhyReport {
        document: id.clone(),
        title,
        goal: goal.or_else(|| is_goal.then(|| state.clone())),
        state,
        steps: if repeated { Vec::new() } else { steps.unwrap_or_default() },
        waits_for,
        repeated,
        is_below,
        deeper: Vec::new(),
    })
}

/// Documents that wait for others.
#[derive(Debug, Serialize)]
pub struct BlockedReport {
    blocked: Vec<Blocked>,
}

#[derive(Debug, Serialize)]
struct Blocked {
    document: DocumentId,
    title: String,
    state: StateName,
    waits_for: DocumentId,
    wanted: StateName,
    /// `null` where there is no such document.
    is: Option<StateName>,
}

impl fmt::Display for BlockedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.blocked.is_empty() {
            return f.write_str("no document waits for another");
        }
        let mut table =
            Table::new(f.alternate(), &["DOCUMENT", "STATE", "WAITS FOR", "TO BE", "IS"], &["TITLE"]);
        for it in &self.blocked {
            let is = it.is.as_ref().map_or_else(|| "not there".to_owned(), ToString::to_string);
            let mut row = vec![
                it.document.to_string(),
                it.state.to_string(),
                it.waits_for.to_string(),
                it.wanted.to_string(),
                is,
            ];
            if f.alternate() {
                row.push(it.title.clone());
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

/// Lists the unfinished documents that wait for others.
pub fn blocked(context: &mut Context) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let policy = context.session.policy()?;
    let mut waiting = Vec::new();
    let query = ListQuery { waiting: true, ..ListQuery::default() };
    context.session.read(&actor).documents(&query, &mut |document| {
        waiting.push(document);
        Ok(())
    })?;
    let mut blocked = Vec::new();
    for document in waiting {
        if policy.standing(&document).is_some_and(|(_, state)| state.is_final) {
            continue;
        }
        for wanted in &document.requires {
            let found = context.session.read(&actor).document(&wanted.document)?;
            if unmet(&policy, wanted, found.as_ref()).is_some() {
                blocked.push(Blocked {
                    document: document.id.clone(),
                    title: document.title.clone(),
                    state: document.state.clone(),
                    waits_for: wanted.document.clone(),
                    wanted: wanted.state.clone(),
                    is: found.map(|found| found.state),
                });
            }
        }
    }
    Ok(Reply::new(BlockedReport { blocked }).by(actor))
}
