//! A document as the rules see it: a snapshot of what the store keeps, without its body.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::digest::{Digest, Timestamp};
use super::id::{
    DocumentId, GroupName, PhaseName, StateName, TraitName, TypeName, UserName, Version, WorkflowName,
};
use super::prerequisite::Prerequisite;

/// A controlled document: where it stands, who holds it, what was said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id, unique for ever.
    pub id: DocumentId,
    /// Its type.
    pub document_type: TypeName,
    /// The life cycle that its type follows.
    pub workflow: WorkflowName,
    /// The title from its front matter.
    pub title: String,
    /// Its place in the life cycle.
    pub state: StateName,
    /// The version that its content bears.
    pub version: Version,
    /// The highest minor number ever used under the last major one; numbers are never used twice.
    pub last_minor: u32,
    /// The digest of its content.
    pub content: Digest,
    /// The version in force, where the life cycle knows one.
    pub in_force: Option<InForce>,
    /// Who holds it now.
    pub owner: Option<UserName>,
    /// Who created it; `None` for what was installed with the project.
    pub creator: Option<UserName>,
    /// Its creator and everyone who checked it in since its last approval, each with the sessions in which that author
    /// wrote and the users who had started it, as far as credentials named any: who comes from there is not
    /// independent.
    pub authors: BTreeMap<UserName, BTreeSet<String>>,
    /// Who has a working copy out, and of which content.
    pub checkout: Option<Checkout>,
    /// The document that it belongs to.
    pub parent: Option<DocumentId>,
    /// The template that it was created from.
    pub template: Option<TemplateVersion>,
    /// What demands more of this document than of others of its type; only ever added to.
    pub traits: BTreeSet<TraitName>,
    /// What has to hold of other documents before this one can go its way.
    pub requires: BTreeSet<Prerequisite>,
    /// The open round, exactly while the state is one of a round.
    pub round: Option<Round>,
    /// The latest verdict of each user in each phase, on the present content.
    pub verdicts: BTreeMap<(PhaseName, UserName), Verdict>,
    /// The revision at which the present content was last rejected.
    pub rejected: Option<u64>,
    /// Counts the changes of this document; a writer must know the last one.
    pub revision: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Document {
    /// Tells whether a user is an author: its creator, or somebody who checked it in since its last approval.
    pub fn is_written_by(&self, user: &UserName) -> bool {
        self.authors.contains_key(user) || self.creator.as_ref() == Some(user)
    }

    /// Tells whether a name is that of an author, or of a session or user that an author came from.
    pub fn is_written_from(&self, origin: &str) -> bool {
        self.authors.iter().any(|(author, origins)| author.as_str() == origin || origins.contains(origin))
    }

    /// Adds an author, who comes from these.
    pub fn add_author<'o>(&mut self, user: &UserName, origins: impl Iterator<Item = &'o str>) {
        self.authors.entry(user.clone()).or_default().extend(origins.map(str::to_owned));
    }

    /// Forgets all authors but the creator, and with each where that one came from.
    pub fn forget_authors(&mut self) {
        let creator = self.creator.as_ref();
        self.authors.retain(|author, _| Some(author) == creator);
        if let Some(creator) = creator {
            self.authors.entry(creator.clone()).or_default();
        }
    }

    /// Lists the phases in which an objection to the present content counts, or can still be raised.
    pub fn contested(&self) -> BTreeSet<&PhaseName> {
        let is_kept = |verdict: &Verdict| self.rejected.is_some() || verdict.is_against();
        let said = self.verdicts.iter().filter(|(_, verdict)| is_kept(verdict)).map(|((phase, _), _)| phase);
        said.chain(self.round.as_ref().map(|round| &round.phase)).collect()
    }
}

/// The version in force, and its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The version.
    pub version: Version,
    /// The digest of its content.
    pub content: Digest,
}

/// A working copy that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// Who has it.
    pub by: UserName,
    /// The content that it started from.
    pub base: Digest,
}

/// The template version that a document came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateVersion {
    /// The template.
    pub id: DocumentId,
    /// Its version at that time.
    pub version: Version,
}

/// A review or an approval that is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// What its assignees have to give.
    pub task: Task,
    /// The phase that its verdicts count in.
    pub phase: PhaseName,
    /// The state that it was routed from, and to which it returns.
    pub origin: StateName,
    /// Who routed it.
    pub asked_by: UserName,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The content that its verdicts speak about.
    pub content: Digest,
    /// The policy that it was opened under, which stays in force for it.
    pub policy: Digest,
    /// The digest of the content with its traits, notes and evidence as they were when it was opened;
    /// `None` for rounds that were opened before there were any.
    pub dossier: Option<Digest>,
    /// Who is asked.
    pub seats: BTreeMap<UserName, Seat>,
}

impl Round {
    /// Tells whether every assignee has answered.
    pub fn is_complete(&self) -> bool {
        self.seats.values().all(|seat| seat.answer.is_some())
    }

    /// Tells whether `user` has a task that is still open.
    pub fn awaits(&self, user: &UserName) -> bool {
        self.seats.get(user).is_some_and(|seat| seat.answer.is_none())
    }
}

/// One assignee of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Who asked for it.
    pub assigned_by: UserName,
    /// When.
    pub assigned_at: Timestamp,
    /// What was answered; `None` while the task is open.
    pub answer: Option<Answer>,
    /// When the assignee was given the content to read, where that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
}

/// What an assignee answered, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The verdict.
    pub outcome: Outcome,
    /// When it was given.
    pub at: Timestamp,
}

/// A verdict that stands on the present content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was said.
    pub outcome: Outcome,
    /// The group of its giver at that time.
    pub group: GroupName,
    /// When it was given.
    pub at: Timestamp,
    /// The revision of the document that it made, so that verdicts and rejections have an order.
    pub revision: u64,
}

impl Verdict {
    /// Tells whether it objects to the content.
    pub const fn is_against(&self) -> bool {
        matches!(self.outcome, Outcome::RequestUpdates | Outcome::Reject)
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[doc = $vdoc])* $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the word that stands for it in YAML, JSON and the log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Returns the sentence that says what it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($vdoc),*).trim_ascii(),)* }
            }

            /// Finds the one that `text` stands for.
            pub fn from_word(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )*};
}
pub(crate) use words;

words! {
    /// What a round asks of its assignees.
    Task {
        /// An opinion on the content.
        Review = "review",
        /// A decision about it.
        Approval = "approval",
    }
    /// What an assignee can answer.
    Outcome {
        /// The reviewer recommends it.
        Recommend = "recommend",
        /// The reviewer asks for changes.
        RequestUpdates = "request_updates",
        /// The approver approves.
        Approve = "approve",
        /// The approver rejects.
        Reject = "reject",
    }
    /// What a user is.
    Kind {
        /// A person.
        Human = "human",
        /// An AI agent.
        Agent = "agent",
        /// A program.
        Service = "service",
    }
}

/// A user of the project. The name is never given to a second one, not even after removal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name, as in `--user`.
    pub name: UserName,
    /// The printed name.
    pub printed_name: String,
    /// The one group.
    pub group: GroupName,
    /// What the user is.
    pub kind: Kind,
    /// Whether the user needs a proof even without ever having been given a credential, because a hook
    /// makes one for each call.
    #[serde(rename = "bound")]
    pub is_bound: bool,
    /// When the user's rights ended; `None` while they last.
    pub removed_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use crate::domain::audit::samples;
    use crate::domain::digest::Timestamp;
    use crate::domain::id::UserName;

    // REQ-018, REQ-021, REQ-286
    #[test]
    fn where_an_author_came_from_is_forgotten_with_the_author_and_with_nobody_else() {
        let name = |name: &str| UserName::parse(name).unwrap_or_else(|error| panic!("{error}"));
        let (claude, bob) = (name("claude"), name("bob"));
        let mut document = samples::new_document("SOP-001", Timestamp::from_millis(0));
        document.creator = Some(claude.clone());
        document.authors.clear();
        document.add_author(&claude, ["s-1"].into_iter());
        document.add_author(&bob, ["s-1", "s-2", "lead"].into_iter());
        document.add_author(&bob, ["s-3"].into_iter());
        for origin in ["claude", "bob", "s-1", "s-2", "s-3", "lead"] {
            assert!(document.is_written_from(origin), "{origin}");
        }
        document.forget_authors();
        // The creator stays an author, and what it wrote in stays known.
        let known = |origin: &str| document.is_written_from(origin);
        assert_eq!(["claude", "s-1"].map(known), [true, true]);
        assert_eq!(["bob", "s-2", "s-3", "lead"].map(known), [false; 4]);
        assert!(document.is_written_by(&claude) && !document.is_written_by(&bob));
        // What was installed has none.
        document.creator = None;
        document.forget_authors();
        assert!(document.authors.is_empty());
    }
}
