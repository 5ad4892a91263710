//! Which states documents come to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, Guard, Plain, Policy, Target, Transition, Workflow};
use crate::domain::id::{ActionName, StateName, TypeName};

/// The states in which a life cycle takes its attachments along.
pub(super) fn ended_with_attachments(workflow: &Workflow) -> impl Iterator<Item = &StateName> {
    workflow.transitions.iter().filter_map(|edge| match &edge.to {
        Target::State(to)
            if edge.effects.iter().chain(&edge.completion).any(|e| *e == Effect::EndAttachments) =>
        {
            Some(to)
        }
        _ => None,
    })
}

/// The states that a document can come to, its parent's end included.
pub(super) fn reachable<'a>(policy: &'a Policy, workflow: &'a Workflow) -> BTreeSet<&'a StateName> {
    let mut begun: Vec<&StateName> =
        workflow.states.iter().filter(|state| state.initial).map(|state| &state.name).collect();
    let attachments = workflow.types.iter().filter(|one| one.attachment);
    let parents: BTreeSet<&TypeName> =
        attachments.filter_map(|one| one.parent.as_ref()).flat_map(|rule| &rule.types).collect();
    let lives = policy.workflows.values();
    for life in lives.filter(|life| life.types.iter().any(|one| parents.contains(&one.name))) {
        begun.extend(ended_with_attachments(life));
    }
    workflow.walk(begun.into_iter().map(|state| (state, None)), |_| true)
}

/// A state, and the one that the round which is open there returns to, where it is known.
type Stop<'a> = (&'a StateName, Option<&'a StateName>);

/// Where rounds return to. What is walked through here before, and what the record of a round says, is the same.
struct Returns<'a> {
    /// The verbs that ask more people.
    asking: BTreeSet<&'a ActionName>,
    /// Where each round is opened from for the first time.
    first: BTreeMap<&'a StateName, &'a StateName>,
}

impl<'a> Returns<'a> {
    fn of(workflow: &'a Workflow) -> Self {
        let asks = |edge: &&Transition| edge.effects.contains(&Effect::AddSeats);
        let asking: BTreeSet<_> = workflow.transitions.iter().filter(asks).map(|edge| &edge.action).collect();
        let mut first = BTreeMap::new();
        for edge in workflow.transitions.iter().filter(|edge| !asking.contains(&edge.action)) {
            if let (Target::State(to), Some(from)) = (&edge.to, edge.from.first()) {
                first.entry(to).or_insert(from);
            }
        }
        Self { asking, first }
    }

    fn origin<'s>(&self, edge: &Transition, left: &'s StateName, target: &StateName) -> &'s StateName
    where
        'a: 's,
    {
        let first = self.first.get(target).copied().filter(|_| self.asking.contains(&edge.action));
        first.unwrap_or(left)
    }
}

impl Workflow {
    /// Tells whether a way to a final state asks for evidence.
    pub fn ends_with_evidence(&self) -> bool {
        self.transitions.iter().any(|edge| {
            let ends = matches!(&edge.to, Target::State(state) if self.is_final(state));
            ends && edge.guards.iter().any(|guard| matches!(guard, Guard::Evidence(_)))
        })
    }

    /// Lists the states that a document comes to from a state. That its round, if one is open, can be given up brings
    /// it nowhere, nor does what is there for objections alone.
    pub fn ahead<'a>(&'a self, from: &'a StateName) -> BTreeSet<&'a StateName> {
        let objected = Guard::Plain(Plain::AttachmentObjected);
        self.walk([(from, None)], |edge| !edge.guards.contains(&objected))
    }

    /// Tells whether a document can come from a state to another.
    pub fn leads<'a>(&'a self, from: &'a StateName, to: &'a StateName) -> bool {
        self.after(from, |_| true).contains(to)
    }

    /// Tells whether a text that was approved in one state can still be written anew where the document goes on to
    /// another: by a step that takes it in without holding it against what was approved, or where it was written before.
    /// With what is put in force something else begins. `is_locked` says whether there is anything in the document that
    /// such steps hold.
    pub fn is_written_after(&self, approved: &StateName, state: &StateName, is_locked: bool) -> bool {
        let goes_on = |edge: &Transition| {
            !edge.effects.iter().chain(&edge.completion).any(|it| *it == Effect::PutInForce)
        };
        let states = self.after(state, goes_on);
        self.transitions.iter().any(|edge| {
            let takes_in = edge.effects.contains(&Effect::CheckIn);
            let holds = !takes_in || edge.guards.contains(&Guard::Plain(Plain::SectionsUnchanged));
            let is_free =
                |from: &&StateName| !(is_locked && holds) || self.after(from, goes_on).contains(approved);
            let mut ways = edge.from.iter().filter(|from| states.contains(from));
            (takes_in || edge.effects.contains(&Effect::RecordItem)) && ways.any(|from| is_free(&from))
        })
    }

    /// Tells whether a step to a state takes attachments along into an approval or to a goal. What is given up is neither.
    pub fn carries_attachments(&self, edge: &Transition, target: &StateName) -> bool {
        let is_goal = self.state(target).is_some_and(|state| state.goal)
            // Where no end is called a goal, each can be one.
            || !self.states.iter().any(|state| state.goal);
        let mut effects = edge.effects.iter().chain(&edge.completion);
        edge.guards.contains(&Guard::Plain(Plain::Unanimous))
            || effects.any(|effect| match effect {
                Effect::RaiseVersion | Effect::PutInForce => true,
                Effect::EndAttachments => is_goal,
                _ => false,
            })
    }

    /// Finds the state that a round returns to when it is withdrawn. One that was answered, and is opened again to ask
    /// more people, returns to where the first one was opened from.
    pub fn origin<'a>(&'a self, edge: &Transition, left: &'a StateName, target: &StateName) -> &'a StateName {
        Returns::of(self).origin(edge, left, target)
    }

    /// Lists the states that a document comes to from a state by the transitions that `takes` names.
    pub(super) fn after<'a>(
        &'a self,
        from: &'a StateName,
        takes: impl Fn(&Transition) -> bool,
    ) -> BTreeSet<&'a StateName> {
        let returns = Returns::of(self);
        let opens = |edge: &&Transition| matches!(&edge.to, Target::State(to) if to == from);
        let opened = self.transitions.iter().filter(opens);
        let origins = opened.flat_map(|edge| edge.from.iter().map(|left| returns.origin(edge, left, from)));
        let origins: Vec<Stop<'a>> = origins.map(|origin| (from, Some(origin))).collect();
        self.walk(origins.into_iter().chain([(from, None)]), takes)
    }

    /// Lists the states that a document comes to, these included. From a round it returns to where it was opened from on
    /// the way that was taken.
    fn walk<'a>(
        &'a self,
        begun: impl IntoIterator<Item = Stop<'a>>,
        takes: impl Fn(&Transition) -> bool,
    ) -> BTreeSet<&'a StateName> {
        let returns = Returns::of(self);
        let (mut onward, mut back) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for edge in self.transitions.iter().filter(|edge| takes(edge)) {
            for from in &edge.from {
                match &edge.to {
                    Target::State(to) => onward.entry(from).or_default().push((edge, to)),
                    Target::Origin => back.entry(from).or_default().push(edge),
                    Target::Same => {}
                }
            }
        }
        let (mut reached, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut open: Vec<Stop<'a>> = begun.into_iter().collect();
        while let Some((state, origin)) = open.pop() {
            if !seen.insert((state, origin)) {
                continue;
            }
            // What leads on from a state is the same however the document came there.
            let is_new = reached.insert(state);
            let ways = onward.get(state).filter(|_| is_new).into_iter().flatten();
            open.extend(ways.map(|(edge, to)| (*to, Some(returns.origin(edge, state, to)))));
            let ways = back.get(state).into_iter().flatten();
            open.extend(ways.filter_map(|edge| Some((origin?, Some(returns.origin(edge, state, origin?))))));
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use crate::domain::decide::tests::dice::name;
    use crate::domain::id::StateName;
    use crate::domain::policy::{Policy, Target, Workflow, compile};

    /// What is approved, used, and asked about again; `AGAIN` is how that begins.
    const NOTICE: &str = "\
schema: qms.workflow/1
workflow: notice
sop: SOP-001
document_types:
  NOTICE: { title: Notice, id: \"NOTICE-{n:3}\", required: [title] }
states:
  DRAFT:       { phase: authoring, initial: true }
  IN_REVIEW:   { phase: review, round: review, slot: quality }
  REVIEWED:    { phase: review }
  IN_APPROVAL: { phase: approval, round: approval, slot: quality }
  APPROVED:    { phase: approved }
  POSTED:      { phase: posted }
  ENDED:       { phase: ended, final: true, goal: true }
transitions:
  - { action: create, to: DRAFT, by: [initiator], meaning: authored, effects: [check_out] }
  - { action: checkin, from: DRAFT, to: same, by: [initiator], meaning: authored, effects: [check_in] }
  - { action: route, from: DRAFT, to: IN_REVIEW, by: [initiator], meaning: authored }
  - { action: assign, from: IN_REVIEW, to: same, by: [quality], meaning: administered, effects: [add_seats] }
AGAIN
  - { action: review, from: IN_REVIEW, to: REVIEWED, by: [quality], meaning: reviewed, verdict: review, quorum: all }
  - { action: withdraw, from: [IN_REVIEW, IN_APPROVAL], to: origin, by: [initiator], meaning: authored }
  - { action: release, from: REVIEWED, to: IN_APPROVAL, by: [initiator], meaning: authored }
  - { action: approve, from: IN_APPROVAL, to: APPROVED, by: [quality], meaning: approved, verdict: approve, quorum: all, completion: [raise_version] }
  - { action: revert, from: APPROVED, to: POSTED, by: [initiator], meaning: executed }
  - { action: close, from: POSTED, to: ENDED, by: [initiator], meaning: executed, effects: [clear_owner] }
";

    fn notice(again: &str) -> Policy {
        let mut sources = fixture::sources();
        sources.0.insert("notice.yaml".to_owned(), NOTICE.replace("AGAIN\n", again));
        compile(&sources).unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    fn written(life: &Workflow, approved: &str, state: &str, is_locked: bool) -> bool {
        life.is_written_after(&name(approved), &name(state), is_locked)
    }

    // REQ-018
    #[test]
    fn a_text_is_written_anew_where_a_round_that_was_opened_again_returns_to_its_draft() {
        let again = |action: &str| {
            format!(
                "  - {{ action: {action}, from: POSTED, to: IN_REVIEW, by: [quality], meaning: administered }}\n"
            )
        };
        for (again, to, expected) in [
            (String::new(), None, false),
            // What asks more people returns to where people were asked first, whatever else does to where it came from.
            (again("assign"), Some("DRAFT"), true),
            (again("terminate"), Some("POSTED"), false),
        ] {
            let policy = notice(&again);
            let (life, _) = policy.document_type(&name("NOTICE")).unwrap();
            assert_eq!(written(life, "APPROVED", "POSTED", true), expected, "{again}");
            // What is walked through before is what a round says.
            let posted: StateName = name("POSTED");
            let target = Target::State(name("IN_REVIEW"));
            let mut opened = life.leaving(&posted).filter(|edge| edge.to == target);
            let origin = opened.next().map(|edge| life.origin(edge, &posted, &name("IN_REVIEW")));
            assert_eq!(origin.map(StateName::as_str), to, "{again}");
            assert!(origin.is_none_or(|origin| life.ahead(&posted).contains(origin)), "{again}");
        }
    }

    // REQ-018
    #[test]
    fn a_text_is_written_anew_where_nothing_of_it_is_locked_or_where_it_was_written_before() {
        let policy = &fixture::candidate().policy;
        let (life, _) = policy.document_type(&name("CR")).unwrap();
        for (approved, state, is_locked, expected) in [
            ("PRE_APPROVED", "IN_EXECUTION", true, false),
            ("PRE_APPROVED", "IN_EXECUTION", false, true),
            ("PRE_APPROVED", "DRAFT", true, true),
            // What was recorded in execution can be recorded anew there.
            ("POST_APPROVED", "IN_EXECUTION", true, true),
            ("POST_APPROVED", "CLOSED", false, false),
        ] {
            let found = written(life, approved, state, is_locked);
            assert_eq!(found, expected, "{approved} to {state}, locked: {is_locked}");
        }
    }
}
