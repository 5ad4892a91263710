//! The command line: the program's own commands, and the verbs of the policy beside them.

use std::ffi::OsString;

use clap::{Args as _, Command, Subcommand as _};

use super::dispatch::is_verb;
use super::help;
use super::ui::{Color, Format};
use super::verb::verb;
use crate::commands::agent::AgentCommand;
use crate::commands::audit::AuditCommand;
use crate::commands::diff::DiffInput;
use crate::commands::evidence::EvidenceCommand;
use crate::commands::export::ExportForm;
use crate::commands::hooks::HooksCommand;
use crate::commands::item::ItemCommand;
use crate::commands::key::KeyCommand;
use crate::commands::list::ListInput;
use crate::commands::metrics::MetricsCommand;
use crate::commands::namespace::NamespaceCommand;
use crate::commands::note::{NoteCommand, TraitCommand};
use crate::commands::read::ReadInput;
use crate::commands::sop::SopCommand;
use crate::commands::token::TokenCommand;
use crate::commands::user::UserCommand;
use crate::commands::workflow::WorkflowCommand;
use crate::domain::id::{DocumentId, UserName};
use crate::domain::policy::{Action, Evidence};

/// What every command takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Who is calling (or `QMS_USER`)
    // An id of its own: `user` is also what some commands are about.
    #[arg(id = "caller", short = 'u', long = "user", global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// File with the caller's token, or `-` for a line of standard input (or `QMS_TOKEN_FILE`)
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<std::path::PathBuf>,
    /// Proof of this very call, as hooks of agent runtimes make it
    #[arg(long, global = true, value_name = "TICKET", hide = true)]
    pub ticket: Option<String>,
    /// File with the passphrase of the caller's own key (or `QMS_PASSPHRASE_FILE`)
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<std::path::PathBuf>,
    /// Folder of the project, instead of searching upward (or `QMS_ROOT`)
    #[arg(long, global = true, value_name = "FOLDER")]
    pub root: Option<std::path::PathBuf>,
    /// Form of the output
    #[arg(short, long, global = true, value_enum, value_name = "FORM")]
    pub output: Option<Format>,
    /// Short for `--output json`
    #[arg(long, global = true, conflicts_with = "output")]
    pub json: bool,
    /// Never ask, and print no menu (or `QMS_NO_INTERACTIVE`)
    #[arg(long, global = true)]
    pub no_interactive: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub color: Option<Color>,
    /// Print the result alone, without a menu
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

impl Global {
    /// Returns the form of the output.
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output.unwrap_or(Format::Text) }
    }

    /// Returns the form of an export that stands where the form of the output does.
    pub fn export_form(&self) -> Option<ExportForm> {
        match self.format() {
            Format::Jsonl => Some(ExportForm::Jsonl),
            Format::Csv => Some(ExportForm::Csv),
            Format::Md => Some(ExportForm::Md),
            Format::Text | Format::Wide | Format::Json | Format::Yaml => None,
        }
    }
}

/// The program's own commands.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum BuiltIn {
    /// Make a project
    Init {
        /// Its folder
        #[arg(default_value = ".")]
        folder: std::path::PathBuf,
        /// How surely callers must be known
        #[arg(long, value_enum, default_value_t = ProfileName::Light)]
        profile: ProfileName,
        /// For trials: a token in a file, instead of a key behind a passphrase
        #[arg(long, conflicts_with = "passphrase_file")]
        no_passphrase: bool,
    },
    /// Show where a document stands
    Status {
        /// The document
        document: DocumentId,
    },
    /// Show what you can do with a document
    Next {
        /// The document
        document: DocumentId,
        /// Show also what is not available, and what is missing for it
        #[arg(long)]
        all: bool,
    },
    /// List documents
    List(ListInput),
    /// Show what awaits you
    Inbox,
    /// Tell you your task on a document, and what the policy asks you to look at
    Brief {
        /// The document
        document: DocumentId,
    },
    /// Show what you have checked out
    Workspace,
    /// Print the content of a document
    Read(ReadInput),
    /// Show what changed between two versions
    Diff(DiffInput),
    /// Show everything that was recorded about a document
    History {
        /// The document
        document: DocumentId,
    },
    /// Show what people said about a document
    Comments {
        /// The document
        document: DocumentId,
    },
    /// Notes that traits of documents demand
    #[command(subcommand)]
    Note(NoteCommand),
    /// Traits: what demands more of some documents
    #[command(subcommand)]
    Trait(TraitCommand),
    /// Show what stands between a document and its end
    Why {
        /// The document
        document: DocumentId,
    },
    /// List the documents that wait for others
    Blocked,
    /// What shows that it is so: commands that the policy declares, and files that were presented
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Show who you were found to be
    Whoami,
    /// Make your first key, with the code from an administrator as `--token-file`
    Enrol,
    /// Let your open key stand for a token at this terminal
    Unlock {
        /// For how long
        #[arg(long = "for", value_name = "TIME", default_value = "15m", value_parser = crate::commands::token::time)]
        time: u64,
    },
    /// Give a person whose passphrase is lost a new key
    Recover {
        /// Who lost the passphrase
        user: UserName,
        /// Nobody else is left to acknowledge it, and every signature by it says so
        #[arg(long)]
        alone: bool,
        /// File with the new passphrase, for where nobody can be asked
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<std::path::PathBuf>,
    },
    /// Agents that the policy lets you start
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Answer an event of an agent runtime, from standard input
    Hook,
    /// The hook in the settings of agent runtimes
    #[command(subcommand)]
    Hooks(HooksCommand),
    /// Tokens of agents and services, and codes for people
    #[command(subcommand)]
    Token(TokenCommand),
    /// Keys of people
    #[command(subcommand)]
    Key(KeyCommand),
    /// Users of the project
    #[command(subcommand)]
    User(UserCommand),
    /// Execution items of a document
    #[command(subcommand)]
    Item(ItemCommand),
    /// Namespaces of specifications
    #[command(subcommand)]
    Namespace(NamespaceCommand),
    /// The policy: the life cycles and who may do what
    #[command(subcommand)]
    Workflow(WorkflowCommand),
    /// The procedures: what people and agents do, and why
    #[command(subcommand)]
    Sop(SopCommand),
    /// The audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// How the work goes, from the audit trail
    #[command(subcommand)]
    Metrics(MetricsCommand),
    /// Check the project, and mend what can be made again
    Doctor {
        /// Make again what was lost or changed outside the store
        #[arg(long)]
        repair: bool,
    },
    /// Explain an error code, a reason, a guard or an effect
    Explain {
        /// The name; without it everything is listed
        name: Option<String>,
    },
    /// Print the completions for a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Play a change from draft to closed in a project of its own
    Demo {
        /// Where to make the project; without it a temporary folder
        #[arg(long, value_name = "FOLDER")]
        folder: Option<std::path::PathBuf>,
        /// With a failed item, its variance, a prerequisite and a gate that asks for evidence
        #[arg(long)]
        full: bool,
    },
}

/// Verbs of the policy of which the program has the command: it does what a policy cannot.
pub const OWN_VERBS: &[&str] = &[Evidence::COMMAND];

/// The profiles, as words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ProfileName {
    /// Whoever has a credential presents it; others are believed, and recorded as claimed
    Light,
    /// Whoever acts presents at least a token
    Team,
    /// As `team`, and people sign verdicts with keys of their own
    Gxp,
}

/// How much of the command line is told. All of all takes longer than acting.
#[derive(Clone, Copy)]
pub enum Extent<'a> {
    /// Everything.
    Whole,
    /// What these words need to be understood.
    For(&'a [OsString]),
}

impl Extent<'_> {
    pub(super) fn has_verb(self, name: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::For(words) => words.iter().any(|word| word == name),
        }
    }

    fn has_help(self) -> bool {
        match self {
            Self::Whole => true,
            // Flags of one letter can stand together.
            Self::For(words) => {
                let asks =
                    |word: &OsString| word.to_str().is_some_and(|it| it.starts_with('-') && it.contains('h'));
                words.len() <= 1 || words.iter().any(asks)
            }
        }
    }
}

/// Builds the command line with the verbs of a policy.
pub fn command(actions: &[Action], extent: Extent<'_>) -> Command {
    let mut command = program();
    for action in actions.iter().filter(|action| is_verb(action) && action.command.is_none()) {
        command = command.subcommand(verb(action, &action.words(), extent));
    }
    // The derived commands bring their own description along; the program's comes last.
    let mut command = BuiltIn::augment_subcommands(command);
    for (group, name, action) in grouped(actions) {
        command = if command.find_subcommand(group).is_some() {
            command.mut_subcommand(group, |command| beside(command, name, action, extent))
        } else {
            command.subcommand(beside(group_of(group), name, action, extent))
        };
    }
    let command = command
        .about("Governs controlled documents where people and AI agents work side by side")
        .long_about(None);
    if extent.has_help() { help::grouped(command) } else { command }
}

/// Builds the command line with one command alone, where there is one of that name.
pub fn only(actions: &[Action], name: &str) -> Option<Command> {
    let is_named = |action: &&Action| action.command.is_none() && action.words() == name;
    if let Some(action) = actions.iter().filter(|action| is_verb(action)).find(is_named) {
        return Some(program().subcommand(verb(action, name, Extent::Whole)));
    }
    let built_in = BuiltIn::augment_subcommands(Command::new("qms")).find_subcommand(name).cloned();
    let mut of_group = grouped(actions).filter(|(group, ..)| *group == name).peekable();
    let found = built_in.or_else(|| of_group.peek().map(|(group, ..)| group_of(group)))?;
    let add = |command, (_, name, action): (_, &str, _)| beside(command, name, action, Extent::Whole);
    Some(program().subcommand(of_group.fold(found, add)))
}

/// Lists the verbs of two words: the group, the verb in it, and the action.
fn grouped(actions: &[Action]) -> impl Iterator<Item = (&str, &str, &Action)> {
    let of_documents = actions.iter().filter(|action| is_verb(action));
    of_documents.filter_map(|action| {
        let (group, name) = action.command.as_deref()?.split_once(' ')?;
        Some((group, name, action))
    })
}

/// Begins a group that the program has no command in.
fn group_of(name: &str) -> Command {
    Command::new(name.to_owned())
        .about(format!("Verbs about the {name} of a document"))
        .subcommand_required(true)
}

/// Adds a verb to its group, unless the program has a command of that name.
fn beside(group: Command, name: &str, action: &Action, extent: Extent<'_>) -> Command {
    if group.find_subcommand(name).is_some() { group } else { group.subcommand(verb(action, name, extent)) }
}

/// The command line with no command yet.
fn program() -> Command {
    Global::augment_args(
        Command::new("qms")
            .version(env!("CARGO_PKG_VERSION"))
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_help_subcommand(true)
            .infer_long_args(false)
            .after_help(
                "`qms next <DOCUMENT>` shows what you can do; `qms explain` explains every refusal. The verbs above are \
                 those of the policy in force: while a round of a document is open, it goes by those that the round \
                 began with.",
            ),
    )
}
