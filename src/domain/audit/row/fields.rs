//! What each row says, field by field.

use std::borrow::Cow;
use std::fmt::Display;

use super::Row;
use super::names::{self, FieldName, has_rest};
use crate::domain::audit::wire::{composite, put};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Checkout, Document, InForce, Round, Seat, TemplateVersion, User, Verdict};
use crate::domain::project::{Namespace, PolicyRecord, Project, VersionRecord};

/// The name of a field and the canonical bytes of its value.
pub type Field<'a> = (FieldName<'a>, Vec<u8>);

impl<'a> Row<'a> {
    /// Returns what the row says, in the order of the names.
    pub fn fields(&self) -> Vec<Field<'a>> {
        let mut fields = match *self {
            Self::Document(document) => of_document(document),
            Self::Version(record) => of_version(record),
            Self::User(user) => of_user(user),
            Self::Namespace(namespace) => of_namespace(namespace),
            Self::Policy(record) => of_policy(record),
            Self::Project(project) => of_project(project),
        };
        fields.0.sort_unstable();
        fields.0
    }

    /// Returns the fields one after another, each as name and run of the value: the form in which
    /// replay holds a row.
    pub fn flat(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in self.fields() {
            put_name(&mut out, &name);
            put(&mut out, &value);
        }
        out
    }
}

/// Writes the code of a name and, where there is one, the run of the rest.
pub(in crate::domain::audit) fn put_name(out: &mut Vec<u8>, name: &FieldName<'_>) {
    out.push(name.code());
    if has_rest(name.code()) {
        put(out, name.rest().as_bytes());
    }
}

/// Room for the fields of a document; few have more.
const DOCUMENT_FIELDS: usize = 28;

/// The fields of a row, as they come.
#[derive(Default)]
struct Fields<'a>(Vec<Field<'a>>);

impl<'a> Fields<'a> {
    fn put(&mut self, code: u8, value: impl Into<Vec<u8>>) {
        self.put_with(code, "", value);
    }

    fn put_with(&mut self, code: u8, rest: impl Into<Cow<'a, str>>, value: impl Into<Vec<u8>>) {
        self.0.push((FieldName::new(code, rest), value.into()));
    }

    fn put_text(&mut self, code: u8, value: impl Display) {
        self.put(code, value.to_string());
    }

    fn put_text_if_any(&mut self, code: u8, value: Option<impl Display>) {
        if let Some(value) = value {
            self.put_text(code, value);
        }
    }

    fn put_digest(&mut self, code: u8, digest: &Digest) {
        self.put(code, digest.as_bytes().as_slice());
    }

    fn put_time(&mut self, code: u8, time: Timestamp) {
        self.put_text(code, time.millis());
    }
}

fn decimal(number: impl Display) -> Vec<u8> {
    number.to_string().into_bytes()
}

// Fields are put in the order of their codes, so that sorting them finds them sorted.

fn of_document(document: &Document) -> Fields<'_> {
    let mut fields = Fields(Vec::with_capacity(DOCUMENT_FIELDS));
    if let Some(checkout) = &document.checkout {
        fields.put(names::CHECKOUT, checkout_value(checkout));
    }
    fields.put_digest(names::CONTENT, &document.content);
    fields.put_time(names::CREATED_AT, document.created_at);
    fields.put_text_if_any(names::CREATOR, document.creator.as_ref());
    if let Some(in_force) = &document.in_force {
        fields.put(names::IN_FORCE, in_force_value(in_force));
    }
    fields.put_text(names::LAST_MINOR, document.last_minor);
    fields.put_text_if_any(names::OWNER, document.owner.as_ref());
    fields.put_text_if_any(names::PARENT, document.parent.as_ref());
    fields.put_text_if_any(names::REJECTED, document.rejected);
    fields.put_text(names::REVISION, document.revision);
    if let Some(round) = &document.round {
        fields.put(names::ROUND, round_value(round));
    }
    fields.put_text(names::STATE, &document.state);
    if let Some(template) = &document.template {
        fields.put(names::TEMPLATE, template_value(template));
    }
    fields.put_text(names::TITLE, &document.title);
    fields.put_text(names::TYPE, &document.document_type);
    fields.put_time(names::UPDATED_AT, document.updated_at);
    fields.put_text(names::VERSION, document.version);
    fields.put_text(names::WORKFLOW, &document.workflow);
    for author in &document.authors {
        fields.put_with(names::AUTHORS, author.as_str(), []);
    }
    for (user, seat) in document.round.iter().flat_map(|round| &round.seats) {
        fields.put_with(names::SEATS, user.as_str(), seat_value(seat));
    }
    for ((phase, user), verdict) in &document.verdicts {
        fields.put_with(names::VERDICTS, format!("{phase}/{user}"), verdict_value(verdict));
    }
    fields
}

fn in_force_value(in_force: &InForce) -> Vec<u8> {
    composite([in_force.version.to_string().as_bytes(), in_force.content.as_bytes()])
}

fn checkout_value(checkout: &Checkout) -> Vec<u8> {
    composite([checkout.by.as_str().as_bytes(), checkout.base.as_bytes()])
}

fn template_value(template: &TemplateVersion) -> Vec<u8> {
    composite([template.id.as_str().as_bytes(), template.version.to_string().as_bytes()])
}

fn round_value(round: &Round) -> Vec<u8> {
    composite([
        round.task.as_str().as_bytes(),
        round.phase.as_str().as_bytes(),
        round.origin.as_str().as_bytes(),
        round.asked_by.as_str().as_bytes(),
        &decimal(round.opened_at.millis()),
        round.content.as_bytes(),
        round.policy.as_bytes(),
    ])
}

fn seat_value(seat: &Seat) -> Vec<u8> {
    let mut value = composite([seat.assigned_by.as_str().as_bytes(), &decimal(seat.assigned_at.millis())]);
    if let Some(answer) = &seat.answer {
        put(&mut value, answer.outcome.as_str().as_bytes());
        put(&mut value, &decimal(answer.at.millis()));
    }
    value
}

fn verdict_value(verdict: &Verdict) -> Vec<u8> {
    composite([
        verdict.outcome.as_str().as_bytes(),
        verdict.group.as_str().as_bytes(),
        &decimal(verdict.at.millis()),
        &decimal(verdict.revision),
    ])
}

fn of_version(record: &VersionRecord) -> Fields<'_> {
    let mut fields = Fields::default();
    fields.put_time(names::AT, record.at);
    fields.put_text_if_any(names::AUTHOR, record.author.as_ref());
    fields.put_digest(names::CONTENT, &record.content);
    fields
}

fn of_user(user: &User) -> Fields<'_> {
    let mut fields = Fields::default();
    fields.put_text(names::GROUP, &user.group);
    fields.put_text(names::KIND, user.kind);
    fields.put_text(names::PRINTED_NAME, &user.printed_name);
    fields.put_text_if_any(names::REMOVED_AT, user.removed_at.map(Timestamp::millis));
    fields
}

fn of_namespace(namespace: &Namespace) -> Fields<'_> {
    let mut fields = Fields::default();
    fields.put_time(names::ADDED_AT, namespace.added_at);
    fields.put_text(names::ADDED_BY, &namespace.added_by);
    fields
}

fn of_policy(record: &PolicyRecord) -> Fields<'_> {
    let mut fields = Fields::default();
    fields.put_time(names::ADOPTED_AT, record.adopted_at);
    fields.put_digest(names::COMPILED, &Digest::of(record.compiled.as_bytes()));
    fields.put_digest(names::SOURCES, &Digest::of(record.sources.as_bytes()));
    fields
}

fn of_project(project: &Project) -> Fields<'_> {
    let mut fields = Fields::default();
    fields.put_digest(names::CHECKPOINT_KEY, &project.checkpoint_key);
    fields.put_time(names::CREATED_AT, project.created_at);
    fields.put_text(names::ID, &project.id);
    fields.put_text(names::KEY_FINGERPRINT, &project.key_fingerprint);
    fields.put_digest(names::ORIGIN, &project.origin);
    fields.put_digest(names::POLICY, &project.policy);
    fields
}
