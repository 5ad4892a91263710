//! The command line: the program's own commands, and the verbs of the policy beside them.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args as _, Command, Subcommand as _};

use super::help;
use super::ui::{Color, Format};
use crate::commands::agent::AgentCommand;
use crate::commands::audit::AuditCommand;
use crate::commands::diff::DiffInput;
use crate::commands::hooks::HooksCommand;
use crate::commands::key::KeyCommand;
use crate::commands::list::ListInput;
use crate::commands::namespace::NamespaceCommand;
use crate::commands::read::ReadInput;
use crate::commands::token::TokenCommand;
use crate::commands::user::UserCommand;
use crate::commands::view::flag;
use crate::commands::workflow::WorkflowCommand;
use crate::domain::id::{DocumentId, IdWord, InputName, TypeName, UserName};
use crate::domain::policy::{Action, Input, InputKind, Scope};

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
}

/// The program's own commands.
#[derive(Debug, clap::Subcommand)]
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
    /// Give a person a new key by the project key alone, or acknowledge that it was done
    Recover {
        /// Who lost the passphrase
        user: UserName,
        /// Say as another person that you have looked into it
        #[arg(long)]
        acknowledge: bool,
        /// File with the new passphrase, for where nobody can be asked
        #[arg(long, value_name = "FILE", conflicts_with = "acknowledge")]
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
    /// Namespaces of specifications
    #[command(subcommand)]
    Namespace(NamespaceCommand),
    /// The policy: the life cycles and who may do what
    #[command(subcommand)]
    Workflow(WorkflowCommand),
    /// The audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
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
    },
}

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
    fn has_verb(self, name: &str) -> bool {
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
    for action in actions.iter().filter(|action| action.scope != Scope::Project) {
        command = command.subcommand(verb(action, extent));
    }
    // The derived commands bring their own description along; the program's comes last.
    let command = BuiltIn::augment_subcommands(command)
        .about("Governs controlled documents where people and AI agents work side by side")
        .long_about(None);
    if extent.has_help() { help::grouped(command) } else { command }
}

/// Builds the command line with one command alone, where there is one of that name.
pub fn only(actions: &[Action], name: &str) -> Option<Command> {
    let is_named = |action: &&Action| action.name.as_str().replace('_', "-") == name;
    let found = match actions.iter().filter(|action| action.scope != Scope::Project).find(is_named) {
        Some(action) => verb(action, Extent::Whole),
        None => BuiltIn::augment_subcommands(Command::new("qms")).find_subcommand(name)?.clone(),
    };
    Some(program().subcommand(found))
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
            .after_help("`qms next <DOCUMENT>` shows what you can do; `qms explain` explains every refusal."),
    )
}

fn verb(action: &Action, extent: Extent<'_>) -> Command {
    let name = action.name.as_str().replace('_', "-");
    let is_told = extent.has_verb(&name);
    let mut command = Command::new(name).about(action.help.clone());
    if !is_told {
        return command;
    }
    if let Some(sop) = &action.sop {
        command =
            command.after_help(StyledStr::from(format!("Governed by {}.", sop.replace('#', " section "))));
    }
    command = if action.scope == Scope::New {
        command
            .arg(Arg::new("type").required(true).value_name("TYPE").help("Type of the document, such as CR"))
    } else {
        command.arg(
            Arg::new("document").required(true).value_name("DOCUMENT").help("The document, such as CR-001"),
        )
    };
    for input in &action.inputs {
        command = with_input(command, input);
    }
    command.arg(
        Arg::new("dry-run")
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Decide only, change nothing, record nothing"),
    )
}

/// Adds an input. Its argument goes by its flag, so that no input can be taken for another argument.
fn with_input(command: Command, input: &Input) -> Command {
    let name = input.name.as_str();
    let flagged = |name: &str| Arg::new(flag(name)).long(flag(name).trim_start_matches('-').to_owned());
    let plain = |value: &'static str| {
        flagged(name).value_name(value).required(input.required).help(input.help.clone())
    };
    match &input.kind {
        InputKind::Line => command.arg(plain("TEXT")),
        InputKind::Word => command.arg(plain("NAME")),
        InputKind::Document => command.arg(plain("DOCUMENT")),
        InputKind::User => command.arg(plain("USER")),
        InputKind::Users => command.arg(plain("USERS").value_delimiter(',')),
        InputKind::Text => {
            let file = format!("{name}_file");
            command
                .arg(
                    plain("TEXT")
                        .required(false)
                        .allow_hyphen_values(true)
                        .help(format!("{}; `-` reads it from standard input", input.help)),
                )
                .arg(
                    flagged(&file)
                        .value_name("PATH")
                        .help(format!("File with the {}", name.replace('_', " "))),
                )
                .group(
                    ArgGroup::new(format!("{name} text"))
                        .args([flag(name), flag(&file)])
                        .required(input.required),
                )
        }
        InputKind::OneOf(choices) => {
            let ids: Vec<String> = choices.iter().map(|choice| flag(&choice.value)).collect();
            let flags = choices.iter().map(|choice| {
                flagged(&choice.value)
                    .action(ArgAction::SetTrue)
                    .help(format!("{}: {}", input.help, choice.label))
            });
            command
                .args(flags.collect::<Vec<_>>())
                .group(ArgGroup::new(format!("{name} choice")).args(ids).required(input.required))
        }
    }
}

/// A value that stands on the command line, before long texts are fetched from where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// A text as it stands.
    Text(String),
    /// A text in a file, or on standard input for `-`.
    File(String),
    /// Users.
    Users(Vec<UserName>),
    /// A document.
    Document(DocumentId),
}

/// Reads the inputs of a verb; the message says what is not a name.
pub fn inputs(
    action: &Action,
    matches: &ArgMatches,
) -> Result<Vec<(InputName, Raw)>, crate::domain::id::InvalidName> {
    let mut found = Vec::new();
    for input in &action.inputs {
        let name = flag(input.name.as_str());
        let one = || matches.get_one::<String>(&name).cloned();
        let raw = match &input.kind {
            // A word of a new document becomes part of its id.
            InputKind::Word if action.scope == Scope::New => {
                one().map(|text| IdWord::parse(&text)).transpose()?.map(|word| Raw::Text(word.to_string()))
            }
            InputKind::Line | InputKind::Word => one().map(Raw::Text),
            InputKind::Document => one().map(|text| DocumentId::parse(&text)).transpose()?.map(Raw::Document),
            InputKind::User | InputKind::Users => matches
                .get_many::<String>(&name)
                .map(|names| names.map(|name| UserName::parse(name.trim())).collect::<Result<Vec<_>, _>>())
                .transpose()?
                .map(Raw::Users),
            InputKind::Text => match (one(), matches.get_one::<String>(&format!("{name}-file"))) {
                (Some(text), _) if text == "-" => Some(Raw::File(text)),
                (Some(text), _) => Some(Raw::Text(text)),
                (None, path) => path.cloned().map(Raw::File),
            },
            InputKind::OneOf(choices) => choices
                .iter()
                .find(|choice| matches.get_flag(&flag(&choice.value)))
                .map(|choice| Raw::Text(choice.value.clone())),
        };
        found.extend(raw.map(|raw| (input.name.clone(), raw)));
    }
    Ok(found)
}

/// Reads the type that a creating verb is about.
pub fn type_name(matches: &ArgMatches) -> Result<TypeName, crate::domain::id::InvalidName> {
    TypeName::parse(matches.get_one::<String>("type").map_or("", String::as_str))
}

/// Reads the document that a verb is about.
pub fn document_id(matches: &ArgMatches) -> Result<DocumentId, crate::domain::id::InvalidName> {
    DocumentId::parse(matches.get_one::<String>("document").map_or("", String::as_str))
}
