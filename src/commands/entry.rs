//! An entry of the log as it looks from outside.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::attestation::DOSSIER;
use crate::domain::audit::{Attribution, Entry, EntryResult, Meaning, RanBy, leaf_hash};
use crate::domain::decide::{Class, Condition};
use crate::domain::digest::{Digest, Timestamp, to_hex};
use crate::domain::document::{Kind, Outcome};
use crate::domain::id::{CredentialId, DocumentId, GroupName, StateName, UserName, Version};
use crate::domain::identity::{Assurance, Isolation, TicketId};
use crate::domain::offer::Offer;
use crate::store::StoreError;

/// An entry, by the names of the JSON contract.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    pub(super) index: u64,
    pub(super) at: Timestamp,
    pub(super) span: u32,
    pub(super) clock: Timestamp,
    pub(super) boot: Option<BootView>,
    pub(super) actor: Option<UserName>,
    pub(super) claimed: Option<String>,
    pub(super) claimed_actor: Option<String>,
    pub(super) attribution: Option<Attribution>,
    pub(super) actor_kind: Option<Kind>,
    pub(super) group: Option<GroupName>,
    pub(super) assurance: Option<Assurance>,
    pub(super) isolation: Isolation,
    pub(super) session: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) parent: Option<UserName>,
    pub(super) credential: Option<CredentialId>,
    pub(super) token_id: Option<String>,
    pub(super) ticket: Option<TicketId>,
    pub(super) signature: Option<SignatureView>,
    pub(super) host: Option<String>,
    pub(super) uid: Option<u32>,
    pub(super) client_id: Option<String>,
    pub(super) occurred_at: Option<Timestamp>,
    pub(super) ran_by: Option<RanBy>,
    pub(super) action: String,
    pub(super) inputs: BTreeMap<String, String>,
    pub(super) observed: BTreeMap<String, String>,
    pub(super) document: Option<DocumentId>,
    pub(super) version: Option<Version>,
    pub(super) from: Option<StateName>,
    pub(super) to: Option<StateName>,
    pub(super) result: EntryResult,
    pub(super) verdict: Option<Outcome>,
    pub(super) comment: Option<String>,
    pub(super) reasons: Vec<ReasonView>,
    pub(super) content_digest: Option<Digest>,
    pub(super) policy_digest: Digest,
    pub(super) count: u64,
    pub(super) leaf_hash: Digest,
    /// Whether something of it is not shown while a round is open.
    pub(super) withheld: bool,
}

/// A start of the system, and how long ago it was.
#[derive(Debug, Clone, Serialize)]
pub struct BootView {
    id: String,
    since_ms: u64,
}

/// The signature of the actor, made with the credential.
#[derive(Debug, Clone, Serialize)]
pub struct SignatureView {
    pub(super) meaning: Option<Meaning>,
    signed_at: Timestamp,
    nonce: String,
    value: String,
}

/// Why something was refused.
#[derive(Debug, Clone, Serialize)]
pub struct ReasonView {
    pub(super) name: String,
    message: String,
    remedy: Option<Offer>,
}

impl ReasonView {
    /// Returns its class, where the condition is known.
    pub(super) fn class(&self) -> Option<Class> {
        let known = Condition::ALL.iter().find(|condition| condition.name() == self.name);
        known.map(|condition| condition.class())
    }
}

/// What is a digest, which tells people nothing.
const DIGESTS: &[&str] = &[DOSSIER, "candidate", "copy", "public", "verifier"];

impl EntryView {
    /// Shows a stored entry.
    pub fn decode(index: u64, bytes: &[u8]) -> Result<Self, StoreError> {
        let entry = Entry::decode(bytes).map_err(|error| StoreError::Unreadable {
            table: "entries",
            key: index.to_string(),
            message: error.to_string(),
        })?;
        Ok(Self {
            index: entry.index,
            at: entry.at,
            span: entry.span,
            clock: entry.moment.clock,
            boot: entry.moment.boot.map(|boot| BootView { id: to_hex(&boot.id), since_ms: boot.since }),
            actor: entry.actor,
            claimed: entry.claimed,
            claimed_actor: entry.claimed_actor,
            attribution: entry.attribution,
            actor_kind: entry.actor_kind,
            group: entry.group,
            assurance: entry.assurance,
            isolation: entry.isolation,
            session: entry.session,
            agent: entry.agent,
            parent: entry.parent,
            credential: entry.credential,
            token_id: entry.token_id,
            ticket: entry.ticket,
            signature: entry.signature.map(|signature| SignatureView {
                meaning: signature.statement.meaning,
                signed_at: signature.statement.signed_at,
                nonce: to_hex(&signature.statement.nonce),
                value: to_hex(&signature.bytes),
            }),
            host: entry.host,
            uid: entry.uid,
            client_id: entry.client_id,
            occurred_at: entry.occurred_at,
            ran_by: entry.ran_by,
            action: entry.action,
            inputs: entry.inputs,
            observed: entry.observed,
            document: entry.document,
            version: entry.version,
            from: entry.from,
            to: entry.to,
            result: entry.result,
            verdict: entry.verdict,
            comment: entry.comment,
            reasons: entry
                .reasons
                .into_iter()
                .map(|reason| ReasonView {
                    name: reason.name,
                    message: reason.message,
                    remedy: reason.remedy,
                })
                .collect(),
            content_digest: entry.content_digest,
            policy_digest: entry.policy_digest,
            count: entry.count,
            leaf_hash: leaf_hash(bytes),
            withheld: false,
        })
    }

    /// Names who acted, and how sure that was; of the unverified only the claim.
    pub(super) fn who(&self) -> String {
        match (&self.actor, &self.claimed, self.assurance) {
            (Some(actor), _, Some(assurance)) => format!("{actor} ({})", assurance.shown()),
            (Some(actor), _, None) => actor.to_string(),
            (None, Some(claimed), _) => format!("unverified `{}`", claimed.escape_debug()),
            (None, None, _) => "qms".to_owned(),
        }
    }

    /// Names what was done, and in brackets the verdict where the verb does not say it.
    pub(super) fn deed(&self) -> String {
        match self.verdict.map(Outcome::as_str).filter(|verdict| *verdict != self.action) {
            Some(verdict) => format!("{} ({verdict})", self.action),
            None if self.withheld => format!("{} (withheld)", self.action),
            None => self.action.clone(),
        }
    }

    /// Lists the names of the conditions that were not met.
    pub(super) fn reason_names(&self) -> String {
        self.reasons.iter().map(|reason| reason.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Says what was told with it, except what the verdict says, too, and a digest, which tells people nothing.
    pub(super) fn told(&self) -> String {
        let verdict = self.verdict.map(Outcome::as_str);
        let told = self
            .inputs
            .iter()
            .chain(&self.observed)
            .filter(|(name, value)| Some(value.as_str()) != verdict && !DIGESTS.contains(&name.as_str()));
        told.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
    }

    /// Says in a few words what became of it.
    pub(super) fn what(&self) -> String {
        match self.told() {
            told if told.is_empty() => self.outcome(),
            told if self.outcome().is_empty() => told,
            told => format!("{} ({told})", self.outcome()),
        }
    }

    fn outcome(&self) -> String {
        let reasons = || self.reason_names();
        match (self.result, &self.from, &self.to) {
            (EntryResult::Denied, _, _) if self.reasons.is_empty() => "denied".to_owned(),
            (EntryResult::Denied, _, _) if self.count > 1 => {
                format!("denied {} times: {}", self.count, reasons())
            }
            (EntryResult::Denied, _, _) => format!("denied: {}", reasons()),
            (_, Some(from), Some(to)) if from != to => format!("{from} → {to}"),
            (_, _, Some(to)) => to.to_string(),
            _ => String::new(),
        }
    }
}
