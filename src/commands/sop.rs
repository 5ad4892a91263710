//! `sop`: the procedures in force, in outline and section by section.

use std::fmt;

use serde::Serialize;

use super::read::body;
use super::table::Table;
use super::{CommandError, Context, Reply, cited};
use crate::domain::digest::Digest;
use crate::domain::id::{ActionName, DocumentId, Version};
use crate::domain::identity::Actor;
use crate::domain::policy::{Citing, Policy, Profile, compile};
use crate::domain::procedure::{Citation, NotThere, Procedure, Section};
use crate::embedded;

/// What to do with procedures.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum SopCommand {
    /// List the procedures in force
    List,
    /// Print a section of a procedure in force, or the outline of all of it
    Show {
        /// A section such as `SOP-007#5`, a clause such as `SOP-007#5.2`, or `SOP-007` for the outline
        #[arg(value_name = "SECTION")]
        cited: Citation,
    },
}

/// A procedure, or what was asked for of it.
#[derive(Debug, Serialize)]
struct SopReport {
    #[serde(flatten)]
    issue: Issue,
    sections: Vec<SectionView>,
    /// The text of the section; `null` for the outline, whose text `read` prints.
    text: Option<String>,
}

/// A procedure in force.
#[derive(Debug, Clone, Serialize)]
struct Issue {
    id: DocumentId,
    title: Option<String>,
    /// `null` outside a project.
    version: Option<Version>,
    content_digest: Digest,
}

#[derive(Debug, Serialize)]
struct SectionView {
    number: String,
    title: Option<String>,
    /// The actions that name it as what governs them.
    governs: Vec<ActionName>,
}

impl SectionView {
    fn new(policy: &Policy, id: &DocumentId, section: &Section) -> Self {
        let governs = governed(policy, id, Some(&section.number));
        Self { number: section.number.clone(), title: section.title.clone(), governs }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(version) = self.version {
            write!(f, " {version}")?;
        }
        write!(f, ": {}", self.title.as_deref().unwrap_or_default())
    }
}

impl fmt::Display for SopReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.issue)?;
        if let Some(text) = &self.text {
            f.write_str(text)?;
            let governs = self.sections.iter().flat_map(|section| &section.governs);
            let governs = names(governs);
            return if governs.is_empty() { Ok(()) } else { write!(f, "\n\nGoverns: {governs}") };
        }
        let mut table = Table::new(f.alternate(), &["SECTION", "TITLE", "GOVERNS"], &[]);
        for section in &self.sections {
            let title = section.title.clone().unwrap_or_default();
            table.row([section.number.clone(), title, names(section.governs.iter())]);
        }
        write!(f, "{table}")
    }
}

/// The procedures in force.
#[derive(Debug, Serialize)]
struct ListReport {
    procedures: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    issue: Issue,
    governs: Vec<ActionName>,
}

impl fmt::Display for ListReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(f.alternate(), &["ID", "VERSION", "TITLE"], &["GOVERNS"]);
        for Listed { issue, governs } in &self.procedures {
            let version = issue.version.map_or_else(|| "-".to_owned(), |version| version.to_string());
            let title = issue.title.clone().unwrap_or_default();
            let mut row = vec![issue.id.to_string(), version, title];
            if f.alternate() {
                row.push(names(governs.iter()));
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}

fn names<'a>(actions: impl Iterator<Item = &'a ActionName>) -> String {
    actions.map(ActionName::as_str).collect::<Vec<_>>().join(", ")
}

/// The actions that a procedure governs, or a section of it with all that is in it.
fn governed(policy: &Policy, id: &DocumentId, section: Option<&str>) -> Vec<ActionName> {
    let within = |cited: Option<&str>| match (section, cited) {
        (None, _) => true,
        (Some(section), Some(cited)) => {
            cited.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        (Some(_), None) => false,
    };
    let cited = policy.citations().filter(|it| &it.citation.procedure == id);
    let within = cited.filter(|it| within(it.citation.section.as_deref()));
    let actions = within.filter_map(|it| match it.by {
        Citing::Action(name) => Some(name.clone()),
        Citing::Workflow(_) | Citing::Reminder(_) => None,
    });
    actions.collect()
}

/// Answers where there is no project, about the procedures that come with the program.
pub fn outside_a_project(command: &SopCommand) -> Result<Reply, CommandError> {
    let policy = compile(&embedded::policy(Profile::Light)).map_err(CommandError::PolicyInvalid)?;
    let procedures = embedded::procedures();
    let digest = |id: &DocumentId| {
        let file = embedded::SOPS.iter().find(|(file, _)| file.strip_suffix(".md") == Some(id.as_str()));
        Digest::of(file.map_or("", |(_, text)| text).as_bytes())
    };
    let issue = |id: &DocumentId, procedure: &Procedure| Issue {
        id: id.clone(),
        title: procedure.title.clone(),
        version: None,
        content_digest: digest(id),
    };
    match command {
        SopCommand::List => {
            let issues = procedures.iter().map(|(id, procedure)| issue(id, procedure)).collect();
            Ok(list(&policy, issues))
        }
        SopCommand::Show { cited } => {
            let procedure = procedures.find(&cited.procedure).map_err(|error| unknown(&error))?;
            show(&policy, issue(&cited.procedure, procedure), procedure, cited)
        }
    }
}

/// Carries out a command about procedures.
pub fn run(context: &mut Context, command: &SopCommand) -> Result<Reply, CommandError> {
    let actor = context.actor()?;
    let policy = context.session.policy()?;
    let reply = match command {
        SopCommand::List => {
            let procedures = context.session.procedures(&actor, None)?;
            let mut issues = Vec::new();
            for (id, _) in procedures.iter() {
                issues.push(in_force(context, &actor, id)?.0);
            }
            let missing = cited::missing(&policy, &procedures);
            let reply = list(&policy, issues);
            missing.into_iter().fold(reply, |reply, message| reply.warn(cited::MISSING, message))
        }
        SopCommand::Show { cited } => {
            let (issue, procedure) = in_force(context, &actor, &cited.procedure)?;
            show(&policy, issue, &procedure, cited)?
        }
    };
    Ok(reply.by(actor))
}

fn list(policy: &Policy, issues: Vec<Issue>) -> Reply {
    let listed = |issue: Issue| Listed { governs: governed(policy, &issue.id, None), issue };
    Reply::new(ListReport { procedures: issues.into_iter().map(listed).collect() })
}

fn show(
    policy: &Policy,
    issue: Issue,
    procedure: &Procedure,
    cited: &Citation,
) -> Result<Reply, CommandError> {
    let section = procedure.cited(cited).map_err(|error| unknown(&error))?;
    let view = |section: &Section| SectionView::new(policy, &issue.id, section);
    let (sections, text) = match section {
        Some(section) => (vec![view(section)], Some(section.text.clone())),
        None => (procedure.outline().map(view).collect(), None),
    };
    Ok(Reply::new(SopReport { issue, sections, text }))
}

/// Finds the version of a procedure that is in force.
fn in_force(
    context: &mut Context,
    actor: &Actor,
    id: &DocumentId,
) -> Result<(Issue, Procedure), CommandError> {
    let Some(document) = context.session.read(actor).document(id)? else {
        let procedures = context.session.procedures(actor, None)?;
        return match procedures.find(id) {
            Err(error) => Err(unknown(&error)),
            Ok(_) => Err(CommandError::Bug(format!("{id} is in force and is no document"))),
        };
    };
    let Some(it) = &document.in_force else {
        let what = format!("no version of {id} is in force; the document is {}", document.state);
        return Err(CommandError::unknown(what, format!("status {id}")));
    };
    let procedure = Procedure::parse(&String::from_utf8_lossy(&body(context, actor, &it.content)?));
    let title = procedure.title.clone();
    let (version, content_digest) = (Some(it.version), it.content);
    Ok((Issue { id: document.id.clone(), title, version, content_digest }, procedure))
}

fn unknown(error: &NotThere) -> CommandError {
    let hint = match error {
        NotThere::Procedure { .. } => "sop list".to_owned(),
        NotThere::Section { procedure, .. } => format!("sop show {procedure}"),
    };
    CommandError::unknown(error.to_string(), hint)
}
