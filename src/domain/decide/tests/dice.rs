//! Random documents, facts and requests, drawn from a stream of numbers that proptest can shrink.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{
    Answer, Checkout, Document, InForce, Kind, Outcome, Round, Seat, Task, User, Verdict,
};
use crate::domain::facts::{
    Answer as FailedItem, AttachmentFacts, Facts, ItemFacts, NewDocument, ProjectFacts, Signing, Texts,
    UserFacts,
};
use crate::domain::front_matter::FrontMatter;
use crate::domain::id::{ActionName, IdWord, InputName, PhaseName, TypeName, UserName, Version};
use crate::domain::identity::{Actor, Claim, Registry};
use crate::domain::items::{Column, Items};
use crate::domain::order::Order;
use crate::domain::policy::{Policy, Workflow};
use crate::domain::request::{CopyFacts, Inputs, Request, Subject, Value};

/// Those who may occur, with groups; the second quality user and the second initiator see to it
/// that there is a choice.
pub(crate) const USERS: [(&str, &str); 6] = [
    ("ann", "initiator"),
    ("claude", "initiator"),
    ("lead", "administrator"),
    ("qa", "quality"),
    ("qb", "quality"),
    ("tu", "reviewer"),
];

/// Parses a name that is known to be one.
pub(crate) fn name<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// As many cases as take about a second here; nothing is written to disk.
pub(crate) fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// A stream of random numbers.
pub(crate) fn stream(length: usize) -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), length)
}

/// Draws from a stream; zeros where it has ended.
pub(crate) struct Dice<'a>(std::slice::Iter<'a, u16>);

impl<'a> Dice<'a> {
    pub(crate) fn new(stream: &'a [u16]) -> Self {
        Self(stream.iter())
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % sides.max(1)
    }

    /// Whether one of `n` cases comes up.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.roll(n) + 1 == n
    }

    /// One of several.
    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        let at = self.roll(from.len());
        from.get(at).unwrap_or_else(|| panic!("nothing to pick from"))
    }

    fn user(&mut self) -> UserName {
        name(self.pick(&USERS).0)
    }

    fn maybe_user(&mut self) -> Option<UserName> {
        (!self.one_in(3)).then(|| self.user())
    }

    fn several(&mut self, n: usize) -> BTreeSet<UserName> {
        let many = self.roll(n + 1);
        (0..many).map(|_| self.user()).collect()
    }

    /// Authors, some of whom come from where others do.
    fn authors(&mut self) -> BTreeMap<UserName, BTreeSet<String>> {
        let authors = self.several(2);
        let from = |dice: &mut Self| dice.several(4).iter().map(ToString::to_string).collect();
        authors.into_iter().map(|author| (author, from(self))).collect()
    }

    fn content(&mut self) -> Digest {
        Digest::of(&[u8::from(self.one_in(4))])
    }

    fn time(&mut self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.roll(1000)).unwrap_or_default())
    }

    fn version(&mut self) -> Version {
        Version::new(u32::from(self.one_in(2)), u32::try_from(self.roll(3)).unwrap_or_default())
    }

    fn outcome(&mut self) -> Outcome {
        *self.pick(Outcome::ALL)
    }

    fn life<'p>(&mut self, policy: &'p Policy) -> &'p Workflow {
        let lives: Vec<&Workflow> = policy.workflows.values().collect();
        lives.get(self.roll(lives.len())).unwrap_or_else(|| panic!("no life cycle"))
    }

    /// A document in any state at all, possible or not; rarely one that the policy does not know.
    pub(crate) fn document(&mut self, policy: &Policy) -> Document {
        let life = self.life(policy);
        let state = self.pick(&life.states);
        let known = !self.one_in(20);
        let has_round = state.round.is_some() != self.one_in(12);
        let round = has_round.then(|| {
            let task = state.round.as_ref().map_or(Task::Review, |rule| rule.task);
            self.round(life, task, &state.phase)
        });
        let phases: Vec<&PhaseName> = life.states.iter().map(|state| &state.phase).collect();
        let mut verdicts = BTreeMap::new();
        for _ in 0..self.roll(4) {
            let phase = if self.one_in(3) { (*self.pick(&phases)).clone() } else { state.phase.clone() };
            let group = name(self.pick(&USERS).1);
            let revision = self.roll(9) as u64;
            let verdict = Verdict { outcome: self.outcome(), group, at: self.time(), revision };
            verdicts.insert((phase, self.user()), verdict);
        }
        let number = self.roll(3);
        Document {
            id: name(&format!("X-{number}")),
            document_type: self.pick(&life.types).name.clone(),
            workflow: if self.one_in(9) { name("other") } else { life.name.clone() },
            title: "Title".to_owned(),
            state: if known { state.name.clone() } else { name("NOWHERE") },
            version: self.version(),
            last_minor: 3,
            content: self.content(),
            in_force: self
                .one_in(3)
                .then(|| InForce { version: Version::new(1, 0), content: self.content() }),
            owner: self.maybe_user(),
            creator: self.maybe_user(),
            authors: self.authors(),
            checkout: self.one_in(3).then(|| Checkout { by: self.user(), base: self.content() }),
            parent: None,
            template: None,
            traits: BTreeSet::new(),
            requires: BTreeSet::new(),
            round,
            verdicts,
            rejected: self.one_in(4).then(|| self.roll(9) as u64),
            revision: 9,
            created_at: self.time(),
            updated_at: self.time(),
        }
    }

    fn round(&mut self, life: &Workflow, task: Task, phase: &PhaseName) -> Round {
        let mut seats = BTreeMap::new();
        for user in self.several(4) {
            let answer = self.one_in(3).then(|| Answer { outcome: self.outcome(), at: self.time() });
            let seat = Seat { assigned_by: self.user(), assigned_at: self.time(), answer, opened_at: None };
            seats.insert(user, seat);
        }
        Round {
            task,
            phase: phase.clone(),
            origin: self.pick(&life.states).name.clone(),
            asked_by: self.user(),
            opened_at: self.time(),
            content: self.content(),
            policy: Digest::of(b"policy"),
            dossier: None,
            seats,
        }
    }

    /// Facts about a document, or about one to be created, or about the project.
    pub(crate) fn facts(&mut self, policy: &Policy) -> Facts {
        let document = (!self.one_in(8)).then(|| self.document(policy));
        let front_matter = self.front_matter(document.as_ref());
        let copy = match self.roll(4) {
            0 => CopyFacts::NotOut,
            1 => CopyFacts::Lost("it is gone".to_owned()),
            2 => CopyFacts::Spoilt("it cannot be read".to_owned()),
            _ => CopyFacts::Sound {
                content: self.content(),
                front_matter: self.front_matter(document.as_ref()),
            },
        };
        let mut users = BTreeMap::new();
        for (user, group) in USERS {
            if !self.one_in(6) {
                let group = if self.one_in(9) { "unheard_of" } else { group };
                let facts = UserFacts {
                    user: user_of(user, group),
                    open_tasks: self.roll(4) as u64,
                    signing: if self.one_in(4) { Signing::Keyless } else { Signing::Able },
                    bears: true,
                };
                users.insert(name(user), facts);
            }
        }
        let children: Vec<Document> = (0..self.roll(3)).map(|_| self.document(policy)).collect();
        let answers = children.iter().map(|child| (child.id.clone(), self.answer())).collect();
        let attachments = children
            .iter()
            .map(|child| AttachmentFacts {
                id: child.id.clone(),
                text: self.text(),
                template: self.text(),
                attestations: Vec::new(),
            })
            .collect();
        let texts = Texts {
            stored: self.text(),
            copy: self.text(),
            approved: self.text(),
            template: self.text(),
            attachments,
        };
        Facts {
            now: self.time(),
            valid: self.time(),
            order: Order::default(),
            is_trial: false,
            policy: Digest::of(b"policy"),
            last_version: None,
            parent: self.one_in(2).then(|| self.document(policy)),
            children,
            waiting: Vec::new(),
            users,
            keys: Vec::new(),
            copy,
            front_matter_in_force: None,
            front_matter: if self.one_in(5) { Err("unreadable".to_owned()) } else { Ok(front_matter) },
            new: (document.is_none() && !self.one_in(4)).then(|| self.new_document(policy)),
            project: self.one_in(6).then(|| self.project()),
            registry: None,
            required: BTreeMap::new(),
            cycle: None,
            objection: None,
            attestations: Vec::new(),
            run: None,
            items: ItemFacts::of(&texts),
            answers,
            texts,
            document,
        }
    }

    /// A text with a plan: as it was approved, carried out in part, or tampered with.
    fn text(&mut self) -> Option<String> {
        let open = " | | | | | |";
        let row = match self.roll(6) {
            0 => return None,
            1 => return Some("# No plan\n".to_owned()),
            2 => "| EI-2 | Do less | It is done | | | | | |".to_owned(),
            3 => "| EI-2 | Do it | It is done | Done | log | Pass | claude | now |".to_owned(),
            4 => "| EI-2 | Do it | It is done | Leaks | log | Fail | claude | now |".to_owned(),
            _ => format!("| EI-2 | Do it | It is done{open}"),
        };
        let headers = Column::ALL.map(Column::header).join(" | ");
        Some(format!("| {headers} |\n|{}\n| EI-1 | Begin | It is begun{open}\n{row}\n", "---|".repeat(8)))
    }

    fn answer(&mut self) -> FailedItem {
        let item = if self.one_in(2) { name("EI-1") } else { name("EI-2") };
        FailedItem { item, has_failed: self.one_in(3) }
    }

    fn front_matter(&mut self, document: Option<&Document>) -> FrontMatter {
        let mut fields = BTreeMap::new();
        for field in ["title", "revision_summary"] {
            if !self.one_in(6) {
                fields.insert(field.to_owned(), "text".to_owned());
            }
        }
        let id = document.map_or_else(|| name("X-1"), |it| it.id.clone());
        let document_type = document.map_or_else(|| name("SOP"), |it| it.document_type.clone());
        FrontMatter { id, document_type, fields, others: BTreeMap::new(), doubts: Vec::new() }
    }

    fn new_document(&mut self, policy: &Policy) -> NewDocument {
        let types: Vec<TypeName> = policy.document_types().map(|it| it.name.clone()).collect();
        NewDocument {
            document_type: if self.one_in(9) { name("NOVEL") } else { self.pick(&types).clone() },
            number: u32::try_from(self.roll(9)).unwrap_or_default(),
            is_taken: self.one_in(5),
            template: self.one_in(2).then(|| (self.document(policy), "text".to_owned())),
            namespaces: BTreeSet::from([name::<IdWord>("CORE")]),
            items: self.text().map(|text| Items::of(&text)),
        }
    }

    fn project(&mut self) -> ProjectFacts {
        let (user, group) = *self.pick(&USERS);
        ProjectFacts {
            named_user: self.one_in(2).then(|| user_of(user, group)),
            owned: self.roll(2) as u64,
            ..ProjectFacts::default()
        }
    }

    /// Any action with any inputs, of the right kinds and of wrong ones.
    pub(crate) fn request(&mut self, policy: &Policy, facts: &Facts) -> Request {
        let action = self.pick(&policy.actions);
        let mut inputs = Inputs::default();
        for input in &action.inputs {
            if !self.one_in(8) {
                inputs = inputs.with(input.name.clone(), self.value());
            }
        }
        if self.one_in(9) {
            inputs = inputs.with(name::<InputName>("more"), self.value());
        }
        let subject = match &facts.document {
            Some(document) => Subject::Document(document.id.clone()),
            None if self.one_in(3) => Subject::Project,
            None => Subject::New(facts.new.as_ref().map_or(name("SOP"), |new| new.document_type.clone())),
        };
        let action: ActionName = if self.one_in(30) { name("bewitch") } else { action.name.clone() };
        Request { action, subject, inputs, copy: None, candidate: None }
    }

    fn value(&mut self) -> Value {
        let words = [
            "",
            "text",
            "review",
            "approval",
            "retirement",
            "recommend",
            "human",
            "CORE",
            "two\nlines",
            "EI-1",
        ];
        match self.roll(3) {
            0 => Value::Users(self.several(3).into_iter().collect()),
            1 => Value::Document(name("X-1")),
            _ => Value::Text((*self.pick(&words)).to_owned()),
        }
    }
}

pub(crate) fn user_of(user: &str, group: &str) -> User {
    User {
        name: name(user),
        printed_name: user.to_owned(),
        group: name(group),
        kind: Kind::Agent,
        is_bound: false,
        removed_at: None,
    }
}

/// Verifies a user of these facts.
pub(crate) fn actor(user: &User) -> Actor {
    let order = Order::default();
    let registry = Registry::knowing(user, Timestamp::from_millis(0), &order);
    registry.verify(&Claim::of(user.name.as_str())).unwrap_or_else(|error| panic!("{error}"))
}
