//! The closed vocabularies of the policy: every guard and every effect, with its sentence.
//!
//! A new word costs Rust on purpose: a guard is auditable code (`decide/guards.rs`), and so is an
//! effect (`decide/effects.rs`). Everything else in the policy is data.

use std::collections::BTreeMap;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::document::words;
use crate::domain::id::{AttestationName, GroupName, StateName, TypeName};
use crate::domain::identity::{Assurance, Isolation};
use crate::domain::nearest::nearest;

/// A condition of a transition, beyond the group of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// A condition without a parameter.
    Plain(Plain),
    /// The caller owns the document, or belongs to one of these groups.
    OwnerOr(Vec<GroupName>),
    /// The caller opened the round, or belongs to one of these groups.
    AskerOr(Vec<GroupName>),
    /// One of the verdicts that count was given by this group.
    ReviewedBy(GroupName),
    /// The parent, where there is one, is in one of these states.
    ParentIn(Vec<StateName>),
    /// Each of these commands passed, the last time that it was run for the present content.
    Evidence(Vec<AttestationName>),
    /// Who the caller is was proved at least so well.
    Assurance(Assurance),
    /// The keys of the project are kept at least so well from those who call.
    Isolation(Isolation),
    /// As [`Plain::NoOpenChild`], but a child of one of these types is settled in these states, too.
    NoUnsettledChild(BTreeMap<TypeName, Vec<StateName>>),
}

words! {
    /// The conditions without a parameter.
    Plain {
        /// The caller owns the document.
        Owner = "owner",
        /// The caller owns the document, or nobody does.
        OwnerOrUnowned = "owner_or_unowned",
        /// The caller is a person, and proves it by the own key or token.
        Human = "human",
        /// The caller comes from no session in which an author wrote; nor does anybody who wrote, or started an author,
        /// stand in the line of those who started the caller.
        Independent = "independent",
        /// The caller did not open this round.
        NotAsker = "not_asker",
        /// The caller has the document checked out.
        CheckedOut = "checked_out",
        /// Nobody has the document checked out.
        NotCheckedOut = "not_checked_out",
        /// Nobody but the caller has the document checked out.
        NotCheckedOutByAnother = "not_checked_out_by_another",
        /// The working copy, if one is out, is there, is of this document and of its present
        /// content, and its front matter can be read, and what it requires of others can come about.
        CopyIsSound = "copy_is_sound",
        /// The front matter has every field that the type requires.
        FrontMatterComplete = "front_matter_complete",
        /// Nothing is left to be drafted: no `{{…}}`, no TBD, TODO or FIXME, outside of code.
        NoPlaceholders = "no_placeholders",
        /// Nothing is left to be filled in during execution: no `[…]` that is neither link, reference,
        /// footnote, check box nor code.
        NoExecutionPlaceholders = "no_execution_placeholders",
        /// The sections that the template does not open for this phase are as they are in the stored content.
        SectionsUnchanged = "sections_unchanged",
        /// The sections that the template declares are there once each, in its order, and those that it
        /// locks say what the template says.
        TemplateSectionsKept = "template_sections_kept",
        /// Where a type names the document as its template, documents made from it can be completed.
        TemplateIsSound = "template_is_sound",
        /// Everyone named could answer the task, and the slot of the round can be filled.
        AssigneesEligible = "assignees_eligible",
        /// Everyone named has a task that is still open.
        AssigneesSeated = "assignees_seated",
        /// The round keeps a member of the group that its slot is for, or is one of review and that group has reviewed the present content before.
        SlotStaysFilled = "slot_stays_filled",
        /// The latest verdict of every reviewer on this content in this phase recommends it.
        Unanimous = "unanimous",
        /// This content was not rejected since those verdicts were given.
        NotRejected = "not_rejected",
        /// The items table can be read, every item says what is to be done and expected, and nothing of it
        /// is recorded yet.
        ItemsPlanned = "items_planned",
        /// The item named is one of the document's, and not recorded yet; where it is, it is said what was
        /// wrong in its entry, and a failed one stays failed.
        ItemRecordable = "item_recordable",
        /// The items are those that were approved, in their words and order, and nothing is recorded by hand.
        ItemsUnchanged = "items_unchanged",
        /// Every item is recorded, and for every failed one a document answers that was not given up and has
        /// no failed item itself.
        ItemsComplete = "items_complete",
        /// No child that is not an attachment is unfinished. With a parameter, as in `{ no_open_child: { VAR:
        /// [PRE_APPROVED] } }`, states are named that count for children of a type as well as the end.
        NoOpenChild = "no_open_child",
        /// No attachment is checked out or in a round.
        AttachmentsIdle = "attachments_idle",
        /// No attachment that ends with the document has anything left to be filled in, a note that is still
        /// demanded of it, or prerequisites.
        AttachmentsFilledIn = "attachments_filled_in",
        /// Somebody objects to an attachment about which nobody is asked just now.
        AttachmentObjected = "attachment_objected",
        /// The document was never approved.
        NeverApproved = "never_approved",
        /// The document was approved at least once.
        OnceApproved = "once_approved",
        /// The draft was begun from a version in force.
        RevisesVersionInForce = "revises_version_in_force",
        /// The new owner is another known user whose group may own documents.
        NewOwnerMayOwn = "new_owner_may_own",
        /// Every document that this one requires has come as far as it has to; a version in force counts even
        /// while the next one is drafted.
        PrerequisitesMet = "prerequisites_met",
        /// Every note that the traits of the document demand in this phase is there, is by a member of its
        /// role, and speaks about the present content.
        NotesPresent = "notes_present",
        /// The note is one that the document is to have, now and from the caller, and it says enough.
        NoteIsDue = "note_is_due",
        /// The traits named exist, and the document does not have them yet.
        TraitsAreNew = "traits_are_new",
        /// The caller has opened the present content in this round: `read --draft` by an assignee is recorded
        /// where a verdict demands it.
        Opened = "opened",
        /// The template of the type is in force.
        TemplateInForce = "template_in_force",
    }
    /// What a transition does, beyond changing the state. Opening a round on entering a state that
    /// has one, and closing it on leaving, needs no word.
    Effect {
        /// The caller gets a working copy of the present content.
        CheckOut = "check_out",
        /// The caller's working copy, if one is out, becomes the next version where it changed.
        CheckIn = "check_in",
        /// A working copy that is out is void.
        VoidCheckout = "void_checkout",
        /// A draft begins at the next unused minor version.
        BeginRevision = "begin_revision",
        /// The version in force becomes the current one again.
        RestoreVersionInForce = "restore_version_in_force",
        /// The caller becomes owner.
        TakeOwnership = "take_ownership",
        /// Nobody owns the document any more.
        ClearOwner = "clear_owner",
        /// The user named becomes owner.
        SetOwner = "set_owner",
        /// The users named get a task in the open round.
        AddSeats = "add_seats",
        /// The users named lose their open task.
        RemoveSeats = "remove_seats",
        /// How a run of a declared command ended, and what it wrote, is kept as evidence about the content.
        RecordRun = "record_run",
        /// The present content counts as rejected in this phase.
        MarkRejected = "mark_rejected",
        /// The next unused major version names the present content.
        RaiseVersion = "raise_version",
        /// The present version comes into force in place of the former one.
        PutInForce = "put_in_force",
        /// No version is in force any more.
        TakeOutOfForce = "take_out_of_force",
        /// The note is kept, and speaks about the present content.
        RecordNote = "record_note",
        /// It is recorded that the caller has opened the present content.
        RecordReading = "record_reading",
        /// The document gets the traits named.
        AddTraits = "add_traits",
        /// The row of the named item records the result, the caller and the time, in the next version.
        RecordItem = "record_item",
        /// Every attachment takes the final state that its parent takes.
        EndAttachments = "end_attachments",
    }
}

/// Guards that look into the texts of a document.
const READ_TEXTS: &[Plain] = &[
    Plain::NoPlaceholders,
    Plain::NoExecutionPlaceholders,
    Plain::SectionsUnchanged,
    Plain::TemplateSectionsKept,
    Plain::TemplateIsSound,
    Plain::FrontMatterComplete,
    Plain::AttachmentsFilledIn,
    Plain::ItemsPlanned,
    Plain::ItemRecordable,
    Plain::ItemsUnchanged,
    Plain::ItemsComplete,
];

/// Guards that speak about a document itself.
const STANDING: &[Plain] = &[
    Plain::FrontMatterComplete,
    Plain::NoPlaceholders,
    Plain::NoExecutionPlaceholders,
    Plain::TemplateSectionsKept,
    Plain::TemplateIsSound,
    Plain::AttachmentsFilledIn,
    Plain::ItemsPlanned,
    Plain::ItemsComplete,
    Plain::NoOpenChild,
    Plain::AttachmentsIdle,
    Plain::NotesPresent,
    Plain::PrerequisitesMet,
];

/// Guards that speak about whoever asks.
const ABOUT_CALLERS: &[Plain] =
    &[Plain::Owner, Plain::OwnerOrUnowned, Plain::Human, Plain::Independent, Plain::NotAsker, Plain::Opened];

const PARAMETRIC: &[&str] =
    &["owner_or", "asker_or", "reviewed_by", "parent_in", "evidence", "assurance", "isolation"];

/// Every word of the vocabularies: its kind, the word, and what it means.
pub fn vocabulary() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let parametric = [
        ("owner_or", "The caller owns the document, or belongs to one of these groups."),
        ("asker_or", "The caller opened the round, or belongs to one of these groups."),
        ("reviewed_by", "One of the verdicts that count was given by this group."),
        ("parent_in", "The parent, where there is one, is in one of these states."),
        ("evidence", "Each of these commands passed, the last time that it was run for the present content."),
        ("assurance", "Who the caller is was proved at least so well: token, ticket, signature."),
        ("isolation", "The keys of the project are kept at least so well from those who call: broker."),
    ];
    let plain = Plain::ALL.iter().map(|plain| ("guard", plain.as_str(), plain.meaning()));
    let effects = Effect::ALL.iter().map(|effect| ("effect", effect.as_str(), effect.meaning()));
    plain.chain(parametric.map(|(word, meaning)| ("guard", word, meaning))).chain(effects)
}

impl Guard {
    /// Returns the word that stands for it in the policy.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(plain) => plain.as_str(),
            Self::OwnerOr(_) => "owner_or",
            Self::AskerOr(_) => "asker_or",
            Self::ReviewedBy(_) => "reviewed_by",
            Self::ParentIn(_) => "parent_in",
            Self::Evidence(_) => "evidence",
            Self::Assurance(_) => "assurance",
            Self::Isolation(_) => "isolation",
            Self::NoUnsettledChild(_) => Plain::NoOpenChild.as_str(),
        }
    }

    /// Tells whether it waits for what a plain guard waits for, or for some of that.
    pub fn is_like(&self, plain: Plain) -> bool {
        self.name() == plain.as_str()
    }

    /// Tells whether it looks into the texts of the document, which are read only then.
    pub fn reads_texts(&self) -> bool {
        matches!(self, Self::Plain(plain) if READ_TEXTS.contains(plain))
    }

    /// Tells whether it speaks about the document itself, whoever asks and from whichever state.
    pub fn stands(&self) -> bool {
        matches!(self, Self::Evidence(_) | Self::ParentIn(_) | Self::NoUnsettledChild(_))
            || matches!(self, Self::Plain(plain) if STANDING.contains(plain))
    }

    /// Tells whether it speaks about whoever asks, beyond group, owner and assurance.
    pub fn is_about_caller(&self) -> bool {
        matches!(self, Self::Isolation(_) | Self::OwnerOr(_) | Self::AskerOr(_))
            || matches!(self, Self::Plain(plain) if ABOUT_CALLERS.contains(plain))
    }

    /// Tells whether it speaks about the verdicts that were given.
    pub fn counts_verdicts(&self) -> bool {
        matches!(self, Self::ReviewedBy(_) | Self::Plain(Plain::Unanimous | Plain::NotRejected))
    }

    /// Returns the groups that it names.
    pub fn groups(&self) -> &[GroupName] {
        match self {
            Self::Plain(_)
            | Self::ParentIn(_)
            | Self::Evidence(_)
            | Self::Assurance(_)
            | Self::Isolation(_)
            | Self::NoUnsettledChild(_) => &[],
            Self::OwnerOr(groups) | Self::AskerOr(groups) => groups,
            Self::ReviewedBy(group) => std::slice::from_ref(group),
        }
    }
}

/// Explains an unknown word, with the nearest known one.
fn unknown(kind: &str, word: &str, known: impl Iterator<Item = &'static str>) -> String {
    match nearest(word, known) {
        Some(near) => format!("unknown {kind} `{word}`, did you mean `{near}`?"),
        None => format!("unknown {kind} `{word}`"),
    }
}

impl<'de> Deserialize<'de> for Guard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GuardVisitor;

        impl<'de> Visitor<'de> for GuardVisitor {
            type Value = Guard;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a guard: a word, or one word with its parameter")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Guard, E> {
                if PARAMETRIC.contains(&word) {
                    return Err(E::custom(format!(
                        "guard `{word}` needs a parameter, as in `{{ {word}: … }}`"
                    )));
                }
                let known =
                    || Plain::ALL.iter().map(|plain| plain.as_str()).chain(PARAMETRIC.iter().copied());
                Plain::from_word(word)
                    .map(Guard::Plain)
                    .ok_or_else(|| E::custom(unknown("guard", word, known())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Guard, A::Error> {
                let word: String =
                    map.next_key()?.ok_or_else(|| de::Error::custom("a guard needs a word"))?;
                let guard = match word.as_str() {
                    "owner_or" => Guard::OwnerOr(map.next_value()?),
                    "asker_or" => Guard::AskerOr(map.next_value()?),
                    "reviewed_by" => Guard::ReviewedBy(map.next_value()?),
                    "parent_in" => Guard::ParentIn(map.next_value()?),
                    "evidence" => Guard::Evidence(map.next_value()?),
                    "assurance" => Guard::Assurance(map.next_value()?),
                    "isolation" => Guard::Isolation(map.next_value()?),
                    "no_open_child" => Guard::NoUnsettledChild(map.next_value()?),
                    other => {
                        let message = unknown("guard with a parameter", other, PARAMETRIC.iter().copied());
                        return Err(de::Error::custom(message));
                    }
                };
                match map.next_key::<String>()? {
                    None => Ok(guard),
                    Some(_) => Err(de::Error::custom("one guard at a time: write a second list element")),
                }
            }
        }

        deserializer.deserialize_any(GuardVisitor)
    }
}

impl Serialize for Guard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Plain(plain) = self {
            return serializer.serialize_str(plain.as_str());
        }
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::ReviewedBy(group) => map.serialize_entry(self.name(), group)?,
            Self::ParentIn(states) => map.serialize_entry(self.name(), states)?,
            Self::Evidence(names) => map.serialize_entry(self.name(), names)?,
            Self::Assurance(assurance) => map.serialize_entry(self.name(), assurance)?,
            Self::Isolation(isolation) => map.serialize_entry(self.name(), isolation)?,
            Self::NoUnsettledChild(settled) => map.serialize_entry(self.name(), settled)?,
            _ => map.serialize_entry(self.name(), self.groups())?,
        }
        map.end()
    }
}
