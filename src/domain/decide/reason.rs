//! Why something is refused: a closed list of conditions, each with a class and an explanation.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::document::words;
use crate::domain::identity::Distrust;
use crate::domain::offer::Offer;

words! {
    /// What kind of condition is not met. When several are, the first of this order decides the
    /// exit status.
    Class {
        /// Who is calling could not be verified.
        Identity = "identity",
        /// The caller is not the one who may do it.
        Permission = "permission",
        /// It cannot be done now, whoever asks.
        Precondition = "precondition",
    }
}

macro_rules! conditions {
    ($($variant:ident = $name:literal, $class:ident, $explanation:literal;)*) => {
        /// A condition that can be unmet.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Condition {
            $(#[doc = $explanation] $variant,)*
        }

        impl Condition {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the class.
            pub const fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }

            /// Explains it to somebody who was refused.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }
        }
    };
}

conditions! {
    UnknownUser = "unknown_user", Identity, "The name given with `--user` is not a user of this project.";
    CredentialRequired = "credential_required", Identity, "The user was given a credential, or is bound by a hook, and must present a proof, always.";
    IdentityMismatch = "identity_mismatch", Identity, "The credential that was presented names another user than `--user`.";
    CredentialInvalid = "credential_invalid", Identity, "The credential is not in the registry as it was issued; which part of it is not is told to nobody.";
    CredentialNotYetValid = "credential_not_yet_valid", Identity, "The time of the credential has not come.";
    CredentialExpired = "credential_expired", Identity, "The time of the credential is over.";
    CredentialRevoked = "credential_revoked", Identity, "The credential was revoked.";
    CredentialUsedUp = "credential_used_up", Identity, "The credential was used as often as it may be.";
    CredentialOutOfScope = "credential_out_of_scope", Identity, "The credential is not good for this action or document.";
    TicketForAnotherCall = "ticket_for_another_call", Identity, "The ticket was made for another command line or another folder.";
    TicketForAnotherInput = "ticket_for_another_input", Identity, "What the call reads is not what it was when the ticket was made.";
    TicketCallOver = "ticket_call_over", Identity, "The call of the ticket ended without using it.";
    TicketNotAllowed = "ticket_not_allowed", Identity, "The call of the ticket was not allowed.";
    TicketOvertaken = "ticket_overtaken", Identity, "The agent of the ticket went on before it was used; calls that act are made one at a time.";
    AgentReadsOnly = "agent_reads_only", Identity, "An agent that is no user of the project reads as the user of the main thread, and acts as nobody.";
    SignedAnotherRequest = "signed_another_request", Identity, "What was signed is about another action, document or input than what was asked for.";
    SignatureStale = "signature_stale", Identity, "A signature answers a nonce that is given out for it, within five minutes, once.";
    WrongPassphrase = "wrong_passphrase", Identity, "The passphrase does not open the key of the user who was named.";
    SessionEnded = "session_ended", Identity, "The agent session that the proof belongs to has ended, or never was.";
    TokenOfAnotherProcess = "token_of_another_process", Identity, "The token was given to one process and those that it starts; the caller is none of them.";
    OtherNamespaces = "other_namespaces", Identity, "The token was given to a process in other namespaces; a sandbox has some of its own.";
    ReadingUnproved = "reading_unproved", Identity, "In the profiles team and gxp nobody reads who is only claimed.";
    CallNotSigned = "call_not_signed", Identity, "Where the hook of an agent runtime is installed, a token in the environment of its agents counts only with the ticket that the hook makes for the call.";
    PersonsTokenExported = "persons_token_exported", Identity, "A person's bearer token counts for an agent's command only where that names it with `--token-file`.";
    PersonsPassphraseExported = "persons_passphrase_exported", Identity, "A person's passphrase counts for an agent's command only where that names it with `--passphrase-file`.";
    AssuranceTooLow = "assurance_too_low", Identity, "Who is calling must be proved better: by a token, a ticket, or the user's own signature.";
    IsolationTooLow = "isolation_too_low", Identity, "The keys of the project must be kept better from those who call than this command finds them.";
    NotHuman = "not_human", Permission, "Only a person may do this.";
    NotIndependent = "not_independent", Permission, "The caller comes from where an author wrote: the same session, or started by the same user.";
    MayNotStart = "may_not_start", Permission, "The policy lets others start this agent.";
    NotOwnCredential = "not_own_credential", Permission, "Credentials of others are for those who manage users.";
    GroupNotAllowed = "group_not_allowed", Permission, "The policy gives this action to other groups.";
    NotOwner = "not_owner", Permission, "Only the owner of the document may do this.";
    NotAsker = "not_asker", Permission, "Only the user who opened this round, or the groups that the policy names, may do this.";
    IsAsker = "is_asker", Permission, "Whoever opened this round does not decide it.";
    NoteNotYours = "note_not_yours", Permission, "The note is written by another group, or by the program itself.";
    NotAssigned = "not_assigned", Permission, "Only assignees of the open round give a verdict.";
    IsAuthor = "is_author", Permission, "Authors never review or approve their own work: the creator, and everyone who checked the document in since its last approval.";
    CompletesRound = "completes_round", Permission, "After this step the round would count as answered; only those take it who could give a verdict.";
    IsOwner = "is_owner", Permission, "The owner never reviews or approves the document.";
    AlreadyAnswered = "already_answered", Precondition, "A verdict is given once in a round.";
    AlreadyOpened = "already_opened", Precondition, "A reading is recorded once in a round.";
    NotOpened = "not_opened", Precondition, "Whoever judges the content must have opened it in this round, with `read --draft`.";
    ContentChanged = "content_changed", Precondition, "The round speaks about another content than the present one.";
    NotFromThisState = "not_from_this_state", Precondition, "The life cycle has no such action in the present state.";
    UnknownState = "unknown_state", Precondition, "The policy does not know the type or the state of the document.";
    UnknownAction = "unknown_action", Precondition, "The policy does not know the action.";
    MissingInput = "missing_input", Precondition, "The action needs to be told something that is missing or blank.";
    InvalidInput = "invalid_input", Precondition, "Something that was told with the action has no valid form.";
    CheckedOutByAnother = "checked_out_by_another", Precondition, "Another user has the document checked out.";
    CheckedOut = "checked_out", Precondition, "The document is checked out; check it in first.";
    NotCheckedOut = "not_checked_out", Precondition, "You do not have the document checked out.";
    CopyUnsound = "copy_unsound", Precondition, "The working copy is missing, is of another document or base, or its front matter cannot be read.";
    FrontMatterIncomplete = "front_matter_incomplete", Precondition, "The front matter lacks a field that the document type requires.";
    RevisionNotDescribed = "revision_not_described", Precondition, "The revision says of itself what the version in force said; it must say what changed.";
    PlaceholderLeft = "placeholder_left", Precondition, "Something is left to be filled in: `{{…}}` or a word that the policy refuses (`placeholders`) while a document is drafted, `[…]` while it is carried out. Code is exempt; a square bracket that is meant is written `\\[`.";
    TextUnclear = "text_unclear", Precondition, "A page would show something else than the lines of the text say, so that no rule can look into it.";
    SectionLocked = "section_locked", Precondition, "The template of the document locks this section, always or in this phase.";
    TemplateUnsound = "template_unsound", Precondition, "A type names the document as its template, and documents made from it could not be completed.";
    AssigneeNotEligible = "assignee_not_eligible", Precondition, "Someone named could not answer the task.";
    AlreadyAssigned = "already_assigned", Precondition, "Everyone who could be seated has a seat in this round.";
    NobodyToRelease = "nobody_to_release", Precondition, "Someone named has no open task in this round.";
    ReleasesSelf = "releases_self", Precondition, "Nobody releases themselves from a task: who does would see what the others said, and could come back.";
    SlotWouldBeEmpty = "slot_would_be_empty", Precondition, "The round would be left without the group that must take part in it.";
    NoEligible = "no_eligible", Precondition, "No user of the group that must take part could answer: all are authors, owner, or missing.";
    NotUnanimous = "not_unanimous", Precondition, "The latest verdict of every reviewer on this content must recommend it.";
    NotReviewed = "not_reviewed", Precondition, "The content was not reviewed by the group that must review it.";
    RejectedSince = "rejected_since", Precondition, "The content was rejected after it was reviewed; change it, or have it reviewed again.";
    ContentObjected = "content_objected", Precondition, "A reviewer asked for changes to this very content, or an approver rejected it: it does not come back as it was.";
    ItemsUnreadable = "items_unreadable", Precondition, "The document has no table of execution items that can be read.";
    ItemsUnplanned = "items_unplanned", Precondition, "An item does not say what is to be done or expected, or says what came of it before its execution.";
    ItemsChanged = "items_changed", Precondition, "An approved item is gone, added, moved or reworded, or something is recorded by hand.";
    ItemsIncomplete = "items_incomplete", Precondition, "An approved item is not recorded: outcome, actual result, evidence, performer and time.";
    ItemUnresolved = "item_unresolved", Precondition, "A failed item has no document that answers for it, or only such as were given up or failed themselves.";
    ItemUnknown = "item_unknown", Precondition, "The document has no item of this id.";
    ItemAlreadyRecorded = "item_already_recorded", Precondition, "The item is recorded; a wrong entry is put right by another that says what was wrong.";
    ItemHasFailed = "item_has_failed", Precondition, "A failed item keeps its outcome; a document that answers for it says how it is resolved.";
    ItemNotFailed = "item_not_failed", Precondition, "A document answers for a failed item, and this one is not recorded as failed.";
    EvidenceUnknown = "evidence_unknown", Precondition, "The policy declares no such command for evidence.";
    NotRun = "not_run", Precondition, "What a command shows is recorded by `evidence run`, which runs it, and by nothing else.";
    ProgramChanged = "program_changed", Precondition, "The program of the command is not the one that was adopted.";
    RunOvertaken = "run_overtaken", Precondition, "The content changed while the command ran, so that the run says nothing about it.";
    EvidenceMissing = "evidence_missing", Precondition, "A command that must pass was never run for the document.";
    EvidenceFailed = "evidence_failed", Precondition, "A command that must pass did not, the last time that it was run for the present content.";
    EvidenceStale = "evidence_stale", Precondition, "A command that must pass was run for another content than the present one.";
    OpenChild = "open_child", Precondition, "A document that belongs to this one is not finished.";
    AttachmentBusy = "attachment_busy", Precondition, "An attachment is checked out or in a round.";
    AttachmentObjected = "attachment_objected", Precondition, "Somebody asked for changes to an attachment, or rejected it, and has not answered anew: what it ends with is neither approved nor closed over that.";
    NothingObjected = "nothing_objected", Precondition, "Nobody objects to an attachment of the document, or people are still asked about it: without an objection the document does not go back.";
    OnceApproved = "once_approved", Precondition, "The document was approved before, so that it cannot be cancelled.";
    NeverApproved = "never_approved", Precondition, "The document was never approved; cancel it instead.";
    NothingToRestore = "nothing_to_restore", Precondition, "The draft was not begun from a version in force.";
    NoteMissing = "note_missing", Precondition, "A note that a trait of the document demands is missing, or no longer speaks about the present content.";
    NoteJudged = "note_judged", Precondition, "The note was there when somebody judged the document; whoever did is assigned again before it says something else.";
    NoteUnknown = "note_unknown", Precondition, "No trait of the document has such a note, or none that you could write now.";
    NoteOutOfPhase = "note_out_of_phase", Precondition, "The note is written in another phase.";
    TraitUnknown = "trait_unknown", Precondition, "The policy has no such trait, or none that the document lacks.";
    TraitPresent = "trait_present", Precondition, "The document has the trait already; traits are only added.";
    PrerequisiteUnmet = "prerequisite_unmet", Precondition, "A document that this one requires has not come as far as it has to, or never can.";
    StillRequired = "still_required", Precondition, "A document that can no longer be changed requires this one to be what it could never become after this step.";
    PrerequisiteCycle = "prerequisite_cycle", Precondition, "Documents would wait for each other in a circle.";
    CannotOwn = "cannot_own", Precondition, "The new owner must be another user whose group may own documents; and whoever has answered about a document, or about what it ends with, comes neither to own nor to write it while that round is open.";
    ParentMissing = "parent_missing", Precondition, "A document of this type belongs to another; name it with `--parent`.";
    ParentUnsuitable = "parent_unsuitable", Precondition, "The parent has another type or state than the type allows.";
    IdTaken = "id_taken", Precondition, "The document exists already.";
    NamespaceUnknown = "namespace_unknown", Precondition, "The namespace is not registered.";
    TemplateNotInForce = "template_not_in_force", Precondition, "The template of the type is not in force.";
    UserNameTaken = "user_name_taken", Precondition, "The name was given to a user before; names are given once.";
    UserNotFound = "user_not_found", Precondition, "There is no such user, or the user was removed.";
    UserBusy = "user_busy", Precondition, "The user owns unfinished documents or has open tasks.";
    LastAdministrator = "last_administrator", Precondition, "Nobody would be left to do this again.";
    PersonHasKey = "person_has_key", Precondition, "The person has a key; nobody else makes a credential for somebody who has one.";
    AgentUnknown = "agent_unknown", Precondition, "The policy knows no such agent, or its user cannot be started.";
    AgentChanged = "agent_changed", Precondition, "The program or the definition of the agent is not the one that was adopted, or its runtime could take another definition for it.";
    NotBound = "not_bound", Precondition, "No hook binds this user: there is nothing to lift.";
    SessionOver = "session_over", Precondition, "The session has ended already.";
    CredentialEnded = "credential_ended", Precondition, "The credential can no longer be used.";
    NobodyCompares = "nobody_compares", Precondition, "Nobody else has a key that counts, to compare a new one.";
    NothingToAcknowledge = "nothing_to_acknowledge", Precondition, "This key waits for nobody.";
    NamespaceTaken = "namespace_taken", Precondition, "The namespace is registered already.";
    PolicyUnsound = "policy_unsound", Precondition, "The candidate policy has faults.";
    FingerprintDiffers = "fingerprint_differs", Precondition, "No key of that user has the fingerprint that was named.";
    PolicyDemandsLess = "policy_demands_less", Precondition, "The candidate policy demands less; adopting it takes `--less` and a reason.";
    CandidateDiffers = "candidate_differs", Precondition, "The candidate policy is not the one that was named.";
    ProposedAlready = "proposed_already", Precondition, "Somebody else has proposed the same; a second person confirms it.";
    NothingToConfirm = "nothing_to_confirm", Precondition, "No such proposal waits for a second person, or its week is over.";
    NothingToSet = "nothing_to_set", Precondition, "The record knows of no jump of the clock.";
    PolicyUnchanged = "policy_unchanged", Precondition, "The candidate policy is the one in force.";
    PolicyStrandsUsers = "policy_strands_users", Precondition, "A user is of a group that the candidate policy does not know.";
    PolicyLiftsGates = "policy_lifts_gates", Precondition, "The candidate policy would demand less of documents that are under way.";
    PolicyStrandsDocuments = "policy_strands_documents", Precondition, "A document is in a type or state, or waits for one, that the candidate policy does not know.";
}

impl From<Distrust> for Condition {
    fn from(why: Distrust) -> Self {
        match why {
            Distrust::UnknownUser => Self::UnknownUser,
            Distrust::CredentialRequired => Self::CredentialRequired,
            Distrust::Mismatch => Self::IdentityMismatch,
            Distrust::Invalid => Self::CredentialInvalid,
            Distrust::NotYetValid => Self::CredentialNotYetValid,
            Distrust::Expired => Self::CredentialExpired,
            Distrust::Revoked => Self::CredentialRevoked,
            Distrust::UsedUp => Self::CredentialUsedUp,
            Distrust::OutOfScope => Self::CredentialOutOfScope,
            Distrust::OtherCall => Self::TicketForAnotherCall,
            Distrust::OtherInput => Self::TicketForAnotherInput,
            Distrust::CallOver => Self::TicketCallOver,
            Distrust::NotAllowed => Self::TicketNotAllowed,
            Distrust::Overtaken => Self::TicketOvertaken,
            Distrust::ReadsOnly => Self::AgentReadsOnly,
            Distrust::OtherRequest => Self::SignedAnotherRequest,
            Distrust::StaleSignature => Self::SignatureStale,
            Distrust::WrongPassphrase => Self::WrongPassphrase,
            Distrust::SessionEnded => Self::SessionEnded,
            Distrust::OtherProcess => Self::TokenOfAnotherProcess,
            Distrust::OtherNamespaces => Self::OtherNamespaces,
            Distrust::ReadingUnproved => Self::ReadingUnproved,
            Distrust::Unsigned => Self::CallNotSigned,
            Distrust::Exported => Self::PersonsTokenExported,
            Distrust::ExportedPassphrase => Self::PersonsPassphraseExported,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A condition that is not met, as it is told to the caller and sealed into the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The stable name.
    pub name: String,
    /// The class.
    pub class: Class,
    /// What is missing here.
    pub message: String,
    /// What would meet it, where there is something.
    pub remedy: Option<Box<Offer>>,
}

impl Reason {
    /// Builds a reason without a remedy.
    pub fn new(condition: Condition, message: impl Into<String>) -> Self {
        Self {
            name: condition.name().to_owned(),
            class: condition.class(),
            message: message.into(),
            remedy: None,
        }
    }

    /// Adds what would meet the condition, where the one who is refused may do it.
    #[must_use]
    pub fn remedy(mut self, offer: impl Into<Option<Offer>>) -> Self {
        self.remedy = offer.into().map(Box::new);
        self
    }
}

/// A refusal, with every condition that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    reasons: Vec<Reason>,
}

impl Denial {
    /// Builds a refusal; the reasons are put into the order of their classes.
    pub fn new(mut reasons: Vec<Reason>) -> Self {
        reasons.sort_by_key(|reason| reason.class);
        Self { reasons }
    }

    /// Returns the reasons, most serious class first.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns the most serious class. A refusal without reasons cannot come about; it would count
    /// as a question of permission.
    pub fn class(&self) -> Class {
        self.reasons.first().map_or(Class::Permission, |reason| reason.class)
    }
}
