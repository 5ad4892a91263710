//! Whether an entry could be made in the state that the entries before it amount to.
//!
//! A change seals only what changed. What was decided on and stayed as it was is compared here, so that rows that
//! somebody edited for the moment of one decision, and put back after it, are found at its entry.

use std::collections::BTreeSet;

use thiserror::Error;

use super::held::{HeldRow, HeldRows};
use super::kin::Kin;
use crate::domain::audit::canonical::{EntryView, RawDelta};
use crate::domain::audit::entry::EntryResult;
use crate::domain::audit::row::{self, Table};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::evidence::LASTED;
use crate::domain::identity::{AgentSession, Assurance, CredentialKind};

/// What an entry says, or needs, that the entries before it contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Contradiction {
    /// There was no such user, or it was removed.
    #[error("its actor was no user of the project")]
    NoUser,
    /// The user was of another group or kind.
    #[error("its actor was of another group, or of another kind")]
    Group,
    /// The user was believed by name and had to prove it.
    #[error("its actor had to present a credential")]
    Unproved,
    /// The credential was not there, was another user's, or had ended.
    #[error("its actor had no such credential that was valid")]
    Credential,
    /// The agent was no longer at work.
    #[error("the session of its agent had ended, or was another one")]
    Session,
    /// Another policy was in force, or was that of the round.
    #[error("it was decided by a policy that did not hold")]
    Policy,
    /// The document was in another state.
    #[error("its document was in another state before it")]
    From,
    /// The document is not what the entry says that it became.
    #[error("its document did not become what it says")]
    To,
    /// A verdict without an open task.
    #[error("its actor had no open task in the round")]
    NoTask,
    /// A verdict about one's own work.
    #[error("its actor was an author or the owner of the document, or of what is judged with it")]
    OwnWork,
    /// A verdict about another content than the one of the round.
    #[error("the round was about another content")]
    Content,
    /// A confirmation of one's own proposal, or in the name of somebody else.
    #[error("its actor confirmed an own proposal, or in the name of another user")]
    Confirmation,
}

/// Users who were ever given a credential that they must present from then on.
#[derive(Debug, Default)]
pub(super) struct Bearers(BTreeSet<Vec<u8>>);

impl Bearers {
    /// Learns from a change whom it gives such a credential.
    pub(super) fn learn(&mut self, delta: &RawDelta<'_>) {
        if delta.table != Table::Credential {
            return;
        }
        let given = |code| delta.fields().find(|field| field.name.code == code).and_then(|field| field.new);
        let binds = [CredentialKind::Standing, CredentialKind::Key].map(|kind| kind.as_str().as_bytes());
        if let (Some(kind), Some(user)) = (given(row::KIND), given(row::USER))
            && binds.contains(&kind)
        {
            self.0.insert(user.to_vec());
        }
    }
}

/// An entry, and the rows as the entries before it left them.
pub(super) struct Standing<'v> {
    pub(super) entry: &'v EntryView<'v>,
    pub(super) rows: &'v HeldRows,
    pub(super) bearers: &'v Bearers,
    pub(super) kin: &'v Kin,
    /// The time by which credentials are judged.
    pub(super) valid: Timestamp,
}

/// Characters of the longest number of milliseconds.
const DIGITS_MAX: usize = 20;

type Outcome = Result<(), Contradiction>;

fn demand(holds: bool, or: Contradiction) -> Outcome {
    if holds { Ok(()) } else { Err(or) }
}

fn time(value: &[u8]) -> Option<Timestamp> {
    // No number of milliseconds has more digits: what is held can be of any length, and is asked for at each entry.
    let value = Some(value).filter(|value| value.len() <= DIGITS_MAX)?;
    str::from_utf8(value).ok()?.parse().ok().map(Timestamp::from_millis)
}

impl Standing<'_> {
    /// Compares what the entry was decided on. Its own changes are not in the rows yet.
    pub(super) fn follows(&self) -> Outcome {
        let entry = self.entry;
        let document = match (entry.document, entry.from) {
            (Some(id), Some(from)) => {
                let held = self.rows.find(Table::Document, id).ok_or(Contradiction::From)?;
                demand(held.field(row::STATE) == Some(from.as_bytes()), Contradiction::From)?;
                Some(held)
            }
            _ => None,
        };
        // What nobody was verified for says nothing about its caller.
        let Some(actor) = entry.actor else { return Ok(()) };
        let user = self.rows.find(Table::User, actor).filter(|user| user.field(row::REMOVED_AT).is_none());
        let user = user.ok_or(Contradiction::NoUser)?;
        let is_of_group = user.field(row::GROUP) == entry.group.map(str::as_bytes)
            && user.field(row::KIND) == entry.actor_kind.map(|kind| kind.as_str().as_bytes());
        demand(is_of_group, Contradiction::Group)?;
        self.proof(actor, user)?;
        self.policy(document)?;
        if entry.verdict.is_some() {
            verdict(actor, document.ok_or(Contradiction::NoTask)?)?;
            self.attached(actor)?;
        }
        self.confirmations(actor)
    }

    /// Compares the document with what the entry says of it. Its changes are in the rows by now.
    pub(super) fn led_to(&self) -> Outcome {
        let entry = self.entry;
        // What is about a document and not done to it says of no state that it is in.
        let Some(id) = entry.document.filter(|_| entry.to.is_some()) else { return Ok(()) };
        let held = self.rows.find(Table::Document, id).ok_or(Contradiction::To)?;
        let version = entry.version.map(|version| version.to_string());
        let is_same = held.field(row::STATE) == entry.to.map(str::as_bytes)
            && held.field(row::VERSION) == version.as_deref().map(str::as_bytes)
            && held.field(row::CONTENT) == entry.content_digest.as_ref().map(|it| it.as_bytes().as_slice());
        demand(is_same, Contradiction::To)
    }

    fn proof(&self, actor: &str, user: &HeldRow) -> Outcome {
        let entry = self.entry;
        let has_proof = match entry.assurance {
            Some(Assurance::Claimed) => {
                let is_bound = self.bearers.0.contains(actor.as_bytes()) || user.field(row::BOUND).is_some();
                demand(!is_bound, Contradiction::Unproved)?;
                entry.credential.is_none() && entry.ticket.is_none()
            }
            Some(Assurance::Token | Assurance::Signature) => entry.credential.is_some(),
            Some(Assurance::Ticket) => entry.ticket.is_some(),
            None => false,
        };
        demand(has_proof, Contradiction::Credential)?;
        let Some(id) = entry.credential else { return self.hooked(actor) };
        let held = self.rows.find(Table::Credential, id).ok_or(Contradiction::Credential)?;
        let is_own = held.field(row::USER) == Some(actor.as_bytes()) && held.field(row::REVOKED_AT).is_none();
        demand(is_own && self.is_in_time(held), Contradiction::Credential)?;
        match held.field(row::SESSION) {
            Some(id) => {
                demand(entry.session.map(str::as_bytes) == Some(id), Contradiction::Session)?;
                let is_spawned = held.field(row::KIND) == Some(CredentialKind::Spawn.as_str().as_bytes());
                let id = entry.session.filter(|_| is_spawned);
                id.map_or(Ok(()), |id| self.at_work(id, actor))
            }
            None => self.hooked(actor),
        }
    }

    /// A refusal changes nothing, and who asks for a run is known when it begins: its entry is made when it has ended.
    fn is_in_time(&self, credential: &HeldRow) -> bool {
        let is_run = self.entry.observed().any(|(name, _)| name == LASTED);
        let is = |code, meets: fn(Timestamp, Timestamp) -> bool| {
            credential.field(code).is_none_or(|value| time(value).is_some_and(|at| meets(at, self.valid)))
        };
        is_run
            || self.entry.result == EntryResult::Denied
            || is(row::NOT_BEFORE, Timestamp::has_come) && is(row::NOT_AFTER, |end, now| !end.has_come(now))
    }

    /// An agent of a runtime acts by tickets, as long as it is at work.
    fn hooked(&self, actor: &str) -> Outcome {
        match (self.entry.ticket, self.entry.session, self.entry.agent) {
            (Some(_), Some(session), Some(agent)) if self.entry.result == EntryResult::Permitted => {
                self.at_work(&AgentSession::id_of(session, agent), actor)
            }
            _ => Ok(()),
        }
    }

    fn at_work(&self, session: &str, actor: &str) -> Outcome {
        let held = self.rows.find(Table::Session, session).ok_or(Contradiction::Session)?;
        let is_own = held.field(row::USER) == Some(actor.as_bytes()) && held.field(row::CLOSED_AT).is_none();
        demand(is_own, Contradiction::Session)
    }

    /// A round keeps the policy that it began under; all else is decided by the one in force.
    fn policy(&self, document: Option<&HeldRow>) -> Outcome {
        let of_round = document.and_then(|held| held.field(row::ROUND)).map(row::read_round_policy);
        let in_force = || self.rows.find(Table::Project, "project")?.field(row::POLICY);
        let policy = of_round.unwrap_or_else(in_force);
        demand(policy == Some(self.entry.policy_digest.as_bytes()), Contradiction::Policy)
    }

    /// What ends with a document is judged with it, as in the decision.
    fn attached(&self, actor: &str) -> Outcome {
        let Some(id) = self.entry.document else { return Ok(()) };
        let mut judged = self.kin.judged_with(self.rows, id, &self.entry.policy_digest);
        demand(!judged.any(|own| is_own(own, actor.as_bytes())), Contradiction::OwnWork)
    }

    /// A second person confirms what a first one proposed.
    fn confirmations(&self, actor: &str) -> Outcome {
        for delta in self.entry.raw_deltas().filter(|delta| delta.table == Table::Proposal) {
            let confirmed = delta.fields().find(|field| field.name.code == row::CONFIRMED_BY);
            let Some(confirmed) = confirmed.and_then(|field| field.new) else { continue };
            let by = str::from_utf8(delta.key).ok().and_then(|key| self.rows.find(Table::Proposal, key));
            let by = by.and_then(|held| held.field(row::BY));
            let is_second = confirmed == actor.as_bytes() && by.is_some_and(|by| by != confirmed);
            demand(is_second, Contradiction::Confirmation)?;
        }
        Ok(())
    }
}

/// What no policy can take away from a verdict.
fn verdict(actor: &str, document: &HeldRow) -> Outcome {
    let actor = actor.as_bytes();
    let seat = document.member(row::SEATS, actor).filter(|seat| !row::is_answered(seat));
    let round = document.field(row::ROUND).filter(|_| seat.is_some()).ok_or(Contradiction::NoTask)?;
    demand(!is_own(document, actor), Contradiction::OwnWork)?;
    // Texts of any length could be held in the place of digests.
    let digest = |value: &[u8]| value.try_into().ok().map(Digest::from_bytes);
    let content = row::read_round_content(round).and_then(digest);
    let is_same = content.is_some() && content == document.field(row::CONTENT).and_then(digest);
    demand(is_same, Contradiction::Content)
}

/// Tells whether somebody wrote or owns a document.
fn is_own(document: &HeldRow, actor: &[u8]) -> bool {
    document.member(row::AUTHORS, actor).is_some()
        || [row::CREATOR, row::OWNER].iter().any(|code| document.field(*code) == Some(actor))
}
