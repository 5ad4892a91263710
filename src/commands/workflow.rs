//! `workflow`: the policy in force, candidates for it, and its adoption.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::Serialize;
use similar::TextDiff;

use super::act::carry_out;
use super::table::Table;
use super::user::project_request;
use super::{CommandError, Context, Reply};
use crate::disk::DiskError;
use crate::domain::digest::Digest;
use crate::domain::policy::{Candidate, Fault, Policy, Sources, Target, When, Workflow};
use crate::domain::scenario;
use crate::embedded;
use crate::picture;
use crate::session::{Mode, SessionError};

/// What to do with the policy.
#[derive(Debug, clap::Subcommand)]
pub enum WorkflowCommand {
    /// Find faults in the candidate files under `workflows/`
    Lint,
    /// Show the states and transitions of a life cycle in force
    Show {
        /// The life cycle; without it the names of all
        workflow: Option<String>,
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
    /// Show how the candidate files differ from the policy in force
    Diff,
    /// Put the candidate files in force
    Adopt {
        /// Only these files, such as `controlled.yaml`
        files: Vec<String>,
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

/// A text that was made, whole.
#[derive(Debug, Serialize)]
struct TextReport {
    digest: Option<Digest>,
    text: String,
}

impl fmt::Display for TextReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

/// The transitions of a life cycle.
#[derive(Debug, Serialize)]
struct ShowReport {
    workflow: String,
    states: Vec<String>,
    types: Vec<String>,
    transitions: Vec<Edge>,
}

#[derive(Debug, Serialize)]
struct Edge {
    action: String,
    when: Option<String>,
    from: Vec<String>,
    to: String,
    by: Vec<String>,
    guards: Vec<String>,
}

impl fmt::Display for ShowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.workflow, self.types.join(", "))?;
        writeln!(f, "states: {}\n", self.states.join(", "))?;
        let mut table = Table::new(f.alternate(), &["ACTION", "FROM", "TO", "BY"], &["GUARDS"]);
        for it in &self.transitions {
            let verb =
                it.when.as_ref().map_or_else(|| it.action.clone(), |when| format!("{} ({when})", it.action));
            let from = if it.from.is_empty() { "–".to_owned() } else { it.from.join(", ") };
            let mut row = vec![verb, from, it.to.clone(), it.by.join(", ")];
            if f.alternate() {
                row.push(it.guards.join(", "));
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

/// Answers where there is no project, about the policy that comes with the program.
pub fn outside_a_project(command: &WorkflowCommand) -> Result<Reply, CommandError> {
    let candidate = Candidate::new(embedded::policy()).map_err(CommandError::PolicyInvalid)?;
    match command {
        WorkflowCommand::Show { workflow } => show(&candidate.policy, workflow.as_deref()),
        WorkflowCommand::Graph { workflow, format } => graph(&candidate.policy, workflow, *format),
        _ => Err(CommandError::NotFound(
            "no project here: its candidate files are under `workflows/`".to_owned(),
        )),
    }
}

/// Carries out a command about the policy.
pub fn run(context: &mut Context, command: WorkflowCommand) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let reply = match command {
        WorkflowCommand::Show { workflow } => show(&*context.session.policy()?, workflow.as_deref())?,
        WorkflowCommand::Graph { workflow, format } => graph(&*context.session.policy()?, &workflow, format)?,
        WorkflowCommand::Lint => {
            let candidate = candidate(context)?;
            let text = format!("✓ no faults in {} files", candidate.sources.0.len());
            Reply::new(TextReport { digest: Some(candidate.digest), text })
        }
        WorkflowCommand::Test => test(context)?,
        WorkflowCommand::Diff => {
            let (old, new) = (in_force(context)?, sources_on_disk(context)?);
            let text = differences(&old, &new);
            let text =
                if text.is_empty() { "the candidate files are the policy in force".to_owned() } else { text };
            Reply::new(TextReport { digest: Some(new.digest()), text })
        }
        WorkflowCommand::Adopt { files, dry_run } => return adopt(context, &files, dry_run),
    };
    Ok(reply.by(actor))
}

fn find<'p>(policy: &'p Policy, name: &str) -> Result<&'p Workflow, CommandError> {
    policy.workflows.values().find(|workflow| workflow.name.as_str() == name).ok_or_else(|| {
        let known = policy.workflows.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let what = format!("no life cycle `{}`; there are {known}", name.escape_debug());
        CommandError::unknown(what, "workflow show")
    })
}

fn show(policy: &Policy, name: Option<&str>) -> Result<Reply, CommandError> {
    let Some(name) = name else {
        let lines = policy.workflows.values().map(|workflow| {
            let types = workflow.types.iter().map(|it| it.name.to_string()).collect::<Vec<_>>().join(", ");
            format!("{}: {types}", workflow.name)
        });
        return Ok(Reply::new(TextReport { digest: None, text: lines.collect::<Vec<_>>().join("\n") }));
    };
    let workflow = find(policy, name)?;
    let names = |groups: &[crate::domain::id::GroupName]| groups.iter().map(ToString::to_string).collect();
    let transitions = workflow.transitions.iter().map(|edge| Edge {
        action: edge.action.to_string(),
        when: edge.when.as_ref().map(|when| match when {
            When::Input(_, value) => value.clone(),
            When::ContentChanged(true) => "content changed".to_owned(),
            When::ContentChanged(false) => "content unchanged".to_owned(),
        }),
        from: edge.from.iter().map(ToString::to_string).collect(),
        to: match &edge.to {
            Target::Same => "same".to_owned(),
            Target::Origin => "origin".to_owned(),
            Target::State(state) => state.to_string(),
        },
        by: names(&edge.by),
        guards: edge.guards.iter().map(|guard| guard.name().to_owned()).collect(),
    });
    Ok(Reply::new(ShowReport {
        workflow: workflow.name.to_string(),
        states: workflow.states.iter().map(|state| state.name.to_string()).collect(),
        types: workflow.types.iter().map(|it| it.name.to_string()).collect(),
        transitions: transitions.collect(),
    }))
}

fn graph(policy: &Policy, name: &str, format: Form) -> Result<Reply, CommandError> {
    let workflow = find(policy, name)?;
    let text = match format {
        Form::Mermaid => picture::mermaid(workflow),
        Form::Dot => picture::dot(workflow),
        Form::Svg => picture::svg(workflow),
    };
    Ok(Reply::new(TextReport { digest: None, text }))
}

/// Reads the YAML files of a folder, by name; none where there is no such folder.
fn yaml_files(folder: &Path) -> Result<BTreeMap<String, String>, CommandError> {
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
            let text = fs::read_to_string(&path).map_err(io(&path))?;
            files.insert(name.to_string_lossy().into_owned(), text);
        }
    }
    Ok(files)
}

fn sources_on_disk(context: &Context) -> Result<Sources, CommandError> {
    Ok(Sources(yaml_files(&context.site.workflows())?))
}

fn candidate(context: &Context) -> Result<Candidate, CommandError> {
    Candidate::new(sources_on_disk(context)?).map_err(CommandError::PolicyInvalid)
}

/// The files of the policy in force.
fn in_force(context: &mut Context) -> Result<Sources, CommandError> {
    let digest = context.session.project()?.policy;
    let actor = context.actor()?;
    let record = context.session.read(&actor).policy(&digest)?;
    let unreadable = |message: String| SessionError::PolicyUnreadable { digest, message };
    let record = record.ok_or_else(|| unreadable("it is not in the store".to_owned()))?;
    let files = serde_json::from_str(&record.sources).map_err(|error| unreadable(error.to_string()))?;
    Ok(Sources(files))
}

fn differences(old: &Sources, new: &Sources) -> String {
    let mut text = String::new();
    let names: std::collections::BTreeSet<&String> = old.0.keys().chain(new.0.keys()).collect();
    for name in names {
        let side = |sources: &Sources| sources.0.get(name).cloned().unwrap_or_default();
        let (before, after) = (side(old), side(new));
        if before != after {
            let diff = TextDiff::from_lines(before.as_str(), after.as_str());
            let (from, to) = (format!("in force/{name}"), format!("workflows/{name}"));
            text.push_str(&diff.unified_diff().header(&from, &to).to_string());
        }
    }
    text
}

fn adopt(context: &mut Context, files: &[String], dry_run: bool) -> Result<Reply, CommandError> {
    let (old, on_disk) = (in_force(context)?, sources_on_disk(context)?);
    let new = if files.is_empty() {
        on_disk
    } else {
        let mut merged = old.clone();
        for name in files {
            let text = on_disk.0.get(name);
            let text = text.ok_or_else(|| {
                let what = format!("no file `workflows/{}`", name.escape_debug());
                CommandError::unknown(what, "workflow diff")
            })?;
            merged.0.insert(name.clone(), text.clone());
        }
        merged
    };
    // Faults are shown with their places; the refusal that is recorded names them too.
    let faults: Vec<Fault> = Candidate::new(new.clone()).err().unwrap_or_default();
    let mut request = project_request("policy_adopt", Vec::new())?;
    request.candidate = Some(new.0.clone());
    let mode = if dry_run { Mode::DryRun } else { Mode::Commit };
    let outcome = carry_out(context, &request, mode);
    if !faults.is_empty()
        && let Err(CommandError::Session(SessionError::Denied(refusal))) = &outcome
        && refusal.denial.class() == crate::domain::decide::Class::Precondition
    {
        return Err(CommandError::PolicyInvalid(faults));
    }
    let (acted, warnings) = outcome?;
    let done = if dry_run { "would be permitted: policy adopted" } else { "✓ policy adopted" };
    let text =
        format!("{done}\n  from {}\n  to   {}\n\n{}", old.digest(), new.digest(), differences(&old, &new));
    let mut reply = Reply::new(TextReport { digest: Some(new.digest()), text }).by(acted.actor);
    reply.warnings = warnings;
    Ok(reply)
}

fn test(context: &Context) -> Result<Reply, CommandError> {
    let candidate = candidate(context)?;
    let files = yaml_files(&context.site.workflows().join("scenarios"))?;
    if files.is_empty() {
        return Err(CommandError::NotFound(
            "no scenarios: put YAML files into `workflows/scenarios/`".to_owned(),
        ));
    }
    let (mut total, mut failures) = (0, Vec::new());
    for (file, text) in &files {
        for outcome in scenario::run(&candidate.policy, candidate.digest, file, text)? {
            total += 1;
            failures.extend(
                outcome.failure.map(|failure| format!("{}: {}: {failure}", outcome.place, outcome.name)),
            );
        }
    }
    if failures.is_empty() {
        let text = format!("✓ {total} scenarios passed");
        return Ok(Reply::new(TextReport { digest: Some(candidate.digest), text }));
    }
    Err(CommandError::ScenariosFailed { failed: failures.len(), total, failures })
}
