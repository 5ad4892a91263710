//! One call of `qms`, before it runs: whose it is, whether it is permitted now, and the ticket for it.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use clap::{ArgMatches, FromArgMatches as _};

use super::caller::{Signed, Whose, is_of_run, whose};
use super::place::{Place, whole};
use super::{Answer, fresh};
use crate::cli::desk::{self, Desk};
use crate::cli::dispatch::{fetch, subject_of, verb_of};
use crate::cli::grammar::{BuiltIn, Global};
use crate::cli::parse;
use crate::cli::verb::{self, Raw};
use crate::cli::world::World;
use crate::commands::adoption;
use crate::commands::evidence::EvidenceCommand;
use crate::commands::view::next_lines;
use crate::commands::workflow::WorkflowCommand;
use crate::commands::{CommandError, Context, act, evidence_run};
use crate::domain::digest::Digest;
use crate::domain::hook::{Runtime, ToolCall, answer, behind, is_input, render, with_files};
use crate::domain::id::InputName;
use crate::domain::identity::{
    Ancestry, Call, Caller, Claim, Distrust, Fate, Found, NotVerified, Origin, PresentedTicket, Proof,
    TICKET_FLAG, Ticket, TicketId, argv_digest, argv_digest_around_ticket,
};
use crate::domain::policy::Action;
use crate::domain::request::{Request, Value, WorkingCopy};
use crate::session::{Mode, Refusal, SessionError};

/// Commands that are not for agents under a hook: they would make the hook's own facts, or give out what
/// only people have.
const NOT_FOR_AGENTS: &[&str] = &["hook", "hooks", "init", "recover", "enrol", "unlock", "key"];

/// Most bytes that one call may read, all its files together: they are read twice, by the hook and by the call.
const READ_MAX: u64 = 64 * 1024 * 1024;

/// A command as it was understood.
enum Command {
    /// A verb of the policy, and whether it is only tried.
    Verb(Box<act::Arguments>),
    /// A command of the program's own.
    BuiltIn(Box<BuiltIn>),
}

impl Command {
    fn looks(&self) -> bool {
        match self {
            Self::Verb(_) => false,
            Self::BuiltIn(command) => command.looks(),
        }
    }
}

/// What keeps a call from being signed, in words for the agent.
enum Stop {
    /// It is refused.
    Deny(String),
    /// It is passed on as it is: the program says itself what is wrong with it.
    Pass,
    /// Something went wrong.
    Fail(CommandError),
}

impl<E: Into<CommandError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fail(error.into())
    }
}

/// Answers a call of `qms` with these words.
pub(super) fn before(world: &mut World, place: &Place, call: &ToolCall, argv: &[String]) -> Answer {
    let runtime = place.runtime;
    if runtime == Runtime::Gemini {
        // Within a run the program tells who calls by the process, as it does without a hook.
        return Ok((!is_of_run(world, call)).then(|| answer::rewrite(runtime, call, "")));
    }
    match signed(world, place, call, argv) {
        Ok(line) => Ok(Some(answer::rewrite(runtime, call, &line))),
        Err(Stop::Deny(reason)) => Ok(Some(answer::deny(runtime, &reason))),
        Err(Stop::Pass) => Ok(None),
        Err(Stop::Fail(error)) => Err(error),
    }
}

/// Returns the line that runs the call with its ticket.
fn signed(world: &mut World, place: &Place, call: &ToolCall, argv: &[String]) -> Result<String, Stop> {
    if call.is_watched() {
        return Err(Stop::Deny(format!(
            "`{}` runs its command in the background: run `qms` with the tool for single commands",
            call.tool_name
        )));
    }
    let words: Vec<OsString> = argv.iter().map(OsString::from).collect();
    world.directory.clone_from(&place.folder);
    let folder = &place.folder;
    let mut desk = Desk::open(world, &words);
    // What cannot be understood is told by the program itself.
    let Ok((global, matches)) = desk.understand(world, &words) else { return Err(Stop::Pass) };
    let (verbs, project) = desk.into_project();
    let mut context = match project {
        Ok(context) => context,
        // Help, `init` and the like need no project, and prove nothing.
        Err(error) if desk::is_nowhere(&error) => return Err(Stop::Pass),
        Err(error) => return Err(Stop::Fail(error)),
    };
    let context = &mut context;
    if let Some(text) = &global.ticket {
        return Err(found_ticket(world, context, call, (argv, text, global.user.as_deref())));
    }
    refuse_proofs(&global, &matches)?;
    place.refuse_elsewhere(world, context, call).map_err(Stop::Deny)?;
    let signed = match whose(world, context, (place, call), global.token_file.as_deref())? {
        Whose::Of(signed) => signed,
        Whose::Nobodys(why) => return Err(Stop::Deny(why)),
        Whose::Unsigned => return Err(Stop::Pass),
    };
    let command = understood(world, &verbs, &matches, argv)?;
    let rest = argv.get(1..).unwrap_or_default();
    let random = fresh(world)?;
    let ticket = Draft { call, signed: &signed, random, rest, named: global.user.as_deref() };
    let claim = |text: &str, digest, cwd: &str| -> Result<Claim, CommandError> {
        let presented = PresentedTicket::parse(text, digest, cwd.to_owned())?;
        let user = global.user.clone().or_else(|| Some(signed.user.to_string()));
        Ok(Claim {
            user,
            proof: Some(Proof::Ticket(Rc::new(presented))),
            ancestry: Ancestry(world.ancestry),
            found: Found::Named,
        })
    };
    place.work_in(context)?;
    let draft = ticket.make(context, folder, None)?;
    context.claim = claim(&draft.text, draft.ticket.argv, &draft.ticket.cwd)?;
    let request = foreseen(context, &command)?;
    refuse_much(request.as_ref())?;
    let made = ticket.make(context, folder, request.as_ref().map(Request::material))?;
    context.claim = claim(&made.text, made.ticket.argv, &made.ticket.cwd)?;
    decide(context, &command, request.as_ref(), &made.ticket)?;
    if signed.reads || !command.looks() {
        let fate = if command.looks() { Fate::Reading } else { Fate::Open };
        context.session.remember(&made.ticket, fate)?;
    }
    let line = ticket.line(argv.first().map_or("qms", String::as_str), &made.text);
    let again: Vec<OsString> = line.iter().map(OsString::from).collect();
    let is_understood = parse::parse(&verbs, &again).is_ok_and(|(global, _)| {
        global.ticket.as_ref() == Some(&made.text) && global.user.as_deref() == context.claim.user.as_deref()
    });
    if !is_understood {
        let why = "nothing can be added to this line: an argument takes what follows it for its own";
        return Err(Stop::Deny(why.to_owned()));
    }
    Ok(render(&line))
}

/// Refuses a ticket that an agent found somewhere. Where the program would not believe it, that is recorded, with
/// the agent that tried it.
fn found_ticket(
    world: &World,
    context: &mut Context,
    call: &ToolCall,
    (argv, text, user): (&[String], &str, Option<&str>),
) -> Stop {
    let cwd = whole(&world.directory);
    let digest = argv_digest_around_ticket(argv.get(1..).unwrap_or_default());
    if let Ok(presented) = PresentedTicket::parse(text, digest, cwd) {
        let proof = Some(Proof::Ticket(Rc::new(presented)));
        let claim = Claim {
            user: user.map(str::to_owned),
            proof,
            ancestry: Ancestry(world.ancestry),
            found: Found::Named,
        };
        if let Err(SessionError::NotVerified { refusal, .. }) =
            context.session.verify(&claim, context.about.as_ref())
        {
            let origin = Origin { session: call.session.clone(), agent: call.agent.clone() };
            let _refused = context.refused(NotVerified { origin: Some(Box::new(origin)), ..refusal });
        }
    }
    Stop::Deny("a ticket is made by the hook alone: leave `--ticket` away".to_owned())
}

/// Refuses what only a person presents, and commands that are not for agents.
fn refuse_proofs(global: &Global, matches: &ArgMatches) -> Result<(), Stop> {
    if global.passphrase_file.is_some() {
        let why =
            "a passphrase is a person's, and the hook proves who you are: leave `--passphrase-file` away";
        return Err(Stop::Deny(why.to_owned()));
    }
    match matches.subcommand().filter(|(name, _)| NOT_FOR_AGENTS.contains(name)) {
        Some((name, _)) => Err(Stop::Deny(format!("`qms {name}` is not for agents"))),
        None => Ok(()),
    }
}

/// Reads the command, and the files that it names.
fn understood(
    world: &mut World,
    verbs: &[Action],
    matches: &ArgMatches,
    argv: &[String],
) -> Result<Command, Stop> {
    let Some((name, of_command)) = matches.subcommand() else { return Err(Stop::Pass) };
    let Some((action, of_command)) = verb_of(verbs, name, of_command) else {
        let command = BuiltIn::from_arg_matches(matches).map_err(|_| Stop::Pass)?;
        return Ok(Command::BuiltIn(Box::new(command)));
    };
    let (Ok(subject), Ok(raw)) = (subject_of(&action, of_command), verb::inputs(&action, of_command)) else {
        return Err(Stop::Pass);
    };
    refuse_files(world, &raw, argv)?;
    let inputs = fetch(world, raw).map_err(|error| Stop::Deny(error.to_string()))?;
    let mode = if of_command.get_flag("dry-run") { Mode::DryRun } else { Mode::Ahead };
    Ok(Command::Verb(Box::new(act::Arguments { action, subject, inputs, mode })))
}

/// Refuses standard input, which no hook sees, and files that are too large before they are read.
fn refuse_files(world: &World, raw: &[(InputName, Raw)], argv: &[String]) -> Result<(), Stop> {
    let paths = raw.iter().filter_map(|(_, raw)| match raw {
        Raw::TextFile(path) | Raw::File(path) => Some(path.as_str()),
        Raw::Text(_) | Raw::Users(_) | Raw::Document(_) => None,
    });
    let mut sum = 0;
    for path in paths {
        if is_input(path) {
            let rule = "it reads standard input, which no hook sees: write a file, and name it";
            return Err(Stop::Deny(answer::with_example(rule, with_files(argv).as_deref())));
        }
        sum += fs::metadata(world.directory.join(path)).map_or(0, |about| about.len());
    }
    if sum > READ_MAX { Err(too_much()) } else { Ok(()) }
}

fn too_much() -> Stop {
    Stop::Deny(format!("this call reads more than {} MiB, and cannot be signed", READ_MAX / 1024 / 1024))
}

fn refuse_much(request: Option<&Request>) -> Result<(), Stop> {
    let Some(request) = request else { return Ok(()) };
    let copy = match &request.copy {
        Some(WorkingCopy::Present { bytes, .. }) => bytes.len(),
        _ => 0,
    };
    let candidate: usize = request.candidate.iter().flatten().map(|(_, text)| text.len()).sum();
    let inputs = request.inputs.0.values().map(Value::size).sum::<u64>();
    if (copy + candidate) as u64 + inputs > READ_MAX { Err(too_much()) } else { Ok(()) }
}

/// Builds what the command is going to ask for, where it reads something for that.
fn foreseen(context: &mut Context, command: &Command) -> Result<Option<Request>, Stop> {
    let request = match command {
        Command::Verb(arguments) => Ok(act::request(context, arguments)),
        Command::BuiltIn(command) => match command.as_ref() {
            BuiltIn::Evidence(EvidenceCommand::Run { document, name, .. }) => {
                evidence_run::request(context, document, name)
            }
            BuiltIn::Workflow(WorkflowCommand::Adopt { adoption, .. }) => {
                adoption::request(context, adoption)
            }
            _ => return Ok(None),
        },
    };
    match request {
        Ok(request) => Ok(Some(request)),
        // The program says it, too, and nothing was read.
        Err(CommandError::Session(SessionError::NotVerified { .. }) | CommandError::Unknown { .. }) => {
            Ok(None)
        }
        Err(error) => Err(Stop::Deny(error.to_string())),
    }
}

/// Decides ahead, by the very ticket that the call would present; a refusal is recorded as the call would have
/// recorded it.
fn decide(
    context: &mut Context,
    command: &Command,
    request: Option<&Request>,
    ticket: &Ticket,
) -> Result<(), Stop> {
    let outcome = match (command, request) {
        (Command::Verb(arguments), Some(request)) => context
            .session
            .act(&context.claim, request, arguments.mode)
            .map(|_| ())
            .map_err(CommandError::from),
        _ => match context.actor() {
            Ok(actor) if actor.reads_for().is_some() && !command.looks() => {
                Err(context.refused(ticket.refused(context.claim.user.clone(), Distrust::ReadsOnly)))
            }
            other => other.map(|_| ()),
        },
    };
    match outcome {
        Err(CommandError::Session(SessionError::Denied(refusal))) => Err(Stop::Deny(explained(&refusal))),
        Err(CommandError::Session(SessionError::NotVerified { refusal, .. })) => {
            Err(Stop::Deny(with_advice(&refusal)))
        }
        // What else is wrong with it is told by the program.
        _ => Ok(()),
    }
}

/// Says why something is not permitted now, with what can be done instead.
fn explained(refusal: &Refusal) -> String {
    let mut text = "not permitted now, nothing was changed".to_owned();
    for reason in refusal.denial.reasons() {
        text.push_str(&format!("\n- {} ({})", reason.message, reason.name));
    }
    if let Some(sop) = &refusal.sop {
        text.push_str(&format!("\ngoverned by {sop}: qms sop show {sop}"));
    }
    if let Some(document) = &refusal.document {
        text.push_str(&format!("\nAvailable actions for user '{}':", refusal.actor.name()));
        for line in next_lines(&refusal.menu, refusal.actor.name(), &document.id, false) {
            text.push_str(&format!("\n  {}: {}", line.label, line.command));
        }
    }
    text
}

/// Says why a caller is not who was claimed, and what the agent does instead: never to look for a token.
fn with_advice(refusal: &NotVerified) -> String {
    match (refusal.why, &refusal.holder) {
        (Distrust::Mismatch, Some(holder)) => {
            format!("{refusal}: you act as `{}`; leave `--user` away", holder.user)
        }
        _ => refusal.to_string(),
    }
}

/// What a ticket is made of.
struct Draft<'a> {
    call: &'a ToolCall,
    signed: &'a Signed,
    random: [u8; 16],
    /// The words of the command line without the name of the program.
    rest: &'a [String],
    /// The user whom they name.
    named: Option<&'a str>,
}

/// A ticket and its text.
struct Made {
    ticket: Ticket,
    text: String,
}

impl Draft<'_> {
    /// The words with the user whom they lack, behind those of the command.
    fn words(&self) -> Vec<String> {
        let user = self.named.is_none().then(|| ["--user".to_owned(), self.signed.user.to_string()]);
        behind(self.rest, user.into_iter().flatten())
    }

    fn make(
        &self,
        context: &mut Context,
        folder: &Path,
        inputs: Option<Digest>,
    ) -> Result<Made, CommandError> {
        let cwd = whole(folder);
        let project = context.session.project()?.id;
        let argv = argv_digest(self.words().iter().map(String::as_bytes));
        let good_for = Call { project: &project, argv, cwd: &cwd, inputs };
        let call = self.call;
        let caller = Caller {
            session: &call.session,
            agent: call.agent.as_deref(),
            agent_type: call.agent_type.as_deref(),
            tool_use_id: call.tool_use_id.as_deref(),
        };
        let (ticket, text) = context.session.mint(|key, now| {
            let id = match &call.tool_use_id {
                Some(id) => key.ticket_id(&call.session, call.agent.as_deref(), id),
                None => TicketId::from_bytes(self.random),
            };
            let mut ticket = Ticket::new(id, caller, &self.signed.user, good_for, now);
            ticket.credential.clone_from(&self.signed.credential);
            ticket.reads = self.signed.reads;
            ticket
        })?;
        Ok(Made { ticket, text })
    }

    /// The whole line with the ticket in its place.
    fn line(&self, program: &str, ticket: &str) -> Vec<String> {
        let words = behind(&self.words(), [format!("{TICKET_FLAG}{ticket}")]);
        [program.to_owned()].into_iter().chain(words).collect()
    }
}
