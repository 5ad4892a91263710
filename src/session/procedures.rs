//! The procedures in force, taken from the documents: what a policy may cite.

use std::collections::BTreeSet;

use super::{Session, SessionError};
use crate::domain::id::{DocumentId, TypeName};
use crate::domain::identity::Actor;
use crate::domain::policy::Policy;
use crate::domain::procedure::{Procedure, Procedures};
use crate::store::ListQuery;

impl Session {
    /// Reads what is in force of the document types that the policy in force cites, for a verified user;
    /// and of those that `candidate` cites.
    pub fn procedures(
        &mut self,
        _actor: &Actor,
        candidate: Option<&Policy>,
    ) -> Result<Procedures, SessionError> {
        self.procedures_in_force(candidate)
    }

    pub(super) fn procedures_in_force(
        &mut self,
        candidate: Option<&Policy>,
    ) -> Result<Procedures, SessionError> {
        let policy = self.policy()?;
        let cited: BTreeSet<DocumentId> = [Some(policy.as_ref()), candidate]
            .into_iter()
            .flatten()
            .flat_map(Policy::citations)
            .map(|cited| cited.citation.procedure)
            .collect();
        // Which types hold procedures is said by nothing but what is cited.
        let mut types: BTreeSet<TypeName> = BTreeSet::new();
        for id in &cited {
            types.extend(self.store.document(id)?.map(|document| document.document_type));
        }
        let mut in_force = Vec::new();
        for document_type in types {
            let query = ListQuery { document_type: Some(document_type), ..ListQuery::default() };
            self.store.documents(&query, &mut |document| {
                in_force.extend(document.in_force.map(|it| (document.id, it.content)));
                Ok(())
            })?;
        }
        in_force
            .into_iter()
            .map(|(id, content)| Ok((id, Procedure::parse(&String::from_utf8_lossy(&self.body(&content)?)))))
            .collect()
    }
}
