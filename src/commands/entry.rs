//! An entry of the log as it looks from outside.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::attestation::DOSSIER;
use crate::domain::audit::{
    Attribution, Delta, Entry, EntryResult, FieldName, Meaning, RanBy, Shown, Table, leaf_hash, shown,
};
use crate::domain::decide::Condition;
use crate::domain::digest::{Digest, Timestamp, to_hex};
use crate::domain::document::{Kind, Outcome};
use crate::domain::id::{CredentialId, DocumentId, GroupName, StateName, UserName, Version};
use crate::domain::identity::{Assurance, Isolation, TicketId};
use crate::domain::offer::Offer;
use crate::domain::order::Place;
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
    /// The fields that changed; `None` where they are not shown while a round is open.
    pub(super) changes: Option<Vec<ChangeView>>,
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
    meaning: Option<Meaning>,
    signed_at: Timestamp,
    nonce: Option<String>,
    value: Option<String>,
}

impl SignatureView {
    /// Leaves that it was signed, and when.
    pub(super) fn cover(&mut self) {
        (self.meaning, self.nonce, self.value) = (None, None, None);
    }
}

/// The change of a field.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    pub(super) table: Table,
    pub(super) key: String,
    pub(super) field: String,
    pub(super) old: Option<ValueView>,
    pub(super) new: Option<ValueView>,
}

/// The value of a field: one text, or several by name.
#[derive(Debug, Clone)]
pub struct ValueView(pub(super) Shown);

impl Serialize for ValueView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Shown::One(text) => serializer.serialize_str(text),
            Shown::Parts(parts) => serializer.collect_map(parts.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl fmt::Display for ValueView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            // What is there and says nothing else.
            Shown::One(text) if text.is_empty() => f.write_str("yes"),
            Shown::One(text) => f.write_str(&short(text)),
            Shown::Parts(parts) => {
                let part = |(name, value): &(_, String)| format!("{name} {}", short(value));
                let parts: Vec<_> = parts.iter().map(part).collect();
                f.write_str(&parts.join(", "))
            }
        }
    }
}

/// Shows of a digest what people compare.
fn short(text: &str) -> String {
    Digest::parse(text).map_or_else(|_| text.to_owned(), |digest| digest.short())
}

impl ChangeView {
    /// Lists what a row changed.
    fn of(delta: &Delta) -> impl Iterator<Item = Self> {
        delta.fields.iter().map(|it| {
            let name = FieldName::of(&it.name);
            let value = |value: &Option<Vec<u8>>| {
                value.as_ref().map(|value| ValueView(shown(delta.table, &name, value)))
            };
            Self {
                table: delta.table,
                key: delta.key.clone(),
                field: it.name.clone(),
                old: value(&it.old),
                new: value(&it.new),
            }
        })
    }

    /// Names who answered in a round, where the change tells the answer.
    pub(super) fn answerer(&self) -> Option<&str> {
        let has_answered = |value: &Option<ValueView>| match value {
            Some(ValueView(Shown::Parts(parts))) => parts.iter().any(|(name, _)| *name == "outcome"),
            _ => false,
        };
        let (family, rest) = self.field.split_once('/')?;
        match family {
            "seat" if has_answered(&self.old) || has_answered(&self.new) => Some(rest),
            "verdict" => rest.rsplit_once('/').map(|(_, user)| user),
            _ => None,
        }
    }

    /// Says it for people, who read of the document `about`.
    pub(super) fn words(&self, about: &DocumentId) -> String {
        let value = |value: &Option<ValueView>| value.as_ref().map_or("-".to_owned(), ToString::to_string);
        let (old, new) = (value(&self.old), value(&self.new));
        if self.table == Table::Document && self.key == about.as_str() {
            return format!("{}: {old} → {new}", self.field);
        }
        format!("{} {} {}: {old} → {new}", self.table, self.key, self.field)
    }
}

/// Why something was refused.
#[derive(Debug, Clone, Serialize)]
pub struct ReasonView {
    pub(super) name: String,
    message: String,
    remedy: Option<Offer>,
}

impl ReasonView {
    /// Says of a condition what it means, and nothing of the case.
    pub(super) fn explained(condition: Condition) -> Self {
        Self { name: condition.name().to_owned(), message: condition.explanation().to_owned(), remedy: None }
    }

    /// Returns the condition, where it is known.
    pub(super) fn condition(&self) -> Option<Condition> {
        Condition::ALL.iter().copied().find(|condition| condition.name() == self.name)
    }
}

/// What is a digest, which tells people nothing.
const DIGESTS: &[&str] = &[DOSSIER, "brief", "candidate", "copy", "public", "verifier"];

/// What people find by the session that an entry names: it has one document and one token, and a beginning and an
/// end.
const OF_SESSION: &[&str] = &["credential", "document", "duration_ms"];

impl EntryView {
    /// Returns where it is in the order of the record.
    pub(super) fn place(&self) -> Place {
        Place::of(self.span, self.at)
    }

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
                nonce: Some(to_hex(&signature.statement.nonce)),
                value: Some(to_hex(&signature.bytes)),
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
            changes: Some(entry.deltas.iter().flat_map(ChangeView::of).collect()),
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
        self.told_of(|_| true)
    }

    fn told_of(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        let verdict = self.verdict.map(Outcome::as_str);
        let told = self.inputs.iter().chain(&self.observed).filter(|(name, value)| {
            is_wanted(name) && Some(value.as_str()) != verdict && !DIGESTS.contains(&name.as_str())
        });
        told.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
    }

    /// Says in a few words what became of it.
    pub(super) fn what(&self) -> String {
        let names_session = self.inputs.contains_key("session") || self.observed.contains_key("session");
        let is_wanted = |name: &str| !(names_session && OF_SESSION.contains(&name));
        match self.told_of(is_wanted) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answerer(field: &str, old: Option<&str>, new: Option<&str>) -> Option<String> {
        let parts = |name: &str| {
            let name = if name == "outcome" { "outcome" } else { "assigned_by" };
            ValueView(Shown::Parts(vec![(name, "qa".to_owned())]))
        };
        let change = ChangeView {
            table: Table::Document,
            key: "CR-001".to_owned(),
            field: field.to_owned(),
            old: old.map(parts),
            new: new.map(parts),
        };
        change.answerer().map(str::to_owned)
    }

    // REQ-082
    #[test]
    fn a_change_that_tells_an_answer_names_who_gave_it() {
        for (field, old, new, by) in [
            ("seat/qa", None, Some("outcome"), Some("qa")),
            ("seat/qa", Some("outcome"), None, Some("qa")),
            ("seat/qa", None, Some("assigned_by"), None),
            ("verdict/pre_review/qa", None, Some("outcome"), Some("qa")),
            ("verdict/pre_review/qa", Some("outcome"), None, Some("qa")),
            ("reading/qa", None, Some("assigned_by"), None),
            ("state", Some("assigned_by"), Some("assigned_by"), None),
        ] {
            assert_eq!(answerer(field, old, new).as_deref(), by, "{field}");
        }
    }
}
