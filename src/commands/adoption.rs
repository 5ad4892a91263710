//! `workflow adopt`: candidate files in the place of the policy in force.

use std::collections::BTreeMap;

use super::act::carry_out;
use super::text::TextReport;
use super::user::project_request;
use super::workflow::{in_force, missing, sound, sources_on_disk};
use super::{CommandError, Context, Reply, pins, stalled};
use crate::domain::decide::Class;
use crate::domain::digest::Digest;
use crate::domain::id::InvalidName;
use crate::domain::policy::{Fault, Policy, Sources};
use crate::domain::request::Request;
use crate::session::{Mode, SessionError, differences};

/// What is adopted, and on which word.
#[derive(Debug, clap::Args)]
pub struct Adoption {
    /// Only these files, such as `controlled.yaml` or `prompts/review.yaml`
    files: Vec<String>,
    /// They may demand less of what is under way
    #[arg(long, requires = "reason")]
    less: bool,
    /// Why they may
    #[arg(long, value_name = "TEXT", requires = "less")]
    reason: Option<String>,
    /// Digest of the candidate as you looked at it (`workflow diff`)
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    expect: Option<Digest>,
    /// Digest of a candidate that somebody else proposed, and that you confirm
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["less", "reason"], value_parser = digest)]
    confirm: Option<Digest>,
}

impl Adoption {
    /// What the request says of it.
    fn told(&self) -> Vec<(&'static str, String)> {
        let told = [
            ("less", self.less.then(|| "less".to_owned())),
            ("reason", self.reason.clone()),
            ("expect", self.expect.map(|digest| digest.to_string())),
            ("confirm", self.confirm.map(|digest| digest.to_string())),
        ];
        told.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Reads a digest, as it is or with the name of its function before it.
pub(super) fn digest(text: &str) -> Result<Digest, InvalidName> {
    Digest::parse(text.trim_start_matches("sha256:"))
}

/// The policy in force with some files in the place of its own. Programs that changed meanwhile are
/// not adopted along with them, only when `pins.yaml` is named.
fn merged(
    context: &Context,
    old: &Sources,
    on_disk: &Sources,
    files: &[String],
) -> Result<(Sources, Vec<Fault>), CommandError> {
    let mut merged = old.clone();
    for name in files {
        let text = on_disk.0.get(name);
        let text = text.ok_or_else(|| {
            let what = format!("no file `{}`", Sources::path(name).escape_debug());
            CommandError::unknown(what, "workflow diff")
        })?;
        merged.0.insert(name.clone(), text.clone());
    }
    let anew = files.iter().any(|name| name == Policy::PINS);
    let stay = if anew { BTreeMap::new() } else { old.pins() };
    let found = pins::put_in(context.site.root(), &mut merged, old, &stay);
    Ok((merged, found))
}

/// The policy in force, what would be adopted in its place, and what is wrong with its pins.
fn proposed(context: &mut Context, files: &[String]) -> Result<(Sources, Sources, Vec<Fault>), CommandError> {
    let old = in_force(context)?;
    let (on_disk, found) = sources_on_disk(context, &old)?;
    let (new, found) =
        if files.is_empty() { (on_disk, found) } else { merged(context, &old, &on_disk, files)? };
    Ok((old, new, found))
}

fn adoption_of(new: &Sources, adoption: &Adoption) -> Result<Request, CommandError> {
    let mut request = project_request("policy_adopt", adoption.told())?;
    request.candidate = Some(new.0.clone());
    Ok(request)
}

/// Builds the request by which files are adopted.
pub fn request(context: &mut Context, adoption: &Adoption) -> Result<Request, CommandError> {
    adoption_of(&proposed(context, &adoption.files)?.1, adoption)
}

/// Adopts files, or proposes it where a second person confirms.
pub(super) fn adopt(
    context: &mut Context,
    adoption: &Adoption,
    dry_run: bool,
) -> Result<Reply, CommandError> {
    let (old, new, found) = proposed(context, &adoption.files)?;
    // Faults are shown with their places; the refusal that is recorded names them too.
    let is_pinned = found.is_empty();
    let faults: Vec<Fault> = sound(context, new.clone(), found)?.err().unwrap_or_default();
    let missing = missing(context, &old, &new);
    if !is_pinned {
        return Err(missing.explain(faults));
    }
    let request = adoption_of(&new, adoption)?;
    let mode = if dry_run { Mode::DryRun } else { Mode::Commit };
    let outcome = carry_out(context, &request, mode);
    if !faults.is_empty()
        && let Err(CommandError::Session(SessionError::Denied(refusal))) = &outcome
        && refusal.denial.class() == Class::Precondition
    {
        return Err(missing.explain(faults));
    }
    let (acted, warnings) = outcome?;
    let (from, to) = (old.digest(), new.digest());
    let is_adopted = acted.policy.is_some();
    let done = match (dry_run, is_adopted, adoption.confirm.is_some()) {
        (true, ..) => "would be permitted: policy adopted".to_owned(),
        (false, true, false) => "✓ policy adopted".to_owned(),
        (false, true, true) => "✓ policy adopted, as a second person confirmed".to_owned(),
        (false, false, _) => format!(
            "✓ policy proposed; within a week a second person confirms it: qms workflow adopt --confirm {to}"
        ),
    };
    let text = format!("{done}\n  from {from}\n  to   {to}\n\n{}", differences(&old, &new));
    let stalled = if is_adopted { stalled::sentences(context, &acted.actor)? } else { Vec::new() };
    let mut reply = Reply::new(TextReport { digest: Some(new.digest()), text }).by(acted.actor);
    reply.warnings = warnings;
    let reply = stalled.into_iter().fold(reply, |reply, told| reply.warn("round_stalled", told));
    Ok(missing.warn(reply))
}
