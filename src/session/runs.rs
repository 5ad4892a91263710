//! Runs of commands: asked for before they begin, recorded when they have ended, and in no other way.

use std::collections::BTreeMap;

use super::{Acted, Mode, Session, SessionError};
use crate::domain::decide::Condition;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::evidence::{Output, Run, RunEnd, RunOutcome};
use crate::domain::id::Version;
use crate::domain::identity::Claim;
use crate::domain::request::Request;

/// Leave to run a command for the content that the document has now. Only [`Session::begin_run`] gives it.
#[derive(Debug)]
#[must_use = "a run is recorded by `end_run`"]
pub struct Begun {
    request: Request,
    at: Timestamp,
    version: Version,
    content: Digest,
}

impl Begun {
    /// Tells whether the document is still what the run speaks about.
    pub fn speaks_about(&self, document: &Document) -> bool {
        (document.version, document.content) == (self.version, self.content)
    }
}

/// What came of a run, as it was seen.
#[derive(Debug)]
pub struct RunResult {
    /// The digest of the program, by its path in the policy, as it is after the run.
    pub observed: BTreeMap<String, Digest>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it wrote.
    pub output: Output,
    /// How long it took, in milliseconds.
    pub lasted: u64,
}

impl Session {
    /// Asks whether a run may begin: whether all holds for recording it, but that there is nothing to
    /// record yet. Where nothing can be written, nothing begins.
    pub fn begin_run(
        &mut self,
        claim: &Claim,
        request: Request,
        observed: BTreeMap<String, Digest>,
        mode: Mode,
    ) -> Result<Begun, SessionError> {
        if mode == Mode::Commit {
            self.key.as_ref().ok_or(SessionError::NoKey)?;
            self.store.wait_turn()?;
        }
        let head = self.store.head()?;
        let at = self.time(&head)?.valid;
        let run = Run { observed, ended: None };
        let mut attempt = |mode| self.in_turn(|it| it.attempt(claim, &request, mode, Some((&run, at))));
        let refusal = match attempt(Mode::DryRun) {
            Err(SessionError::Denied(refusal)) => refusal,
            // Decided without a run that has ended, nothing is permitted that records one.
            other => return Err(other.err().unwrap_or(SessionError::NoRun)),
        };
        let is_next = |name: &str| name == Condition::NotRun.name();
        match &refusal.document {
            Some(document) if refusal.denial.reasons().iter().all(|reason| is_next(&reason.name)) => {
                let (version, content) = (document.version, document.content);
                Ok(Begun { request, at, version, content })
            }
            // Once more, so that it is recorded.
            _ if mode == Mode::Commit => attempt(mode).and(Err(SessionError::Denied(refusal))),
            _ => Err(SessionError::Denied(refusal)),
        }
    }

    /// Records a run that has ended. Who asked for it was proved when it began: a ticket is good for a
    /// minute, and a run can take longer. What was taken back or used up since then counts. What it wrote
    /// is taken in like any other text: with somebody's live token nothing is recorded.
    pub fn end_run(
        &mut self,
        claim: &Claim,
        begun: &Begun,
        result: RunResult,
    ) -> Result<Acted, SessionError> {
        let RunResult { observed, outcome, output, lasted } = result;
        self.clear("the output of the command", output.whole())?;
        let output = output.kept();
        let ended = RunEnd { version: begun.version, subject: begun.content, outcome, output, lasted };
        let run = Run { observed, ended: Some(ended) };
        self.in_turn(|it| it.attempt(claim, &begun.request, Mode::Commit, Some((&run, begun.at))))
    }
}
