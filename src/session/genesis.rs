//! The first entry of a log: users, policy, procedures and templates, all at once, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::seal::{policy_record, seal};
use super::time::Time;
use super::{Outside, Session, SessionError};
use crate::domain::audit::{Entry, ProjectKey, Row, row_delta};
use crate::domain::clock::Span;
use crate::domain::decide;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, User};
use crate::domain::front_matter;
use crate::domain::identity::Credential;
use crate::domain::order::Order;
use crate::domain::policy::{Candidate, Fault, Policy};
use crate::domain::project::{Project, VersionRecord};
use crate::domain::yaml::Place;
use crate::store::{Change, Store};

/// What a project begins with.
#[derive(Debug)]
pub struct Founding {
    /// The id of the project, 32 lower-case hexadecimal digits.
    pub id: String,
    /// The policy, read and found sound.
    pub policy: Candidate,
    /// The documents that are in force from the first moment.
    pub documents: Vec<Installed>,
    /// The credentials that users have from the first moment.
    pub credentials: Vec<Credential>,
    /// The digest of the program.
    pub origin: Digest,
}

/// A document that comes with the program.
#[derive(Debug)]
pub struct Installed {
    /// Its file name, for messages.
    pub file: String,
    /// Its text, with front matter.
    pub text: String,
}

impl Session {
    /// Founds a project in an empty store.
    pub fn found(
        mut store: Box<dyn Store>,
        key: ProjectKey,
        outside: Outside,
        founding: Founding,
    ) -> Result<Self, SessionError> {
        let head = store.head()?;
        if head.frontier.size() > 0 {
            return Err(SessionError::Founded);
        }
        let moment = (outside.clock)();
        let now = moment.clock;
        let time = Time { now, valid: now, moment };
        let span = Span { number: 0, began_at: now, jump: None };
        let candidate = founding.policy;
        let policy = &candidate.policy;
        let mut change = Change {
            policies: vec![policy_record(&key, candidate.digest, &candidate.sources.0, policy, time)?],
            users: policy
                .users
                .iter()
                .map(|user| User {
                    name: user.name.clone(),
                    printed_name: user.printed_name.clone(),
                    group: user.group.clone(),
                    kind: user.kind,
                    is_bound: false,
                    removed_at: None,
                })
                .collect(),
            credentials: founding.credentials,
            spans: vec![span],
            ..Change::default()
        };
        for credential in &mut change.credentials {
            credential.tag = Some(key.tag_credential(credential));
        }
        for installed in founding.documents {
            let (document, version) = install(policy, &installed, now).map_err(|message| {
                let place = Place { file: installed.file.clone(), ..Place::default() };
                SessionError::PolicyFaults(vec![Fault { place, name: "cannot_install", message }])
            })?;
            change.expected_revisions.push((document.id.clone(), 0));
            change.contents.push((document.content, Arc::new(installed.text.into_bytes())));
            change.documents.push(document);
            change.versions.push(version);
        }
        let project = Project {
            id: founding.id,
            policy: candidate.digest,
            key_fingerprint: key.fingerprint().as_str().to_owned(),
            checkpoint_key: key.checkpoint_key(),
            origin: founding.origin,
            created_at: now,
        };
        let mut entry = Entry::new("genesis", candidate.digest);
        entry.comment = Some(format!("installed by a program with digest {}", project.origin));
        let rows = change
            .documents
            .iter()
            .map(Row::Document)
            .chain(change.versions.iter().map(Row::Version))
            .chain(change.users.iter().map(Row::User))
            .chain(change.credentials.iter().map(Row::Credential))
            .chain(change.policies.iter().map(Row::Policy))
            .chain(change.spans.iter().map(Row::Span))
            .chain([Row::Project(&project)]);
        entry.deltas = rows.filter_map(|row| row_delta(None, row)).collect();
        change.project = Some(project);
        seal(&mut change, head, vec![entry], (time, None, &Order::default()), &key, &outside)?;
        let mut session =
            Self { store, key: Some(key), outside, policies: BTreeMap::new(), found_order: None };
        session.keep(&mut change)?;
        Ok(session)
    }
}

/// Reads a document that comes with the program; the message says why it cannot be installed.
fn install(
    policy: &Policy,
    installed: &Installed,
    now: Timestamp,
) -> Result<(Document, VersionRecord), String> {
    let read = front_matter::parse(&installed.file, installed.text.as_bytes())?;
    let (workflow, document_type) = policy
        .document_type(&read.document_type)
        .ok_or_else(|| format!("{}: the policy knows no type {}", installed.file, read.document_type))?;
    let content = Digest::of(installed.text.as_bytes());
    let title = read.field("title").unwrap_or_default().to_owned();
    decide::installed(workflow, document_type, read.id, &title, content, now)
        .ok_or_else(|| format!("{}: nothing comes into force in `{}`", installed.file, workflow.name))
}
