//! What a row says, field by field.

use std::fmt::Display;

use super::Row;
use super::names::{self, FieldName, has_rest};
use crate::domain::attestation::Attestation;
use crate::domain::audit::wire::{Reader, put, put_run, put_text};
use crate::domain::clock::{Jump, Span};
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Checkout, Document, InForce, Round, Seat, TemplateVersion, User, Verdict};
use crate::domain::identity::{AgentSession, Credential};
use crate::domain::process::Process;
use crate::domain::project::{Namespace, PolicyRecord, Project, Proposal, VersionRecord};

impl Row<'_> {
    /// Returns the fields as [`Row::put_fields`] writes them.
    pub fn flat(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put_fields(&mut out);
        out
    }

    /// Writes the fields one after another, each as name and run of the value, in the order of the
    /// names: the form in which replay holds a row.
    pub fn put_fields(&self, out: &mut Vec<u8>) {
        let fields = &mut Fields(out);
        match *self {
            Self::Document(document) => of_document(fields, document),
            Self::Version(record) => of_version(fields, record),
            Self::User(user) => of_user(fields, user),
            Self::Namespace(namespace) => of_namespace(fields, namespace),
            Self::Policy(record) => of_policy(fields, record),
            Self::Project(project) => of_project(fields, project),
            Self::Credential(credential) => of_credential(fields, credential),
            Self::Session(session) => of_session(fields, session),
            Self::Attestation(attestation) => of_attestation(fields, attestation),
            Self::Span(span) => of_span(fields, span),
            Self::Proposal(proposal) => of_proposal(fields, proposal),
        }
    }
}

/// Writes the code of a name and, where there is one, the run of the rest.
pub(in crate::domain::audit) fn put_name(out: &mut Vec<u8>, name: &FieldName<'_>) {
    out.push(name.code());
    if has_rest(name.code()) {
        put(out, name.rest().as_bytes());
    }
}

/// The fields of a row, as they are written.
struct Fields<'a>(&'a mut Vec<u8>);

impl Fields<'_> {
    fn put(&mut self, code: u8, value: impl FnOnce(&mut Vec<u8>)) {
        self.0.push(code);
        put_run(self.0, value);
    }

    fn put_with(&mut self, code: u8, rest: impl Display, value: impl FnOnce(&mut Vec<u8>)) {
        self.0.push(code);
        put_text(self.0, rest);
        put_run(self.0, value);
    }

    fn put_text(&mut self, code: u8, value: impl Display) {
        self.0.push(code);
        put_text(self.0, value);
    }

    fn put_text_if_any(&mut self, code: u8, value: Option<impl Display>) {
        if let Some(value) = value {
            self.put_text(code, value);
        }
    }

    fn put_digest(&mut self, code: u8, digest: &Digest) {
        self.0.push(code);
        put(self.0, digest.as_bytes());
    }

    fn put_time(&mut self, code: u8, time: Timestamp) {
        self.put_text(code, time.millis());
    }
}

// What follows writes fields in the order of their codes, and under one code in the order of the
// rest: `/` comes before every character of a name.

fn of_document(fields: &mut Fields<'_>, document: &Document) {
    if let Some(checkout) = &document.checkout {
        fields.put(names::CHECKOUT, |out| put_checkout(out, checkout));
    }
    fields.put_digest(names::CONTENT, &document.content);
    fields.put_time(names::CREATED_AT, document.created_at);
    fields.put_text_if_any(names::CREATOR, document.creator.as_ref());
    if let Some(in_force) = &document.in_force {
        fields.put(names::IN_FORCE, |out| put_in_force(out, in_force));
    }
    fields.put_text(names::LAST_MINOR, document.last_minor);
    fields.put_text_if_any(names::OWNER, document.owner.as_ref());
    fields.put_text_if_any(names::PARENT, document.parent.as_ref());
    fields.put_text_if_any(names::REJECTED, document.rejected);
    fields.put_text(names::REVISION, document.revision);
    if let Some(round) = &document.round {
        fields.put(names::ROUND, |out| put_round(out, round));
    }
    fields.put_text(names::STATE, &document.state);
    if let Some(template) = &document.template {
        fields.put(names::TEMPLATE, |out| put_template(out, template));
    }
    fields.put_text(names::TITLE, &document.title);
    fields.put_text(names::TYPE, &document.document_type);
    fields.put_time(names::UPDATED_AT, document.updated_at);
    fields.put_text(names::VERSION, document.version);
    fields.put_text(names::WORKFLOW, &document.workflow);
    if let Some(dossier) = document.round.as_ref().and_then(|round| round.dossier.as_ref()) {
        fields.put_digest(names::DOSSIER, dossier);
    }
    for author in document.authors.keys() {
        fields.put_with(names::AUTHORS, author, |_| ());
    }
    for (user, seat) in document.round.iter().flat_map(|round| &round.seats) {
        fields.put_with(names::SEATS, user, |out| put_seat(out, seat));
    }
    for ((phase, user), verdict) in &document.verdicts {
        fields.put_with(names::VERDICTS, format_args!("{phase}/{user}"), |out| put_verdict(out, verdict));
    }
    // In the order of the bytes of the text, which is not that of the parts.
    let origins = document.authors.iter().flat_map(|(author, from)| from.iter().map(move |it| (author, it)));
    let mut origins: Vec<String> = origins.map(|(author, origin)| format!("{author}/{origin}")).collect();
    origins.sort_unstable();
    for origin in origins {
        fields.put_with(names::AUTHOR_ORIGINS, origin, |_| ());
    }
    for name in &document.traits {
        fields.put_with(names::TRAITS, name, |_| ());
    }
    // In that order, too.
    let mut requires: Vec<String> = document.requires.iter().map(ToString::to_string).collect();
    requires.sort_unstable();
    for prerequisite in requires {
        fields.put_with(names::REQUIRES, prerequisite, |_| ());
    }
    for (user, seat) in document.round.iter().flat_map(|round| &round.seats) {
        if let Some(at) = seat.opened_at {
            fields.put_with(names::READINGS, user, |out| put_text(out, at.millis()));
        }
    }
}

fn put_in_force(out: &mut Vec<u8>, in_force: &InForce) {
    put_text(out, in_force.version);
    put(out, in_force.content.as_bytes());
}

fn put_checkout(out: &mut Vec<u8>, checkout: &Checkout) {
    put_text(out, &checkout.by);
    put(out, checkout.base.as_bytes());
}

fn put_template(out: &mut Vec<u8>, template: &TemplateVersion) {
    put_text(out, &template.id);
    put_text(out, template.version);
}

fn put_round(out: &mut Vec<u8>, round: &Round) {
    put_text(out, round.task);
    put_text(out, &round.phase);
    put_text(out, &round.origin);
    put_text(out, &round.asked_by);
    put_text(out, round.opened_at.millis());
    put(out, round.content.as_bytes());
    put(out, round.policy.as_bytes());
}

fn put_seat(out: &mut Vec<u8>, seat: &Seat) {
    put_text(out, &seat.assigned_by);
    put_text(out, seat.assigned_at.millis());
    if let Some(answer) = &seat.answer {
        put_text(out, answer.outcome);
        put_text(out, answer.at.millis());
    }
}

/// Reads from the value of a seat since when its user has been asked.
pub fn awaited_since(seat: &[u8]) -> Option<Timestamp> {
    let mut reader = Reader::new(seat);
    let (_assigned_by, assigned_at) = (reader.run()?, reader.run()?);
    str::from_utf8(assigned_at).ok()?.parse().ok().map(Timestamp::from_millis)
}

/// Tells from the value of a round whether a statement names it so.
pub(in crate::domain::audit) fn is_round_named(round: &[u8], name: &str) -> bool {
    let mut reader = Reader::new(round);
    let [_task, phase, _origin, _asked_by, opened_at] = std::array::from_fn(|_| reader.run());
    let (Some(phase), Some(opened_at)) = (phase, opened_at) else { return false };
    let rest = name.as_bytes().strip_prefix(phase).and_then(|rest| rest.strip_prefix(b" "));
    rest == Some(opened_at)
}

/// Reads from the value of a round the digest of the content that it is about.
pub(in crate::domain::audit) fn read_round_content(round: &[u8]) -> Option<&[u8]> {
    round_part(round, 5)
}

/// Reads from the value of a round the digest of the policy that it began under.
pub(in crate::domain::audit) fn read_round_policy(round: &[u8]) -> Option<&[u8]> {
    round_part(round, 6)
}

fn round_part(round: &[u8], place: usize) -> Option<&[u8]> {
    let mut reader = Reader::new(round);
    std::iter::from_fn(|| reader.run()).nth(place)
}

/// Tells from the value of a seat whether its user has answered.
pub(in crate::domain::audit) fn is_answered(seat: &[u8]) -> bool {
    let mut reader = Reader::new(seat);
    std::iter::from_fn(|| reader.run()).nth(2).is_some()
}

/// Reads the value of a jump.
pub(in crate::domain::audit) fn read_jump(jump: &[u8]) -> Option<Jump> {
    let mut reader = Reader::new(jump);
    let mut text = || reader.run().and_then(|run| str::from_utf8(run).ok());
    let since = text()?.parse().ok()?;
    let before = match text()? {
        "" => None,
        millis => Some(Timestamp::from_millis(millis.parse().ok()?)),
    };
    Some(Jump { since, before, clock: Timestamp::from_millis(text()?.parse().ok()?) })
}

fn put_verdict(out: &mut Vec<u8>, verdict: &Verdict) {
    put_text(out, verdict.outcome);
    put_text(out, &verdict.group);
    put_text(out, verdict.at.millis());
    put_text(out, verdict.revision);
}

fn of_version(fields: &mut Fields<'_>, record: &VersionRecord) {
    fields.put_time(names::AT, record.at);
    fields.put_text_if_any(names::AUTHOR, record.author.as_ref());
    fields.put_digest(names::CONTENT, &record.content);
}

fn of_user(fields: &mut Fields<'_>, user: &User) {
    fields.put_text(names::GROUP, &user.group);
    fields.put_text(names::KIND, user.kind);
    fields.put_text(names::PRINTED_NAME, &user.printed_name);
    fields.put_text_if_any(names::REMOVED_AT, user.removed_at.map(Timestamp::millis));
    fields.put_text_if_any(names::BOUND, user.is_bound.then_some("yes"));
}

fn of_namespace(fields: &mut Fields<'_>, namespace: &Namespace) {
    fields.put_time(names::ADDED_AT, namespace.added_at);
    fields.put_text(names::ADDED_BY, &namespace.added_by);
}

fn of_policy(fields: &mut Fields<'_>, record: &PolicyRecord) {
    fields.put_time(names::ADOPTED_AT, record.adopted_at);
    fields.put_digest(names::COMPILED, &Digest::of(record.compiled.as_bytes()));
    fields.put_digest(names::SOURCES, &Digest::of(record.sources.as_bytes()));
}

fn of_project(fields: &mut Fields<'_>, project: &Project) {
    fields.put_digest(names::CHECKPOINT_KEY, &project.checkpoint_key);
    fields.put_time(names::CREATED_AT, project.created_at);
    fields.put_text(names::ID, &project.id);
    fields.put_text(names::KEY_FINGERPRINT, &project.key_fingerprint);
    fields.put_digest(names::ORIGIN, &project.origin);
    fields.put_digest(names::POLICY, &project.policy);
}

fn of_credential(fields: &mut Fields<'_>, credential: &Credential) {
    let time = |time: Option<Timestamp>| time.map(Timestamp::millis);
    let acknowledged = credential.acknowledged.as_ref();
    fields.put_text(names::KIND, credential.kind);
    fields.put_text_if_any(names::ORIGIN, credential.origin);
    fields.put_text_if_any(names::PARENT, credential.parent.as_ref());
    fields.put_text_if_any(names::ACKNOWLEDGED_BY, acknowledged.map(|it| &it.by));
    fields.put_time(names::ISSUED_AT, credential.issued_at);
    fields.put_text_if_any(names::ISSUED_BY, credential.issued_by.as_ref());
    fields.put_text_if_any(names::NOT_AFTER, time(credential.not_after));
    fields.put_text_if_any(names::NOT_BEFORE, time(credential.not_before));
    fields.put_text_if_any(names::REVOKED_AT, time(credential.revoked_at));
    fields.put_text_if_any(names::RUNTIME, credential.runtime.as_ref());
    fields.put_text_if_any(names::SESSION, credential.session.as_ref());
    if let Some(tag) = &credential.tag {
        fields.put(names::TAG, |out| out.extend_from_slice(tag.as_bytes()));
    }
    fields.put_text(names::USED, credential.used);
    fields.put_text(names::USER, &credential.user);
    fields.put_text_if_any(names::USES, credential.uses);
    fields.put_digest(names::VERIFIER, &credential.verifier);
    fields.put_text_if_any(names::GROUNDS, acknowledged.map(|it| it.grounds));
    for action in &credential.scope.actions {
        fields.put_with(names::ACTIONS, action, |_| ());
    }
    for document in &credential.scope.documents {
        fields.put_with(names::DOCUMENTS, document, |_| ());
    }
}

fn of_session(fields: &mut Fields<'_>, session: &AgentSession) {
    fields.put_text(names::KIND, session.kind);
    fields.put_text_if_any(names::PARENT, session.parent.as_ref());
    fields.put_text(names::RUNTIME, &session.runtime);
    fields.put_text(names::SESSION, &session.session);
    if let Some(tag) = &session.tag {
        fields.put(names::TAG, |out| out.extend_from_slice(tag.as_bytes()));
    }
    fields.put_text(names::USER, &session.user);
    fields.put_text(names::AGENT, &session.agent);
    if let Some(brief) = &session.brief {
        fields.put_digest(names::BRIEF, brief);
    }
    fields.put_text_if_any(names::CLOSED_AT, session.closed_at.map(Timestamp::millis));
    if let Some(definition) = &session.definition {
        fields.put_digest(names::DEFINITION, definition);
    }
    fields.put_text_if_any(names::DOCUMENT, session.document.as_ref());
    fields.put_time(names::OPENED_AT, session.opened_at);
    if let Some(placement) = &session.placement {
        fields.put(names::PROCESS, |out| put_process(out, placement.process));
    }
    fields.put_text_if_any(names::STATUS, session.status);
    fields.put_text_if_any(names::TASK, session.task.as_ref());
    if let Some(placement) = &session.placement {
        fields.put_text(names::NAMESPACES, &placement.namespaces);
        fields.put(names::LAUNCHER, |out| put_process(out, placement.launcher));
    }
    for origin in &session.origins {
        fields.put_with(names::ORIGINS, origin, |_| ());
    }
}

fn put_process(out: &mut Vec<u8>, process: Process) {
    put_text(out, process.id);
    put_text(out, process.started);
}

fn of_span(fields: &mut Fields<'_>, span: &Span) {
    fields.put_time(names::BEGAN_AT, span.began_at);
    if let Some(jump) = &span.jump {
        fields.put(names::JUMP, |out| {
            put_text(out, jump.since);
            match jump.before {
                Some(before) => put_text(out, before.millis()),
                None => put(out, &[]),
            }
            put_text(out, jump.clock.millis());
        });
    }
}

fn of_proposal(fields: &mut Fields<'_>, proposal: &Proposal) {
    fields.put_time(names::AT, proposal.at);
    fields.put_text(names::KIND, proposal.kind);
    fields.put_text(names::BY, &proposal.by);
    fields.put_text_if_any(names::CONFIRMED_BY, proposal.confirmed_by.as_ref());
    fields.put_text(names::REASON, &proposal.reason);
    fields.put_digest(names::REPLACES, &proposal.replaces);
}

fn of_attestation(fields: &mut Fields<'_>, attestation: &Attestation) {
    fields.put_time(names::AT, attestation.at);
    fields.put_text(names::AUTHOR, &attestation.author);
    fields.put_digest(names::CONTENT, &attestation.body);
    fields.put_text(names::GROUP, &attestation.group);
    fields.put_text_if_any(names::STATUS, attestation.status);
    fields.put_text(names::PHASE, &attestation.phase);
    fields.put_digest(names::SUBJECT, &attestation.subject);
    fields.put_text_if_any(names::FILE_NAME, attestation.file_name.as_ref());
    fields.put_text_if_any(names::MEDIA_TYPE, attestation.media_type.as_ref());
}
