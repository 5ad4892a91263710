//! Which documents are judged with others: what the log says of their parents, and the policies of their types.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::held::{HeldRow, HeldRows};
use crate::domain::audit::canonical::RawDelta;
use crate::domain::audit::row::{self, Table};
use crate::domain::digest::Digest;
use crate::domain::policy::Policy;

/// The children of each document, by the parent's id.
#[derive(Debug, Default)]
pub(super) struct Kin {
    /// What was ever adopted. The log holds no more than the digests of policies.
    policies: BTreeMap<Digest, Rc<Policy>>,
    children: BTreeMap<Vec<u8>, Vec<String>>,
}

impl Kin {
    pub(super) fn know(&mut self, policies: BTreeMap<Digest, Rc<Policy>>) {
        self.policies = policies;
    }

    /// Learns from a change whose child a document is.
    pub(super) fn learn(&mut self, delta: &RawDelta<'_>) {
        if delta.table != Table::Document {
            return;
        }
        let parent = delta.fields().find(|field| field.name.code == row::PARENT).and_then(|field| field.new);
        if let (Some(parent), Ok(child)) = (parent, str::from_utf8(delta.key)) {
            self.children.entry(parent.to_vec()).or_default().push(child.to_owned());
        }
    }

    /// Lists the documents that are judged with another one, by a policy. By one that is not known there are none.
    pub(super) fn judged_with<'r>(
        &'r self,
        rows: &'r HeldRows,
        document: &str,
        policy: &Digest,
    ) -> impl Iterator<Item = &'r HeldRow> {
        let policy = self.policies.get(policy);
        let children = self.children.get(document.as_bytes()).filter(|_| policy.is_some());
        let held = children.into_iter().flatten().filter_map(|child| rows.find(Table::Document, child));
        held.filter(move |child| {
            let text = |code| child.field(code).and_then(|value| str::from_utf8(value).ok());
            let name = text(row::TYPE).and_then(|name| name.parse().ok());
            let state = text(row::STATE).and_then(|state| state.parse().ok());
            match (policy, name, state) {
                (Some(policy), Some(name), Some(state)) => policy.is_judged_with_parent(&name, &state),
                _ => false,
            }
        })
    }
}
