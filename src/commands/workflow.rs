//! `workflow`: the policy in force, candidates for it, and its adoption.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::adoption::{Adoption, adopt, digest};
use super::life_cycle::{find, show, show_source};
use super::text::TextReport;
use super::{CommandError, Context, Reply, pins};
use crate::disk::{DiskError, read_whole};
use crate::domain::digest::Digest;
use crate::domain::hook::words;
use crate::domain::plural::counted;
use crate::domain::policy::{Candidate, Fault, Policy, Profile, Sources, compile};
use crate::domain::visible::one_line;
use crate::domain::{size, yaml};
use crate::embedded;
use crate::picture;
use crate::scenario;
use crate::session::differences;

/// What to do with the policy.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum WorkflowCommand {
    /// Find faults in the candidate files under `workflows/` and `prompts/`
    Lint,
    /// Show the states and transitions of a life cycle in force
    Show {
        /// The life cycle; without it the names of all
        workflow: Option<String>,
        /// Print a file of the policy as it was adopted, such as `controlled.yaml`
        #[arg(long, value_name = "FILE", conflicts_with = "workflow")]
        source: Option<String>,
        /// Of the policy with this digest, which was in force once; alone, print all of its files
        #[arg(long, value_name = "DIGEST", value_parser = digest)]
        digest: Option<Digest>,
    },
    /// Draw a life cycle in force
    Graph {
        /// The life cycle
        workflow: String,
        /// Form of the picture
        #[arg(long, value_enum, default_value_t = Form::Svg)]
        format: Form,
    },
    /// Play the scenarios under `workflows/scenarios/` against the candidate files
    Test,
    /// Show how the candidate files differ from the policy in force, and what they demand less of
    Diff,
    /// Put the candidate files in force
    Adopt {
        /// What is adopted
        #[command(flatten)]
        adoption: Adoption,
        /// Decide only, change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// The forms of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Mermaid, for Markdown
    Mermaid,
    /// DOT, for Graphviz
    Dot,
    /// SVG, for browsers
    Svg,
}

/// Answers where there is no project, about the policy that comes with the program.
pub fn outside_a_project(command: &WorkflowCommand) -> Result<Reply, CommandError> {
    let candidate = Candidate::new(embedded::policy(Profile::Light), &embedded::procedures());
    let candidate = candidate.map_err(CommandError::PolicyInvalid)?;
    match command {
        WorkflowCommand::Show { source: Some(file), .. } => show_source(&candidate.sources, file),
        WorkflowCommand::Show { workflow, .. } => show(&candidate.policy, workflow.as_deref()),
        WorkflowCommand::Graph { workflow, format } => graph(&candidate.policy, workflow, *format),
        _ => Err(CommandError::NotFound(
            "no project here: its candidate files are under `workflows/` and `prompts/`".to_owned(),
        )),
    }
}

/// Carries out a command about the policy.
pub fn run(context: &mut Context, command: WorkflowCommand) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let reply = match command {
        WorkflowCommand::Show { workflow, source, digest } => {
            let at = match digest {
                Some(digest) => adopted(context, digest)?,
                None => context.session.project()?.policy,
            };
            match source {
                Some(file) => show_source(&context.session.sources_at(&at)?, &file)?,
                None if digest.is_some() && workflow.is_none() => {
                    Reply::new(TextReport { digest, text: whole(&context.session.sources_at(&at)?) })
                        .verbatim()
                }
                None => show(&*context.session.policy_at(&at)?, workflow.as_deref())?,
            }
        }
        WorkflowCommand::Graph { workflow, format } => graph(&*context.session.policy()?, &workflow, format)?,
        WorkflowCommand::Lint => {
            let candidate = candidate(context)?;
            let users = context.session.read(&actor).users()?;
            let faults = candidate.policy.agents_of_people(users.iter());
            if !faults.is_empty() {
                return Err(CommandError::PolicyInvalid(faults));
            }
            let files = counted(candidate.sources.0.len() as u64, "file");
            let report =
                TextReport { digest: Some(candidate.digest), text: format!("✓ no faults in {files}") };
            let old = in_force(context)?;
            let missing = missing(context, &old, &candidate.sources);
            missing.warn(Reply::new(report))
        }
        WorkflowCommand::Test => test(context)?,
        WorkflowCommand::Diff => {
            let old = in_force(context)?;
            let (new, faults) = sources_on_disk(context, &old)?;
            let text = differences(&old, &new);
            let text = if text.is_empty() {
                "the candidate files are the policy in force".to_owned()
            } else {
                format!("{}{text}", demands(context, &new)?)
            };
            let missing = missing(context, &old, &new);
            let reply = missing.warn(Reply::new(TextReport { digest: Some(new.digest()), text }));
            faults
                .iter()
                .fold(reply, |reply, it| reply.warn(it.name, format!("{}: {}", it.place, it.message)))
        }
        WorkflowCommand::Adopt { adoption, dry_run } => return adopt(context, &adoption, dry_run),
    };
    Ok(reply.by(actor))
}

fn graph(policy: &Policy, name: &str, format: Form) -> Result<Reply, CommandError> {
    let workflow = find(policy, name)?;
    let text = match format {
        Form::Mermaid => picture::mermaid(workflow),
        Form::Dot => picture::dot(workflow),
        Form::Svg => picture::svg(workflow).ok_or_else(|| {
            CommandError::Usage(format!(
                "life cycle `{}` is too large for a picture; `--format dot` writes it for Graphviz",
                workflow.name
            ))
        })?,
    };
    Ok(Reply::new(TextReport { digest: None, text }))
}

/// How many bytes files may have in all.
struct Room {
    left: u64,
    most: u64,
    what: &'static str,
}

impl Room {
    fn of(most: u64, what: &'static str) -> Self {
        Self { left: most, most, what }
    }

    fn exceeded_by(&self, file: &str) -> CommandError {
        let place = yaml::Place { file: file.to_owned(), ..yaml::Place::default() };
        let message = format!("the files of {} have more than {}", self.what, size::shown(self.most));
        CommandError::PolicyInvalid(vec![Fault { place, name: "policy_too_large", message }])
    }
}

/// Most bytes that all scenarios have. There can be many, each of a few kilobytes.
const SCENARIOS_MAX: u64 = 16 * 1024 * 1024;

/// Reads the YAML files of a folder, by name; none where there is no such folder.
fn yaml_files(folder: &Path, room: &mut Room) -> Result<BTreeMap<String, String>, CommandError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| DiskError::Io { action: "read", path, source }
    };
    let mut files = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        if path.is_file()
            && path.extension().is_some_and(|it| it == "yaml")
            && let Some(name) = path.file_name()
        {
            let name = name.to_string_lossy().into_owned();
            let bytes = read_whole(&path, room.left).map_err(|error| match error.kind() {
                ErrorKind::FileTooLarge => room.exceeded_by(&name),
                _ => io(&path)(error).into(),
            })?;
            room.left = room.left.saturating_sub(bytes.len() as u64);
            let text = yaml::text_of(&name, &bytes)?.to_owned();
            files.insert(name, text);
        }
    }
    Ok(files)
}

/// The candidate files with their pins, and what is wrong with these.
pub(super) fn sources_on_disk(
    context: &Context,
    in_force: &Sources,
) -> Result<(Sources, Vec<Fault>), CommandError> {
    let mut room = Room::of(Policy::SIZE_MAX as u64, "the policy");
    let mut files = Sources(yaml_files(&context.site.workflows(), &mut room)?);
    let prompts = yaml_files(&context.site.prompts(), &mut room)?.into_iter();
    files.0.extend(prompts.map(|(name, text)| (Sources::PROMPTS.to_owned() + &name, text)));
    let mut files = files.plain();
    let by_hand = pins::take_out(&mut files);
    let mut faults = pins::put_in(context.site.root(), &mut files, in_force, &BTreeMap::new());
    faults.extend(by_hand);
    Ok((files, faults))
}

fn candidate(context: &mut Context) -> Result<Candidate, CommandError> {
    let old = in_force(context)?;
    let (new, faults) = sources_on_disk(context, &old)?;
    let missing = missing(context, &old, &new);
    sound(context, new, faults)?.map_err(|faults| missing.explain(faults))
}

/// Reads a policy that may cite what is in force; what was found already counts as its faults, too.
pub(super) fn sound(
    context: &mut Context,
    sources: Sources,
    mut found: Vec<Fault>,
) -> Result<Result<Candidate, Vec<Fault>>, CommandError> {
    let actor = context.actor()?;
    let procedures = context.session.procedures(&actor, compile(&sources).ok().as_ref())?;
    Ok(match Candidate::new(sources, &procedures) {
        Ok(candidate) if found.is_empty() => Ok(candidate),
        read => {
            found.extend(read.err().unwrap_or_default());
            found.sort();
            Err(found)
        }
    })
}

/// A policy that was in force once.
fn adopted(context: &mut Context, digest: Digest) -> Result<Digest, CommandError> {
    if context.session.was_adopted(&digest)? {
        return Ok(digest);
    }
    Err(CommandError::NotFound(format!("no policy {digest} was ever adopted")))
}

/// All files of a policy, each under its path.
fn whole(sources: &Sources) -> String {
    let file = |(name, text): (&String, &String)| format!("# ---- {}\n{text}", Sources::path(name));
    sources.0.iter().map(file).collect::<Vec<_>>().join("\n")
}

/// What a candidate demands less of, a line each.
fn demands(context: &mut Context, sources: &Sources) -> Result<String, CommandError> {
    // What has faults is not adopted, whatever it demands.
    let Ok(next) = compile(sources) else { return Ok(String::new()) };
    let [less, rest] = context.session.less((&next, sources))?;
    let told =
        [("less", less), ("less, of nothing under way", rest)].into_iter().flat_map(|(what, lines)| {
            lines.into_iter().map(move |line| format!("  {what}: {}\n", one_line(&line)))
        });
    let lines = told.collect::<Vec<_>>().concat();
    Ok(if lines.is_empty() { lines } else { lines + "\n" })
}

/// The files of the policy in force.
pub(super) fn in_force(context: &mut Context) -> Result<Sources, CommandError> {
    let digest = context.session.project()?.policy;
    Ok(context.session.sources_at(&digest)?)
}

/// Files of the policy in force that are not among the candidates: ended on purpose, or lost.
pub(super) struct Missing(Vec<(String, PathBuf)>);

pub(super) fn missing(context: &Context, in_force: &Sources, candidate: &Sources) -> Missing {
    // Pins come and go with what is pinned.
    let names = in_force.0.keys().filter(|name| !candidate.0.contains_key(*name) && *name != Policy::PINS);
    Missing(names.map(|name| (name.clone(), context.site.root().join(Sources::path(name)))).collect())
}

impl Missing {
    fn hint((name, path): &(String, PathBuf)) -> String {
        format!("workflow show --source {name} > {}", words::offered(path))
    }

    /// Says of a sound candidate what it would end.
    pub(super) fn warn(&self, reply: Reply) -> Reply {
        self.0.iter().fold(reply, |reply, file| {
            let (path, hint) = (Sources::path(&file.0), Self::hint(file));
            let message = format!(
                "`{path}` is in force and not among the candidate files, which end what is in it; \
                 `qms {hint}` writes it out again"
            );
            reply.warn("candidate_file_missing", message)
        })
    }

    /// Says of an unsound candidate that it lacks files, rather than only what follows from that.
    pub(super) fn explain(&self, faults: Vec<Fault>) -> CommandError {
        if self.0.is_empty() {
            return CommandError::PolicyInvalid(faults);
        }
        let files = self.0.iter().map(|(name, _)| Sources::path(name)).collect();
        CommandError::FilesMissing { files, hints: self.0.iter().map(Self::hint).collect(), faults }
    }
}

fn test(context: &mut Context) -> Result<Reply, CommandError> {
    let candidate = candidate(context)?;
    let files = yaml_files(
        &context.site.workflows().join("scenarios"),
        &mut Room::of(SCENARIOS_MAX, "the scenarios"),
    )?;
    if files.is_empty() {
        return Err(CommandError::NotFound(
            "no scenarios: put YAML files into `workflows/scenarios/`".to_owned(),
        ));
    }
    let (mut total, mut failures) = (0, Vec::new());
    for (file, text) in &files {
        for outcome in scenario::run(&candidate, file, text)? {
            total += 1;
            failures.extend(
                outcome.failure.map(|failure| format!("{}: {}: {failure}", outcome.place, outcome.name)),
            );
        }
    }
    if failures.is_empty() {
        let text = format!("✓ {} passed", counted(total as u64, "scenario"));
        return Ok(Reply::new(TextReport { digest: Some(candidate.digest), text }));
    }
    Err(CommandError::ScenariosFailed { failed: failures.len(), total, failures })
}
