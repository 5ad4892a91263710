//! What the record says of proposals: which of them nothing has ended since, and since when a key counts that would
//! confirm one.

use std::collections::BTreeMap;

use super::{Session, SessionError};
use crate::domain::audit::{Delta, Entry, Table};
use crate::domain::decide::freeing;
use crate::domain::digest::Timestamp;
use crate::domain::identity::{Credential, Grounds, KeyOrigin};
use crate::domain::project::{Proposal, ProposalKind};
use crate::store::Entries;

impl Session {
    /// Lists the proposals, but those that ended by a change of what they are about: that it changed back again does
    /// not bring them back.
    pub(super) fn standing_proposals(&mut self) -> Result<Vec<Proposal>, SessionError> {
        let mut proposals = self.store.proposals()?;
        if proposals.iter().all(|one| one.confirmed_by.is_some()) {
            return Ok(proposals);
        }
        let (mut made, mut policy, mut bound) = (BTreeMap::new(), None, BTreeMap::new());
        self.each_delta(&mut |index, _, delta| {
            let changes = |field: &str| delta.fields.iter().any(|one| one.name == field);
            match delta.table {
                Table::Proposal => drop(made.insert(delta.key.clone(), index)),
                Table::Project if changes("policy") => policy = Some(index),
                Table::User if changes("bound") => drop(bound.insert(freeing(&delta.key), index)),
                _ => {}
            }
        })?;
        proposals.retain(|one| {
            let changed = match one.kind {
                ProposalKind::Policy => policy,
                ProposalKind::Unbinding => bound.get(&one.digest).copied(),
                // No jump is like another one.
                ProposalKind::Clock => None,
            };
            changed.as_ref() <= made.get(&one.key())
        });
        Ok(proposals)
    }

    /// Finds out since when a key counts as a signature where keys are compared.
    pub(super) fn counts_since(&mut self, key: &Credential) -> Result<Option<Timestamp>, SessionError> {
        // The founder's first key counted before somebody else confirmed it.
        if key.acknowledged.is_none() || key.origin == Some(KeyOrigin::Founder) {
            return Ok(key.counts().then_some(key.issued_at));
        }
        let (id, mut since) = (key.id.to_string(), None);
        self.each_delta(&mut |_, at, delta| {
            let is_key = delta.table == Table::Credential && delta.key == id;
            let grounds = delta.fields.iter().find(|field| is_key && field.name == "grounds");
            if let Some(grounds) = grounds {
                let noticed = Grounds::Noticed.as_str().as_bytes();
                let counts = grounds.new.as_ref().is_some_and(|value| value != noticed);
                since = since.filter(|_| counts).or(counts.then_some(at));
            }
        })?;
        Ok(since)
    }

    /// Shows every change of a row that the log holds, with the index and the time of its entry.
    fn each_delta(&mut self, show: &mut dyn FnMut(u64, Timestamp, &Delta)) -> Result<(), SessionError> {
        Ok(self.store.entries(Entries::From(0), &mut |stored| {
            let Ok(entry) = Entry::decode(stored.bytes) else { return Ok(()) };
            entry.deltas.iter().for_each(|delta| show(entry.index, entry.at, delta));
            Ok(())
        })?)
    }
}
