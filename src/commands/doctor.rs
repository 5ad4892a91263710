//! `doctor`: is the project whole, and what can be made good?

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::exposure::{self, HandedOn};
use super::unpublished::{self, Patience};
use super::{CommandError, Context, Reply, Source, cited, clock, pages, templates};
use crate::disk::Site;
use crate::domain::identity::Actor;
use crate::domain::visible::one_line;
use crate::session::{Audit, Flaw, SessionError};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name.
    pub name: &'static str,
    /// A sentence.
    pub message: String,
    /// Whether `--repair` makes it good.
    pub repairable: bool,
}

#[derive(Debug, Serialize)]
struct DoctorReport {
    checks: Vec<&'static str>,
    notes: Vec<String>,
    repaired: Vec<String>,
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "✓ the project is whole: {}", self.checks.join(", "))?;
        for repaired in &self.repaired {
            write!(f, "\n  repaired: {}", one_line(repaired))?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {}", one_line(note))?;
        }
        Ok(())
    }
}

impl Finding {
    fn new(name: &'static str, message: String) -> Self {
        Self { name, message, repairable: false }
    }

    /// Tells whether it is about what is kept, and not about who can read what, how calls are signed, or
    /// what somebody wrote.
    pub fn is_about_the_store(&self) -> bool {
        let others = [
            "definition",
            "exposed_token",
            "uncompared_key",
            CLOCK,
            "hooks",
            LINK,
            "template",
            "template_drift",
            PROCEDURES,
        ];
        !others.contains(&self.name)
    }

    /// Tells whether it is about what the policy cites.
    pub fn is_about_procedures(&self) -> bool {
        self.name == PROCEDURES
    }

    /// Tells whether it is about the record itself, not about what is made from it.
    pub fn is_about_the_record(&self) -> bool {
        self.name == AUDIT || self.name == CONTENTS
    }
}

/// The audit trail does not verify.
const AUDIT: &str = "audit";

/// The policy cites what is not in force.
const PROCEDURES: &str = "procedures";

/// A folder that the program writes into is a link.
const LINK: &str = "link";

/// A clock was, or is, wrong.
const CLOCK: &str = "clock";

/// A content is not what was recorded.
const CONTENTS: &str = "contents";

/// Checks the project, and with `repair` makes again what can be made from the store. `repaired` is what was made good
/// before the project could be opened.
pub fn run(
    context: &mut Context,
    repair: bool,
    mut repaired: Vec<String>,
    handed_on: &dyn Fn(Source) -> HandedOn,
) -> Result<Reply, CommandError> {
    let handed_on = handed_on(context.source);
    let mut findings = Vec::new();
    let mut notes = Vec::new();
    context.identify()?;
    let (actor, audit) = context.session.audit(&context.claim, None, true)?;
    match audit {
        Audit::Sound(verified) => {
            if context.session.key().is_none() {
                notes.push(format!("{} entries verified without the project key", verified.entries));
            }
        }
        Audit::Unsound(flaws) => findings.extend(flaws.iter().map(|flaw| {
            let name = match flaw {
                Flaw::Content(_) | Flaw::Unnamed(_) => CONTENTS,
                Flaw::Untagged { .. } | Flaw::Store(_) => "store",
                Flaw::Failure(_) | Flaw::Emptied | Flaw::Unreadable(_) => AUDIT,
            };
            Finding::new(name, flaw.to_string())
        })),
        Audit::BadCheckpoint(error) => findings.push(Finding::new(AUDIT, error.to_string())),
    }
    let Some(actor) = actor else {
        // What else there is to look at is for users.
        let sound = findings.is_empty().then_some(SessionError::NoKey.into());
        return Err(sound.unwrap_or(CommandError::Unhealthy(findings)));
    };
    // What a changed record says is not published: the pages may be the last that tell the truth.
    let is_sound = findings.is_empty();
    if is_sound {
        unpublished::finish_what_was_cut_short(context, &actor, Patience::Waits);
    }
    findings.extend(links(&context.site));
    // Pages are compared with what the record says; where it says nothing, that was found above.
    match pages::look_after(context, &actor, repair && is_sound, &mut repaired) {
        Ok((mut found, noted)) => {
            for finding in &mut found {
                finding.repairable &= is_sound;
            }
            findings.extend(found);
            notes.extend(noted);
        }
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    match procedures(context, &actor) {
        Ok(found) => findings.extend(found),
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    match templates::look(context, &actor) {
        Ok(found) => {
            findings.extend(found.findings.into_iter().map(|(name, message)| Finding::new(name, message)));
            notes.extend(found.notes);
        }
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    findings.extend(clock::fault(context).map(|warning| Finding::new(CLOCK, warning.message)));
    match exposure::look(context, &actor, handed_on) {
        Ok(exposure) => {
            let found = exposure.findings.into_iter();
            findings.extend(found.map(|(name, message)| Finding::new(name, message)));
            // What is first to be mended is said first.
            notes.splice(0..0, exposure.notes);
        }
        Err(_) if !findings.is_empty() => {}
        Err(error) => return Err(error),
    }
    if !findings.is_empty() {
        return Err(CommandError::Unhealthy(findings));
    }
    let checks = vec!["store", "audit trail", "contents", "mirror", "procedures", "templates", "identity"];
    Ok(Reply::new(DoctorReport { checks, notes, repaired }).by(actor))
}

/// Folders that are links, which nothing is written through: their pages and copies get old unseen.
fn links(site: &Site) -> impl Iterator<Item = Finding> {
    let message = |path: &Path| {
        format!(
            "`{}` is a link, and nothing is written through one; put a folder in its place",
            site.shown(path)
        )
    };
    site.linked().into_iter().map(move |path| Finding::new(LINK, message(&path)))
}

/// Compares what the policy in force cites with the procedures in force.
fn procedures(context: &mut Context, actor: &Actor) -> Result<Vec<Finding>, CommandError> {
    let policy = context.session.policy()?;
    let procedures = context.session.procedures(actor, None)?;
    let missing = cited::missing(&policy, &procedures).into_iter();
    Ok(missing.map(|message| Finding::new(PROCEDURES, message)).collect())
}
