//! Refusals of callers who were not verified: recorded, and counted where they are many.

use std::collections::BTreeMap;

use super::time::Time;
use super::{Session, SessionError};
use crate::domain::audit::{Entry, EntryResult, SealedReason};
use crate::domain::decide::Condition;
use crate::domain::id::{ActionName, DocumentId};
use crate::domain::identity::{Credential, Distrust, NotVerified, Validity, bearer};
use crate::store::{Change, Credentials, Head, Refusals};

/// Window in which like refusals count as one entry, in milliseconds.
const REFUSAL_WINDOW: i64 = 60 * 1000;

/// Longest claimed name that is recorded, in characters. It comes from outside, unverified.
const CLAIM_MAX: usize = 64;

impl Session {
    /// Records that somebody who only wanted to look was not who was claimed, unless it was a slip. `document`
    /// is what the call was about.
    pub fn record_refusal(
        &mut self,
        refusal: &NotVerified,
        document: Option<&DocumentId>,
    ) -> Result<u64, SessionError> {
        let action = match ActionName::parse("identify") {
            Ok(action) if !is_slip(refusal) => action,
            _ => return Ok(1),
        };
        self.in_turn(|session| {
            let head = session.sound_head()?;
            let time = session.time(&head)?;
            session.seal_unverified(head, time, refusal, &action, document)
        })
    }

    /// Seals and commits a refusal of somebody who was not verified. Like ones are counted, and the
    /// next entry says how many there were, so that nobody can fill the log from outside. Returns the
    /// how manieth it is within the window.
    pub(super) fn seal_unverified(
        &mut self,
        head: Head,
        time: Time,
        refusal: &NotVerified,
        action: &ActionName,
        document: Option<&DocumentId>,
    ) -> Result<u64, SessionError> {
        // Shortened, a token would be found no more.
        self.clear("the name of the caller", refusal.claimed.as_deref().unwrap_or_default().as_bytes())?;
        let short = |name: &str| -> String { name.chars().take(CLAIM_MAX).collect() };
        let refusal = NotVerified { claimed: refusal.claimed.as_deref().map(short), ..refusal.clone() };
        let like = kind_of(&refusal);
        // The time of the record does not move for somebody unverified, and a minute ends all the same.
        let clock = time.moment.clock;
        let counted = self.counted(&like)?;
        let policy = self.project()?.policy;
        let mut change = Change { expected_size: head.frontier.size(), ..Change::default() };
        if let Some(window) = counted.as_ref()
            && (0..REFUSAL_WINDOW).contains(&clock.millis().saturating_sub(window.since.millis()))
        {
            let count = window.count + 1;
            change.refusals.push(Refusals { count, ..window.clone() });
            change.head = head;
            self.keep(&mut change)?;
            return Ok(count + 1);
        }
        let mut entry = Entry::new(action.as_str(), policy);
        entry.claimed.clone_from(&refusal.claimed);
        entry.result = EntryResult::Denied;
        entry.count = counted.map_or(0, |window| window.count) + 1;
        if let Some(holder) = &refusal.holder {
            let fingerprint = if holder.is_ticket { "ticket_fingerprint" } else { "token_fingerprint" };
            entry.observed = BTreeMap::from([
                (fingerprint.to_owned(), holder.fingerprint.clone()),
                ("token_user".to_owned(), holder.user.to_string()),
            ]);
        }
        let (session, agent) = refusal.origin.clone().map(|it| (it.session, it.agent)).unzip();
        (entry.session, entry.agent) = (session, agent.flatten());
        entry.reasons = vec![SealedReason {
            name: Condition::from(refusal.why).name().to_owned(),
            message: refusal.to_string(),
            remedy: None,
        }];
        // Recorded as it was asked for; whether it exists is told to nobody unverified.
        entry.document = document.cloned();
        change.refusals.push(Refusals { claimed: like, since: clock, count: 0, tag: None });
        change.credentials = self.ended_by(&head, time, &refusal)?;
        self.tag(&mut change)?;
        entry.deltas = self.registry_deltas(&change)?;
        self.commit(head, change, time, entry)?;
        Ok(1)
    }

    /// The credential that a refusal as expired ends for good, so that no clock that is set back makes it valid
    /// again. By a clock that cannot be right none ends: the end of its jump decides.
    fn ended_by(
        &mut self,
        head: &Head,
        time: Time,
        refusal: &NotVerified,
    ) -> Result<Vec<Credential>, SessionError> {
        let Some(holder) = refusal.holder.as_ref().filter(|_| refusal.why == Distrust::Expired) else {
            return Ok(Vec::new());
        };
        let suspect = head.course.and_then(|course| course.suspect(head.frontier.size(), time.moment));
        if holder.is_ticket || suspect.is_some() || self.span()?.jump.is_some() {
            return Ok(Vec::new());
        }
        let mut own = self.store.credentials(Credentials::Of(&holder.user))?;
        own.retain(|one| {
            one.fingerprint() == holder.fingerprint && one.validity(time.valid) == Validity::Expired
        });
        Ok(own
            .into_iter()
            .filter(|one| one.revoked_at.is_none())
            .map(|one| Credential { revoked_at: Some(time.valid), ..one })
            .collect())
    }
}

/// A name that is nobody's, with nothing presented for it, is no more than a slip.
pub(super) fn is_slip(refusal: &NotVerified) -> bool {
    refusal.why == Distrust::UnknownUser && refusal.holder.is_none()
}

/// What makes two refusals alike: the name, why, whose credential it was, and which agent of a runtime called.
/// A name that is nobody's can be any text; it stands without a space, so that none passes for another kind of
/// refusal.
fn kind_of(refusal: &NotVerified) -> String {
    let claimed = refusal.claimed.as_deref().unwrap_or_default();
    let kind = match (&refusal.holder, refusal.why) {
        (None, Distrust::UnknownUser) => claimed.replace(' ', "_"),
        (None, why) => format!("{claimed} {why}"),
        (Some(holder), why) => format!("{claimed} {why} {} {}", holder.user, holder.fingerprint),
    };
    match &refusal.origin {
        Some(origin) => format!("{kind} {}", bearer(&origin.session, origin.agent.as_deref())),
        None => kind,
    }
}
