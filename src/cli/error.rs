//! Every failure: its code, its exit status, its hints. One table, and the compiler keeps it whole.

use std::path::Path;

use serde_json::{Value, json};

use super::unverified::{AgentsWay, not_verified};
use crate::commands::CommandError;
use crate::commands::doctor::Finding;
use crate::commands::explain::Explanation;
use crate::commands::spell::line;
use crate::disk::{DiskError, Site};
use crate::domain::decide::{Class, Condition};
use crate::domain::evidence::RunOutcome;
use crate::domain::hook::words::offered;
use crate::domain::identity::{Actor, KeyFileError};
use crate::domain::policy::Fault;
use crate::session::{Refusal, SessionError};
use crate::store::StoreError;

macro_rules! codes {
    ($($variant:ident = $name:literal, $status:literal, $explanation:literal;)*) => {
        /// The kinds of failure that scripts can tell apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $explanation] $variant,)* }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the exit status.
            pub const fn status(self) -> u8 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Says what it means.
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }
        }
    };
}

codes! {
    Failed = "failed", 1, "Something outside the rules went wrong: a file, a key.";
    Usage = "usage", 2, "The command line makes no sense; nothing was done.";
    Precondition = "denied", 4, "It cannot be done now: a state, a guard or a gate stands against it.";
    NotFound = "not_found", 5, "Something that was named does not exist.";
    Conflict = "conflict", 6, "Somebody else changed the same thing at the same time; run it again.";
    Permission = "denied", 7, "This user may not do it: group, ownership, assignment, separation of duties.";
    Mismatch = "identity_mismatch", 8, "The credential that was presented is another user's than the one who was named.";
    NotVerified = "not_verified", 8, "Who is calling could not be verified.";
    TimedOut = "timed_out", 10, "Something took longer than it may.";
    Store = "store_unavailable", 12, "The store is missing, locked, full, damaged, read-only or too new.";
    Bug = "bug", 70, "The program is at fault; please report it.";
    Audit = "audit_failed", 80, "The audit trail does not verify.";
    Policy = "policy_invalid", 82, "A policy cannot be read or has faults.";
}

/// The exit statuses in order, each with its meaning: what README shows and scripts rely on.
pub const STATUSES: &[(u8, &str)] = &[
    (0, "done"),
    (1, "failed"),
    (2, "usage, nothing done"),
    (4, "precondition (state, guard, gate)"),
    (5, "not found"),
    (6, "conflict, run again"),
    (7, "not permitted (group, ownership, assignment, separation of duties)"),
    (8, "identity not verified (unknown user included)"),
    (10, "timed out"),
    (12, "store unavailable"),
    (70, "bug"),
    (80, "audit trail does not verify"),
    (82, "policy invalid"),
];

/// What a failure comes to.
#[derive(Debug)]
pub struct Outcome {
    /// The code.
    pub code: Code,
    /// Commands that help.
    pub hints: Vec<String>,
    /// What else the code needs.
    pub details: Value,
}

/// Looks a failure up. The hints are commands of `caller`, where it was verified; an agent under a runtime gets
/// none that would make it look for a credential.
pub fn classify(error: &CommandError, caller: Option<&Actor>, agent: Option<&AgentsWay>) -> Outcome {
    let by = By(caller);
    let (code, hints, details) = match error {
        CommandError::Session(SessionError::NotVerified { refusal, .. }) => not_verified(refusal, agent),
        CommandError::Session(error) => session(error, by),
        CommandError::Disk(error) => disk(error),
        CommandError::Name(_) | CommandError::Usage(_) => {
            (Code::Usage, vec!["qms --help".to_owned()], Value::Null)
        }
        CommandError::Key(KeyFileError::Passphrase) => (Code::Usage, Vec::new(), Value::Null),
        CommandError::Key(_)
        | CommandError::Token(_)
        | CommandError::Ticket(_)
        | CommandError::Presented(_) => {
            let hints = agent.map(AgentsWay::hint);
            (Code::NotVerified, hints.into_iter().collect(), Value::Null)
        }
        CommandError::AgentFailed { session, left, .. }
        | CommandError::AgentInterrupted { session, left }
        | CommandError::AgentIdle { session, left } => (
            Code::Failed,
            by.run(&format!("status {}", left.document)),
            json!({"session": session, "answer": left.answer}),
        ),
        CommandError::AgentTimedOut { session, left } => (
            Code::TimedOut,
            by.run(&format!("status {}", left.document)),
            json!({"session": session, "answer": left.answer}),
        ),
        CommandError::RunFailed { document, name, number, outcome } => {
            let code = if *outcome == RunOutcome::TimedOut { Code::TimedOut } else { Code::Failed };
            let evidence = json!({
                "document": document,
                "name": name,
                "number": number,
                "status": outcome.status(),
                "outcome": outcome.name(),
            });
            let show = format!("evidence show {document} {name}@{number}");
            (code, by.run(&show), json!({ "evidence": evidence }))
        }
        CommandError::RunOvertaken { document, name } => {
            (Code::Conflict, by.run(&format!("evidence run {document} {name}")), Value::Null)
        }
        CommandError::RunInterrupted { .. } | CommandError::Failed(_) => {
            (Code::Failed, Vec::new(), Value::Null)
        }
        CommandError::Bug(_) => (Code::Bug, Vec::new(), Value::Null),
        CommandError::NotFound(_) => (Code::NotFound, Vec::new(), Value::Null),
        CommandError::Unknown { hint, .. } => (Code::NotFound, by.run(hint), Value::Null),
        CommandError::PolicyInvalid(faults) => (Code::Policy, by.run("workflow diff"), of_faults(faults)),
        CommandError::FilesMissing { hints, faults, .. } => {
            (Code::Policy, hints.iter().flat_map(|hint| by.run(hint)).collect(), of_faults(faults))
        }
        CommandError::Yaml(error) => (Code::Policy, Vec::new(), json!({"place": error.place.to_string()})),
        CommandError::ScenariosFailed { failures, .. } => {
            (Code::Policy, Vec::new(), json!({ "failures": failures }))
        }
        CommandError::ExportFailed(fault) => (Code::Audit, Vec::new(), json!({"index": fault.index()})),
        CommandError::AuditFailed { index, more, .. } => {
            let mut hints = after_tampering(by);
            if *more {
                hints.splice(0..0, by.run("doctor"));
            }
            (Code::Audit, hints, json!({"index": index}))
        }
        CommandError::Unhealthy(findings) => unhealthy(findings, by),
    };
    Outcome { code, hints, details }
}

/// Whose commands the hints are.
#[derive(Clone, Copy)]
struct By<'a>(Option<&'a Actor>);

impl By<'_> {
    fn run(self, words: &str) -> Vec<String> {
        vec![match self.0 {
            Some(actor) => line(actor.name().as_str(), words),
            None => format!("qms {words}"),
        }]
    }
}

type Row = (Code, Vec<String>, Value);

/// Nothing mends a record that was changed: it can be compared with what was kept elsewhere, and
/// replaced by it.
fn after_tampering(by: By<'_>) -> Vec<String> {
    let mut hints = by.run("audit verify --checkpoint <one that was kept elsewhere>");
    hints.push(BACKUP.to_owned());
    hints
}

/// What is left where the store is beyond repair.
const BACKUP: &str = "restore .qms from a backup";

fn unhealthy(findings: &[Finding], by: By<'_>) -> Row {
    let is_bad = findings.iter().any(Finding::is_about_the_record);
    let mut hints = Vec::new();
    if findings.iter().any(|finding| finding.repairable) {
        hints.extend(by.run("doctor --repair"));
    }
    if is_bad {
        hints.extend(after_tampering(by));
    } else if findings.iter().any(|finding| !finding.repairable && finding.is_about_the_store()) {
        hints.push(BACKUP.to_owned());
    }
    if findings.iter().any(Finding::is_about_procedures) {
        hints.extend(by.run("sop list"));
        hints.extend(by.run("workflow lint"));
    }
    (if is_bad { Code::Audit } else { Code::Failed }, hints, json!({ "findings": findings }))
}

fn session(error: &SessionError, by: By<'_>) -> Row {
    let hint = |text: &str| vec![text.to_owned()];
    match error {
        SessionError::NotVerified { refusal, .. } => not_verified(refusal, None),
        SessionError::Denied(refusal) => denied(refusal, by),
        SessionError::NoDocument(_) => (Code::NotFound, by.run("list"), Value::Null),
        SessionError::NoType(_) => (Code::NotFound, by.run("workflow show"), Value::Null),
        SessionError::NoSession(_) => (Code::NotFound, by.run("agent list"), Value::Null),
        SessionError::NoCredential(_) => (Code::NotFound, by.run("token list"), Value::Null),
        SessionError::NoPerson(_) | SessionError::NoUser(_) => {
            (Code::NotFound, by.run("user list"), Value::Null)
        }
        SessionError::NotAlone { user, by, manager, .. } if by.is_empty() => {
            let first = manager.iter().map(|name| format!("qms recover {name} --alone"));
            let lines = [format!("qms recover {user}")].into_iter().chain(first);
            (Code::Usage, lines.collect(), Value::Null)
        }
        SessionError::NotAlone { user, by, .. } | SessionError::RecoveryUnsigned { user, by } => {
            let lines = by.iter().map(|name| line(name.as_str(), &format!("recover {user}")));
            (Code::Usage, lines.collect(), Value::Null)
        }
        SessionError::NoGroup { .. } => (Code::NotFound, Vec::new(), Value::Null),
        SessionError::NoNamespace { name, may_add } => {
            let add = format!("namespace add {name}");
            (Code::NotFound, by.run(if *may_add { &add } else { "namespace list" }), Value::Null)
        }
        SessionError::Gone => (Code::Audit, after_tampering(by), Value::Null),
        SessionError::Founded | SessionError::LiveKey { .. } => (Code::Usage, Vec::new(), Value::Null),
        SessionError::LiveToken { credential, .. } => {
            (Code::Usage, by.run(&format!("token revoke {credential}")), Value::Null)
        }
        SessionError::NoKey | SessionError::WrongKey { .. } => {
            (Code::Failed, hint("QMS_KEY_FILE=<path of the project key> qms …"), Value::Null)
        }
        SessionError::NoRandom => (Code::Failed, Vec::new(), Value::Null),
        SessionError::NoRun => (Code::Bug, Vec::new(), Value::Null),
        SessionError::PolicyUnreadable { .. } => (Code::Policy, by.run("doctor"), Value::Null),
        SessionError::PolicyFaults(faults) => (Code::Policy, Vec::new(), of_faults(faults)),
        SessionError::Overtaken(_) | SessionError::Store(StoreError::Conflict) => {
            (Code::Conflict, Vec::new(), Value::Null)
        }
        // What is sealed fits a sound store; one that it does not fit was changed.
        SessionError::HeadTag
        | SessionError::EntriesMissing
        | SessionError::CredentialTag(_)
        | SessionError::SessionTag(_)
        | SessionError::Store(StoreError::Unfit(_)) => (Code::Audit, by.run("audit verify"), Value::Null),
        SessionError::Store(StoreError::Altered(_)) => {
            (Code::Audit, by.run("audit verify --contents"), Value::Null)
        }
        SessionError::Store(error) => (Code::Store, store_hints(error, by), Value::Null),
    }
}

/// What governs the action is shown to whoever may not do it now, and can be read.
fn denied(refusal: &Refusal, by: By<'_>) -> Row {
    let code = match refusal.denial.class() {
        Class::Identity => Code::NotVerified,
        Class::Permission => Code::Permission,
        Class::Precondition => Code::Precondition,
    };
    let (mut hints, details) = match &refusal.sop {
        Some(sop) => (by.run(&format!("sop show {sop}")), json!({ "sop": sop })),
        None => (Vec::new(), Value::Null),
    };
    hints.extend(beginning_again(refusal));
    (code, hints, details)
}

/// How somebody finds what to put back into a working copy, or has it again as it was: a check-out overwrites nothing.
fn beginning_again(refusal: &Refusal) -> Option<String> {
    let locked = Condition::SectionLocked.name();
    refusal.denial.reasons().iter().find(|reason| reason.name == locked)?;
    let (document, user) = (refusal.document.as_ref()?, refusal.actor.name());
    document.checkout.as_ref().filter(|checkout| checkout.by == *user)?;
    let id = &document.id;
    Some(format!(
        "`{}` shows all that was changed, to put back what is locked; to begin again, move .qms/workspace/{user}/{id}.md \
         away, and `{}` lays down what is recorded",
        line(user.as_str(), &format!("diff {id} --copy")),
        line(user.as_str(), &format!("checkout {id}"))
    ))
}

fn of_faults(faults: &[Fault]) -> Value {
    let shown = |it: &Fault| json!({"place": it.place.to_string(), "name": it.name, "message": it.message});
    json!({ "faults": faults.iter().map(shown).collect::<Vec<_>>() })
}

fn store_hints(error: &StoreError, by: By<'_>) -> Vec<String> {
    match error {
        StoreError::Unreadable { .. } | StoreError::Tables(_) => by.run("audit verify"),
        StoreError::Damaged { .. } => vec![BACKUP.to_owned()],
        StoreError::Unreleased { .. } => vec!["qms init <new folder>".to_owned()],
        StoreError::Newer { .. } => vec!["use a newer qms".to_owned()],
        _ => Vec::new(),
    }
}

/// A project is made here once a folder is out of the way, or elsewhere.
fn moving(folder: &Path, free: &Path) -> Vec<String> {
    vec![format!("mv {} {}", offered(folder), offered(free)), "qms init <folder>".to_owned()]
}

fn disk(error: &DiskError) -> Row {
    match error {
        DiskError::NoProject(folder) | DiskError::NotAProject(folder) => {
            // One is offered to be made here only where it can be.
            let fits = Site::choose(folder, None, &[0; 16]).is_ok();
            let hint = if fits { "qms init" } else { "qms init <folder>" };
            (Code::NotFound, vec![hint.to_owned()], Value::Null)
        }
        DiskError::Unsuitable { .. } => (Code::Usage, vec!["qms init <folder>".to_owned()], Value::Null),
        DiskError::Occupied { folder, first, free, .. } => {
            (Code::Usage, moving(folder, free), json!({"path": first.display().to_string()}))
        }
        DiskError::Unmarked { folder, free, .. } => {
            (Code::Usage, moving(folder, free), json!({"path": folder.display().to_string()}))
        }
        DiskError::BesideStore { path, .. } => {
            let hints = vec!["qms doctor --repair".to_owned()];
            (Code::Failed, hints, json!({"path": path.display().to_string()}))
        }
        DiskError::Displaced { path, .. } | DiskError::Crowded(path) => {
            (Code::Failed, Vec::new(), json!({"path": path.display().to_string()}))
        }
        DiskError::KeyMissing(path) | DiskError::KeyMalformed(path) | DiskError::Exposed { path, .. } => {
            (Code::Failed, Vec::new(), json!({"key_file": path.display().to_string()}))
        }
        DiskError::Changed(_) => (Code::Conflict, Vec::new(), Value::Null),
        DiskError::Busy(_) => (Code::TimedOut, Vec::new(), Value::Null),
        DiskError::Config(_)
        | DiskError::NotText { .. }
        | DiskError::NoHome
        | DiskError::Linked(_)
        | DiskError::InTheWay(_)
        | DiskError::Io { .. } => (Code::Failed, Vec::new(), Value::Null),
    }
}

/// What `qms explain` knows besides the reasons.
pub fn explanations() -> Vec<Explanation> {
    Code::ALL
        .iter()
        .map(|code| Explanation {
            name: code.name().to_owned(),
            class: format!("exit {}", code.status()),
            explanation: code.explanation().to_owned(),
        })
        .collect()
}
