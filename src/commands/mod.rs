//! One file per command: what it takes, what it does, what it reports.
//!
//! A command neither prints nor asks, and does not know which face called it. Verbs of the
//! workflow share [`act`]; the rest are named after themselves.

pub mod act;
pub mod adoption;
pub mod agent;
pub mod agent_run;
pub mod alert;
pub mod audit;
pub mod brief;
pub mod carried;
mod cited;
mod clock;
pub mod comments;
mod compared;
mod credentials;
pub mod definition;
pub mod diff;
pub mod doctor;
mod entry;
pub mod evidence;
pub mod evidence_run;
pub mod explain;
pub mod export;
pub mod exported;
mod exposure;
pub mod history;
pub mod hooks;
pub mod inbox;
pub mod init;
pub mod item;
pub mod json;
pub mod key;
mod life_cycle;
pub mod list;
pub mod metrics;
pub mod namespace;
pub mod next;
pub mod note;
mod pages;
mod pins;
mod publish;
pub mod read;
mod reply;
pub mod sign;
mod signed;
pub mod sop;
mod source;
pub mod spell;
mod stalled;
pub mod status;
mod table;
mod templates;
mod text;
pub mod token;
mod unpublished;
pub mod user;
mod veil;
pub mod view;
pub mod whoami;
pub mod why;
pub mod workflow;
pub mod workspace;

use std::path::PathBuf;
use std::rc::Rc;

use thiserror::Error;

use self::agent_run::Left;
use self::carried::Carried;
pub use self::reply::{Remembered, Reply, Report, Warning, Wording};
use self::sign::Signer;
pub use self::source::Source;
use self::unpublished::Patience;
use crate::disk::{DiskError, Keyring, Site, Workspace};
use crate::domain::document::Document;
use crate::domain::evidence::RunOutcome;
use crate::domain::hook::Runtime;
use crate::domain::id::{AttestationName, DocumentId, InvalidName, UserName};
use crate::domain::identity::{Actor, Claim, KeyFileError, NotVerified, TicketError, Token, TokenError};
use crate::domain::plural::counted;
use crate::domain::policy::{Fault, Policy};
use crate::domain::yaml::YamlError;
use crate::session::{Session, SessionError};
use crate::store::StoreError;

/// An open project, and who says to be calling.
pub struct Context {
    /// Where the project is.
    pub site: Site,
    /// The open project.
    pub session: Session,
    /// The caller's claim; nothing of it is believed.
    pub claim: Claim,
    /// Who signs for the caller, where the caller signs.
    pub signer: Option<Rc<dyn Signer>>,
    /// Where what is presented came from.
    pub source: Source,
    /// Where people keep what they present; `None` where the system has no home for it.
    pub keyring: Option<Keyring>,
    /// Where agent runtimes keep what they read in every project of this system user.
    pub runtimes: Vec<(Runtime, PathBuf)>,
    /// The folder that file names of the command line start from.
    pub directory: PathBuf,
    /// The document that the command line names, for the record of a caller who was not verified.
    pub about: Option<DocumentId>,
    /// What the caller named by flags, for commands that are offered.
    pub carried: Carried,
    /// Whether anybody is told what can be done next; else it is not found out.
    pub tells_next: bool,
    /// Fills a buffer with random bytes from the system; false where there are none.
    pub random: fn(&mut [u8]) -> bool,
    /// Distinguishes this process from others that are alive.
    pub process: u32,
}

impl Context {
    /// Verifies the caller, to read, and publishes what others left unpublished. That somebody was not who was claimed is
    /// recorded, as far as it can be.
    pub fn actor(&mut self) -> Result<Actor, CommandError> {
        self.identify()?;
        match self.session.verify(&self.claim, self.about.as_ref()) {
            Ok(actor) => {
                unpublished::finish_what_was_cut_short(self, &actor, Patience::Moment);
                Ok(actor)
            }
            Err(SessionError::NotVerified { refusal, .. }) => Err(self.refused(refusal)),
            Err(error) => Err(error.into()),
        }
    }

    /// Records that somebody was not who was claimed, as far as it can be recorded.
    pub fn refused(&mut self, refusal: NotVerified) -> CommandError {
        let failures = self.session.record_refusal(&refusal, self.about.as_ref()).unwrap_or(1);
        SessionError::NotVerified { refusal, failures }.into()
    }

    /// Learns what a command line is about, and returns the policy that decides about it.
    pub fn learn(&mut self, named: Option<DocumentId>) -> Result<Rc<Policy>, SessionError> {
        let about = named.as_ref().map(|id| self.session.policy_about(id));
        self.about = named;
        about.unwrap_or_else(|| self.session.policy())
    }

    /// Returns the user whom the caller claims to be, or whom the credential names.
    pub fn holder(&mut self) -> Result<UserName, CommandError> {
        if let Some(name) = &self.claim.user {
            return Ok(UserName::parse(name)?);
        }
        let presented = self.claim.proof.as_ref().and_then(|proof| proof.credential().cloned());
        let held = presented.map(|id| self.session.holder(&id)).transpose()?.flatten();
        held.ok_or_else(|| CommandError::Usage("whose key? pass --user".to_owned()))
    }

    /// Returns whose token lies at a terminal.
    pub fn holder_of(&mut self, token: &Token) -> Option<UserName> {
        self.session.holder(token.id()).ok().flatten()
    }

    fn keyring(&self) -> Result<&Keyring, CommandError> {
        self.keyring.as_ref().ok_or(CommandError::Disk(DiskError::NoHome))
    }

    fn fill(&self, buffer: &mut [u8]) -> Result<(), CommandError> {
        let is_filled = (self.random)(buffer);
        is_filled
            .then_some(())
            .ok_or_else(|| CommandError::Failed("the system gives no random bytes".to_owned()))
    }

    /// Finds a document.
    pub fn document(&mut self, actor: &Actor, id: &DocumentId) -> Result<Document, CommandError> {
        let found = self.session.read(actor).document(id)?;
        found.ok_or_else(|| SessionError::NoDocument(id.clone()).into())
    }

    /// Writes a command of a user for this caller, who may be another: with what the caller named, as far as it is of
    /// use to that user.
    pub(super) fn offered(&self, caller: &Actor, user: &UserName, words: &str) -> String {
        let line = spell::line(user.as_str(), words);
        if caller.name() == user { self.carried.command(&line) } else { self.carried.place(&line) }
    }

    /// Returns the workspace of a verified user.
    pub fn workspace(&self, actor: &Actor) -> Workspace {
        Workspace::new(&self.site, actor.name())
    }
}

/// Adds to a failure about a document type the types that there are.
fn listing_types(context: &mut Context, error: CommandError) -> CommandError {
    let CommandError::Session(SessionError::NoType(_)) = &error else { return error };
    let Ok(policy) = context.session.policy() else { return error };
    let types: Vec<&str> = policy.document_types().map(|it| it.name.as_str()).collect();
    CommandError::unknown(format!("{error}; there are {}", types.join(", ")), "workflow show")
}

/// A command that failed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The session refused or failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A file could not be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Something that was named is not a name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// What was asked for makes no sense; nothing was done.
    #[error("{0}")]
    Usage(String),
    /// Something that was named does not exist, and nothing lists what does.
    #[error("{0}")]
    NotFound(String),
    /// Something that was named does not exist.
    #[error("{what}")]
    Unknown {
        /// What was looked for, in words.
        what: String,
        /// The command that shows what there is, from its verb on.
        hint: String,
    },
    /// The policy in the project's files has faults.
    #[error("{}", fault_words(.0))]
    PolicyInvalid(Vec<Fault>),
    /// The policy has faults, and files of the one in force are not among the candidates.
    #[error("{} missing, and the policy does not hold without it", missing_words(.files))]
    FilesMissing {
        /// The files, by their paths.
        files: Vec<String>,
        /// The commands that write them out again, from their verbs on.
        hints: Vec<String>,
        /// What does not hold.
        faults: Vec<Fault>,
    },
    /// A YAML file cannot be read.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// Scenarios came out otherwise than they say.
    #[error("{failed} of {} failed", counted(*.total as u64, "scenario"))]
    ScenariosFailed {
        /// How many failed.
        failed: usize,
        /// How many there are.
        total: usize,
        /// What each said.
        failures: Vec<String>,
    },
    /// The audit trail does not verify.
    #[error("the audit trail does not verify: {message}")]
    AuditFailed {
        /// What was found.
        message: String,
        /// The first bad entry, where it is known.
        index: Option<u64>,
        /// Whether more is wrong, which `doctor` lists.
        more: bool,
    },
    /// An export does not verify.
    #[error("the export does not verify: {0}")]
    ExportFailed(#[from] exported::Fault),
    /// A key cannot be made or opened.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// What was presented could have been read by others.
    #[error(transparent)]
    Presented(DiskError),
    /// What was presented is not even a ticket.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// What was presented is not even a token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// An agent did not do what it was started for.
    #[error("the agent of session {session} {}; {left}", ended(*.status))]
    AgentFailed {
        /// Its session.
        session: String,
        /// Its exit status, negative for a signal.
        status: Option<i32>,
        /// What became of its task.
        left: Left,
    },
    /// An agent took longer than it may, and was ended.
    #[error("the agent of session {session} took longer than the policy allows, and was ended; {left}")]
    AgentTimedOut {
        /// Its session.
        session: String,
        /// What became of its task.
        left: Left,
    },
    /// This command was told to end while an agent was at work, and ended it.
    #[error("the agent of session {session} was ended, because this command was told to end; {left}")]
    AgentInterrupted {
        /// Its session.
        session: String,
        /// What became of its task.
        left: Left,
    },
    /// An agent ended by itself and had not answered its task.
    #[error("the agent of session {session} ended, and {left}")]
    AgentIdle {
        /// Its session.
        session: String,
        /// What became of its task.
        left: Left,
    },
    /// A command that was run as evidence did not pass, which is recorded.
    #[error("`{name}` {outcome}, which is recorded as {name}@{number} of {document}")]
    RunFailed {
        /// The document that it was run for.
        document: DocumentId,
        /// The command, by its name in the policy.
        name: AttestationName,
        /// The number of the run.
        number: u32,
        /// How it ended.
        outcome: RunOutcome,
    },
    /// The content changed while a command ran as evidence for it; nothing of the run is kept.
    #[error("{document} changed while `{name}` ran: nothing of the run is kept")]
    RunOvertaken {
        /// The document that it was run for.
        document: DocumentId,
        /// The command, by its name in the policy.
        name: AttestationName,
    },
    /// This command was told to end while another ran as evidence, and ended that.
    #[error("`{name}` was ended, because this command was told to end; nothing of the run is kept")]
    RunInterrupted {
        /// The command, by its name in the policy.
        name: AttestationName,
    },
    /// Something outside the rules went wrong.
    #[error("{0}")]
    Failed(String),
    /// The program is at fault.
    #[error("this is a fault of the program, please report it: {0}")]
    Bug(String),
    /// The project has faults.
    #[error("{} found", counted(.0.len() as u64, "fault"))]
    Unhealthy(Vec<doctor::Finding>),
}

impl CommandError {
    /// Says that a variable that is needed as a text is none.
    pub fn not_text_in_environment(name: &str) -> Self {
        Self::Usage(format!("`{name}` in the environment is not UTF-8"))
    }

    /// Says that something does not exist, and which command shows what does.
    pub(super) fn unknown(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Unknown { what: what.into(), hint: hint.into() }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Session(SessionError::Store(error))
    }
}

fn ended(status: Option<i32>) -> String {
    match status {
        Some(status) if status < 0 => format!("was ended by signal {}", -status),
        Some(status) => format!("ended with status {status}"),
        None => "ended without a status".to_owned(),
    }
}

fn missing_words(files: &[String]) -> String {
    let verb = if files.len() == 1 { "is" } else { "are" };
    let files: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
    format!("{} {verb}", files.join(", "))
}

fn fault_words(faults: &[Fault]) -> String {
    match faults {
        [] => "the policy has faults".to_owned(),
        [one] => format!("{}: {}", one.place, one.message),
        many => format!("the policy has {}", counted(many.len() as u64, "fault")),
    }
}
