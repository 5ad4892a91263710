//! From a parsed command line to the command that answers it.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use clap::{ArgMatches, FromArgMatches as _};

use super::desk::{Desk, key_place};
use super::error::explanations;
use super::grammar::{BuiltIn, Global, OWN_VERBS, ProfileName};
use super::verb::Raw;
use super::world::World;
use super::{completion, credential, demo, proofs, ui, verb};
use crate::commands::key::KeyCommand;
use crate::commands::read::DueReading;
use crate::commands::{self, CommandError, Context, Reply, Source, act, alert, init, key};
use crate::disk::{DiskError, digest_of, read_whole};
use crate::domain::digest::Digest;
use crate::domain::id::UserName;
use crate::domain::policy::{Action, Policy, Profile, Scope, is_reserved};
use crate::domain::request::{File, Inputs, Subject, Value};
use crate::domain::{encoding, size};
use crate::session::Mode;

/// What came of a command.
pub enum Done {
    /// An answer, to be printed.
    Reply(Box<Reply>),
    /// A text that the program has by itself.
    Text(String),
    /// It printed for itself, and ended with this status.
    Printed(u8),
}

/// Longest text that is read from a file or standard input, in bytes. What is longer than a
/// comment may be is refused by the rules; this only keeps the memory in bounds.
const TEXT_MAX: u64 = 16 * 1024 * 1024;

/// Answers a command line.
pub fn dispatch(
    world: &mut World,
    desk: &mut Desk,
    global: &Global,
    matches: &ArgMatches,
) -> Result<Done, CommandError> {
    let Some((name, of_command)) = matches.subcommand() else {
        return Err(CommandError::Usage("which command?".to_owned()));
    };
    let exports = name == "audit" && of_command.subcommand_name() == Some("export");
    if global.export_form().is_some() && !exports {
        let message = "`jsonl`, `csv` and `md` are forms of `qms audit export` alone";
        return Err(CommandError::Usage(message.to_owned()));
    }
    let Some((action, of_command)) = verb_of(&desk.verbs, name, of_command) else {
        let command =
            BuiltIn::from_arg_matches(matches).map_err(|error| CommandError::Usage(error.to_string()))?;
        return built_in(world, desk, global, command);
    };
    let subject = subject_of(&action, of_command)?;
    let raw = verb::inputs(&action, of_command)?;
    let mode = if of_command.get_flag("dry-run") { Mode::DryRun } else { Mode::Commit };
    let context = desk.context(world, global)?;
    let inputs = fetch(world, raw)?;
    let arguments = act::Arguments { action, subject, inputs, mode };
    if context.source == Source::Unlock && act::lacks_signature(context, &arguments) {
        opened(world, global, context)?;
    }
    let before = context.session.log_size().ok();
    act::run(context, &arguments).map(|answer| warned(context, answer, before)).map(reply)
}

/// Tells whether an action has a command by itself, and not within one of the program's own.
pub fn is_verb(action: &Action) -> bool {
    // The program's own commands win, whatever a policy calls its verbs: they lead back from it.
    action.scope != Scope::Project && !action.has_own_command() && !is_reserved(&action.words())
}

/// Finds the verb of the policy that was called, of one word or of two.
pub fn verb_of<'m>(
    actions: &[Action],
    name: &str,
    matches: &'m ArgMatches,
) -> Option<(Action, &'m ArgMatches)> {
    let of_documents = || actions.iter().filter(|action| is_verb(action));
    if let Some((second, nested)) = matches.subcommand() {
        let words = format!("{name} {second}");
        if OWN_VERBS.contains(&words.as_str()) {
            return None;
        }
        let found = of_documents().find(|action| action.command.as_ref() == Some(&words));
        return found.map(|action| (action.clone(), nested));
    }
    let found = of_documents().find(|action| action.command.is_none() && action.words() == name);
    found.map(|action| (action.clone(), matches))
}

/// Asks for the passphrase after all: an unlocked key is a token, and this needs the key itself.
fn opened(world: &mut World, global: &Global, context: &mut Context) -> Result<(), CommandError> {
    if context.source == Source::Unlock && credential::may_ask(world, global) {
        let user = context.holder()?;
        if let Some(signer) = credential::signer(world, global, context, user.as_str())? {
            context.claim.proof = None;
            context.claim.user = Some(user.to_string());
            context.signer = Some(signer);
            context.source = Source::Key;
        }
    }
    Ok(())
}

/// Records what follows from an answer that was given out. Where that fails the answer stands: what was
/// not recorded is asked for again where it counts.
pub fn follow_up(world: &mut World, desk: &mut Desk, reading: &DueReading) {
    let Some(context) = desk.opened() else { return };
    match commands::read::record(context, reading) {
        Ok(words) => ui::say(world, &words),
        Err(error) => ui::say(world, &format!("⚠ the reading is not recorded: {error}")),
    }
}

/// Adds what this caller is to be warned of, whatever the command. `before` is the size that the log had.
fn warned(context: &mut Context, mut reply: Reply, before: Option<u64>) -> Reply {
    if let Some(actor) = &reply.actor {
        let was_recorded = context.session.log_size().ok() != before;
        let alerts = alert::warnings(context, actor, was_recorded);
        reply.warnings.extend(alerts);
    }
    reply
}

fn reply(reply: Reply) -> Done {
    Done::Reply(Box::new(reply))
}

/// Gives a person a new key, by the signature of another person or by the project key.
fn recover(
    world: &mut World,
    desk: &mut Desk,
    global: &Global,
    user: &UserName,
    alone: bool,
    file: Option<&Path>,
) -> Result<Reply, CommandError> {
    let recovery = desk.project(world, global)?.session.recovery(user)?;
    let is_named = global.user.is_some() || world.set_variable("QMS_USER").is_some();
    let context = if is_named && !alone && !recovery.signers.is_empty() {
        let context = desk.context(world, global)?;
        opened(world, global, context)?;
        context
    } else {
        // The project key does it, and nobody is verified; but what is presented has to hold.
        if credential::is_presented(world, global) {
            let _holds = desk.context(world, global)?.actor()?;
        }
        recovery.unmet(user, alone)?;
        desk.project(world, global)?
    };
    let passphrase = credential::new_passphrase(world, global, file, user.as_str())?;
    key::recover(context, user, &passphrase, alone)
}

fn built_in(
    world: &mut World,
    desk: &mut Desk,
    global: &Global,
    command: BuiltIn,
) -> Result<Done, CommandError> {
    use crate::commands::{
        audit, brief, comments, diff, doctor, evidence, explain, export, exported, history, inbox, item,
        list, metrics, namespace, next, note, read, sop, status, user, why, workflow, workspace,
    };
    // These need no project.
    match command {
        BuiltIn::Init { folder, profile, no_passphrase } => {
            return make(world, global, &folder, profile, no_passphrase).map(reply);
        }
        BuiltIn::Explain { name } => return explain::run(name.as_deref(), explanations()).map(reply),
        // An auditor has the file, and nothing else of the project.
        BuiltIn::Audit(audit::AuditCommand::Verify { export: Some(file), checkpoint, .. }) => {
            return exported::run(&file, checkpoint.as_deref()).map(reply);
        }
        BuiltIn::Completion { shell } => {
            return Ok(Done::Text(completion::script(&desk.verbs, shell)));
        }
        BuiltIn::Demo { .. } | BuiltIn::Audit(audit::AuditCommand::Export { .. })
            if global.format().is_data() =>
        {
            return Err(CommandError::Usage("this is text only; leave `--output` away".to_owned()));
        }
        BuiltIn::Hook => {
            let message =
                "`qms hook` stands alone: it reads one event of an agent runtime from standard input";
            return Err(CommandError::Usage(message.to_owned()));
        }
        BuiltIn::Demo { folder, full } => {
            return demo::run(world, folder.as_deref(), full).map(Done::Printed);
        }
        // Outside a project the policy that comes with the program can be looked at.
        BuiltIn::Workflow(command) if !desk.is_open() => {
            return workflow::outside_a_project(&command).map(reply);
        }
        BuiltIn::Sop(command) if !desk.is_open() => return sop::outside_a_project(&command).map(reply),
        _ => {}
    }
    if let BuiltIn::Recover { user, alone, new_passphrase_file } = &command {
        return recover(world, desk, global, user, *alone, new_passphrase_file.as_deref()).map(reply);
    }
    let cleared = match &command {
        BuiltIn::Doctor { repair: true } => desk.clear_the_way(world, global)?,
        _ => None,
    };
    let (cleared, presented) = cleared.unzip();
    // An auditor has a copy, and neither a name in the project nor its key.
    let verifies = matches!(&command, BuiltIn::Audit(audit::AuditCommand::Verify { .. }));
    let context = if let Some(presented) = presented {
        desk.presented(world, global, presented)?
    } else if verifies && desk.project(world, global)?.session.key().is_none() {
        desk.project(world, global)?
    } else if matches!(&command, BuiltIn::Enrol) {
        let context = desk.project(world, global)?;
        (context.claim, context.source) = credential::present_code(world, global)?;
        context
    } else {
        desk.context(world, global)?
    };
    if matches!(&command, BuiltIn::Unlock { .. } | BuiltIn::Key(KeyCommand::Create { .. })) {
        opened(world, global, context)?;
    }
    if let BuiltIn::Audit(audit::AuditCommand::Export { format }) = command {
        let format = global.export_form().unwrap_or(format);
        let actor = context.actor()?;
        ui::identity(world, Some(&actor));
        if let Some(warning) = export::export(context, &actor, format, &mut world.stdout.verbatim())? {
            ui::say(world, &format!("⚠ {warning}"));
        }
        return Ok(Done::Printed(0));
    }
    let before = context.session.log_size().ok();
    let answer = match command {
        BuiltIn::Status { document } => status::run(context, &document),
        BuiltIn::Next { document, all } => next::run(context, &document, all),
        BuiltIn::List(input) => list::run(context, input),
        BuiltIn::Inbox => inbox::run(context),
        BuiltIn::Brief { document } => brief::run(context, &document),
        BuiltIn::Workspace => workspace::run(context),
        BuiltIn::Read(input) => read::run(context, &input),
        BuiltIn::Diff(input) => diff::run(context, &input),
        BuiltIn::History { document } => history::run(context, &document),
        BuiltIn::Comments { document } => comments::run(context, &document),
        BuiltIn::Why { document } => why::run(context, &document),
        BuiltIn::Blocked => why::blocked(context),
        BuiltIn::Note(command) => note::run(context, &command),
        BuiltIn::Trait(command) => note::traits(context, &command),
        BuiltIn::Evidence(command) => evidence::run(context, command, &*world.variable),
        BuiltIn::User(command) => user::run(context, command),
        BuiltIn::Item(command) => item::run(context, command),
        BuiltIn::Namespace(command) => namespace::run(context, command),
        BuiltIn::Workflow(command) => workflow::run(context, command),
        BuiltIn::Sop(command) => sop::run(context, &command),
        BuiltIn::Audit(command) => audit::run(context, command),
        BuiltIn::Metrics(command) => metrics::run(context, &command),
        BuiltIn::Doctor { repair } => doctor::run(context, repair, cleared.unwrap_or_default(), &|used| {
            credential::handed_on(world, used)
        }),
        other => proofs::run(world, context, global, other),
    };
    answer.map(|answer| warned(context, answer, before)).map(reply)
}

/// Reads what a verb is about.
pub fn subject_of(
    action: &Action,
    of_command: &ArgMatches,
) -> Result<Subject, crate::domain::id::InvalidName> {
    Ok(if action.scope == Scope::New {
        Subject::New(verb::type_name(of_command)?)
    } else {
        Subject::Document(verb::document_id(of_command)?)
    })
}

/// Fetches long texts from where they are.
pub fn fetch(
    world: &mut World,
    raw: Vec<(crate::domain::id::InputName, Raw)>,
) -> Result<Inputs, CommandError> {
    let mut inputs = Inputs::default();
    for (name, raw) in raw {
        let value = match raw {
            Raw::Text(text) => Value::Text(text),
            Raw::Users(users) => Value::Users(users),
            Raw::Document(id) => Value::Document(id),
            Raw::File(path) => {
                let file = file_from(world, &path)?;
                credential::holds_no_token(&file.bytes)?;
                Value::File(file)
            }
            Raw::TextFile(path) => {
                let text = text_from(world, &path)?;
                credential::is_no_token(&text)?;
                Value::Text(text)
            }
        };
        inputs = inputs.with(name, value);
    }
    Ok(inputs)
}

/// Reads a file that is handed in. Of one that no policy keeps only the size is told.
fn file_from(world: &mut World, path: &str) -> Result<File, CommandError> {
    let name =
        Path::new(path).file_name().filter(|_| path != "-").map(|it| it.to_string_lossy().into_owned());
    Ok(match bytes_from(world, path, Policy::FILE_MAX)? {
        Ok(bytes) => File { name, ..File::from(bytes) },
        Err(size) => File { name, size, ..File::default() },
    })
}

/// Reads a file or standard input; of a file with more than `most` bytes only how many it has.
fn bytes_from(world: &mut World, path: &str, most: u64) -> Result<Result<Vec<u8>, u64>, CommandError> {
    let io = |source| DiskError::Io { action: "read", path: path.into(), source };
    if path == "-" {
        let mut bytes = Vec::new();
        // It may have no end: one byte more than there may be is enough to tell.
        (&mut world.stdin).take(most + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > most {
            let message = format!("standard input has more than {}", size::shown(most));
            return Err(CommandError::Usage(message));
        }
        return Ok(Ok(bytes));
    }
    let place = world.directory.join(path);
    match fs::metadata(&place) {
        Ok(about) if about.is_file() && about.len() > most => return Ok(Err(about.len())),
        _ => {}
    }
    let bytes = read_whole(&place, most).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => {
            let message = format!("`{path}` is not read: {error}; name a file, or `-` for standard input");
            CommandError::Usage(message)
        }
        _ => io(error).into(),
    })?;
    Ok(Ok(bytes))
}

fn text_from(world: &mut World, path: &str) -> Result<String, CommandError> {
    let bytes = bytes_from(world, path, TEXT_MAX)?.map_err(|size| {
        CommandError::Usage(format!("`{path}` has {}, which is no comment", size::shown(size)))
    })?;
    let text = encoding::text(&bytes).map_err(|why| CommandError::Usage(format!("`{path}` {why}")))?;
    Ok(encoding::plain(text).trim_end().to_owned())
}

fn make(
    world: &mut World,
    global: &Global,
    folder: &Path,
    profile: ProfileName,
    no_passphrase: bool,
) -> Result<Reply, CommandError> {
    let file = credential::passphrase_file(world, global);
    if !no_passphrase && file.is_none() && !credential::may_ask(world, global) {
        let message = "nobody can be asked for a passphrase here: `--passphrase-file FILE` names one, and \
                       `--no-passphrase` makes a token instead, for trials";
        return Err(CommandError::Usage(message.to_owned()));
    }
    let chosen =
        |world: &mut World| credential::new_passphrase(world, global, file.as_deref(), "the administrator");
    let passphrase = if no_passphrase { None } else { Some(chosen(world)?) };
    let base =
        global.root.as_ref().map_or_else(|| world.directory.clone(), |root| world.directory.join(root));
    let origin = digest_of(&world.program).unwrap_or_else(|_| Digest::of(b""));
    let outside = init::Outside {
        keys: key_place(world),
        home: world.path_variable("HOME"),
        random: world.random,
        profile: match profile {
            ProfileName::Light => Profile::Light,
            ProfileName::Team => Profile::Team,
            ProfileName::Gxp => Profile::Gxp,
        },
        passphrase,
        origin,
        session: &|| world.outside(),
        process: world.process,
    };
    init::run(&base.join(folder), &outside)
}
