//! `hook`: what an agent runtime runs beside each call of a tool. It reads one event, and prints nothing
//! or exactly one JSON document.
//!
//! Runtimes let a call pass where a hook fails; therefore nothing here is a wall. The wall is the
//! verification of every command: who presents no proof is refused there.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::ArgMatches;

use super::desk;
use super::dispatch::{inputs_of, verb_of};
use super::ui::say;
use super::world::World;
use crate::commands::json::spelled_out;
use crate::commands::view::next_lines;
use crate::commands::{CommandError, Context, act, definition};
use crate::domain::encoding;
use crate::domain::hook::{EVENT_MAX, Event, Line, Notice, Runtime, ToolCall, answer, render};
use crate::domain::id::UserName;
use crate::domain::identity::{
    AgentSession, Caller, Claim, Distrust, Holder, NotVerified, PresentedTicket, Proof, TICKET_FLAG, Ticket,
    TicketId, argv_digest,
};
use crate::session::{Mode, SessionError};

/// Commands that are not for agents under a hook: they would make the hook's own facts, or give out what
/// only people have.
const NOT_FOR_AGENTS: &[&str] = &["hook", "hooks", "init", "recover", "enrol", "unlock", "key"];

/// Runs a hook and returns the exit status. What fails is said, and lets the call pass.
pub fn run(world: &mut World) -> u8 {
    match answer(world) {
        Ok(None) => 0,
        Ok(Some(document)) => {
            let document = spelled_out(document);
            let printed = writeln!(world.stdout, "{document}").and_then(|()| world.stdout.flush());
            u8::from(printed.is_err())
        }
        Err(message) => {
            say(world, &format!("qms hook: {message}"));
            1
        }
    }
}

fn answer(world: &mut World) -> Result<Option<String>, String> {
    let mut bytes = Vec::new();
    // One byte more than there may be is enough to tell.
    let read = (&mut world.stdin).take(EVENT_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("the event cannot be read: {error}"))?;
    let text = encoding::text(&bytes).map_err(|why| format!("the event {why}"))?;
    let notice = Notice::parse(encoding::plain(text).as_bytes()).map_err(|error| error.to_string())?;
    let folder = notice.cwd.as_ref().map_or_else(|| world.directory.clone(), PathBuf::from);
    let done = match notice.event {
        Event::PreTool(call) => match before_tool(world, notice.runtime, &call) {
            // Unsigned, the call of a subagent would pass for one of nobody in particular.
            Err(error) if call.agent.is_some() => {
                let reason = format!("the call cannot be signed: {error}");
                Ok(Some(answer::deny(notice.runtime, &reason)))
            }
            done => done,
        },
        Event::SubagentStart { session, agent, agent_type } => {
            started(world, &folder, notice.runtime, (&session, &agent), &agent_type)
        }
        Event::PostTool { session, agent, tool_use_id: Some(id), ours: true, .. } => {
            in_project(world, &folder, |context| {
                let key = context.session.key().ok_or(SessionError::NoKey)?;
                let ticket = key.ticket_id(&session, agent.as_deref(), &id);
                Ok(context.session.void(ticket).map(|()| None)?)
            })
        }
        Event::SubagentStop { session, agent } => in_project(world, &folder, |context| {
            let id = AgentSession::id_of(&session, &agent);
            context.session.end(|open| open.id == id, None)?;
            Ok(None)
        }),
        Event::SessionStart { session, source } if ["resume", "clear"].contains(&source.as_str()) => {
            in_project(world, &folder, |context| {
                context.session.end(|open| open.session == session, None)?;
                Ok(None)
            })
        }
        Event::PostTool { .. } | Event::SessionStart { .. } | Event::Other => Ok(None),
    };
    done.map_err(|error| error.to_string())
}

type Answer = Result<Option<String>, CommandError>;

/// Does something in the project that a folder is in; outside any there is nothing to do.
fn in_project(world: &World, folder: &Path, act: impl FnOnce(&mut Context) -> Answer) -> Answer {
    match desk::open(world, folder, desk::root_by_variable(world).as_deref()) {
        Ok(mut context) => act(&mut context),
        Err(error) if desk::is_nowhere(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Registers a subagent that the policy knows, with the definition that was adopted.
fn started(
    world: &World,
    folder: &Path,
    runtime: Runtime,
    (session, agent): (&str, &str),
    agent_type: &str,
) -> Answer {
    in_project(world, folder, |context| {
        let policy = context.session.policy()?;
        let Some(known) = policy.agents.get(agent_type) else { return Ok(None) };
        let definition = match definition::started(context, runtime, agent_type, folder)? {
            Ok(definition) => definition,
            Err(why) => {
                let project = context.site.id();
                let text = format!("qms: {why}; this agent has no name in project {project}");
                return Ok(Some(answer::context(&text)));
            }
        };
        let parent = policy.runtimes.get(runtime.name()).cloned();
        let user = known.user.clone();
        let begun =
            AgentSession::hooked((session, agent), runtime.name(), agent_type, user, definition, parent);
        context.session.register(&begun)?;
        let text = format!(
            "qms: you act as user `{}`; `qms inbox` shows what awaits you, and `qms brief <document>` tells \
             what is asked of you",
            known.user
        );
        Ok(Some(answer::context(&text)))
    })
}

fn before_tool(world: &mut World, runtime: Runtime, call: &ToolCall) -> Answer {
    let argv = match call.line() {
        Line::Foreign => return Ok(None),
        Line::Refused { why, example } => {
            return Ok(Some(answer::deny(runtime, &answer::refusal(why, example.as_deref()))));
        }
        Line::Qms(argv) => argv,
    };
    if runtime == Runtime::Gemini {
        return Ok(Some(answer::rewrite(runtime, call, "")));
    }
    let words: Vec<OsString> = argv.iter().map(OsString::from).collect();
    let root = super::ahead::root(&words).or_else(|| desk::root_by_variable(world));
    let folder = PathBuf::from(&call.cwd);
    let mut context = match desk::open(world, &folder, root.as_deref()) {
        Ok(context) => context,
        // Help, `init` and the like need no project, and prove nothing.
        Err(error) if desk::is_nowhere(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let deny = |reason: &str| Ok(Some(answer::deny(runtime, reason)));
    let Some(user) = caller(&mut context, runtime, call)? else {
        return match &call.agent {
            Some(_) => deny(
                "this agent is not registered as a user of the project: the policy knows no such agent, its \
                 definition is not the adopted one, or its session has ended",
            ),
            None => Ok(None),
        };
    };
    // What cannot be understood is told by the program itself.
    let about = super::ahead::document(&words).map(|id| context.session.policy_about(&id));
    let policy = about.unwrap_or_else(|| context.session.policy())?;
    let Ok((global, matches)) = super::parse::parse(&policy.actions, &words) else { return Ok(None) };
    if let Some(named) = global.user.as_ref().filter(|named| named.as_str() != user.as_str()) {
        let refusal = NotVerified {
            claimed: Some(named.clone()),
            holder: Some(Holder { user: user.clone(), fingerprint: fingerprint(call) }),
            why: Distrust::Mismatch,
        };
        // What cannot be recorded is refused all the same.
        let _recorded = context.session.record_refusal(&refusal);
        return deny(&format!("{refusal}: you act as `{user}`; leave `--user` away"));
    }
    let presents = global.ticket.is_some() || global.token_file.is_some() || global.passphrase_file.is_some();
    if presents && call.agent.is_none() {
        // The main thread may have a token of its own, which is verified like any.
        return if global.ticket.is_some() { deny("a ticket is made by the hook alone") } else { Ok(None) };
    }
    if presents {
        return deny(
            "the hook proves who you are: leave `--ticket`, `--token-file` and `--passphrase-file` away",
        );
    }
    if let Some((name, _)) = matches.subcommand().filter(|(name, _)| NOT_FOR_AGENTS.contains(name)) {
        return deny(&format!("`qms {name}` is not for agents"));
    }
    let random = fresh(world)?;
    let mut rest: Vec<String> = argv.iter().skip(1).cloned().collect();
    if global.user.is_none() {
        rest.splice(0..0, ["--user".to_owned(), user.to_string()]);
    }
    let digest = argv_digest(rest.iter().map(String::as_bytes));
    let cwd = std::fs::canonicalize(&folder).unwrap_or(folder).display().to_string();
    let text = context.session.mint(|key, now| {
        let id = match &call.tool_use_id {
            Some(id) => key.ticket_id(&call.session, call.agent.as_deref(), id),
            None => TicketId::from_bytes(random),
        };
        let caller = Caller {
            session: &call.session,
            agent: call.agent.as_deref(),
            agent_type: call.agent_type.as_deref(),
            tool_use_id: call.tool_use_id.as_deref(),
        };
        Ticket::new(id, caller, &user, (digest, &cwd), now)
    })?;
    let presented = PresentedTicket::parse(&text, digest, cwd.clone())?;
    context.claim = Claim { proof: Some(Proof::Ticket(Rc::new(presented))), ..Claim::of(user.as_str()) };
    if let Some(reason) = refused(&mut context, &matches)? {
        return deny(&reason);
    }
    let program = argv.first().cloned().unwrap_or_else(|| "qms".to_owned());
    let words: Vec<String> = [program, format!("{TICKET_FLAG}{text}")].into_iter().chain(rest).collect();
    Ok(Some(answer::rewrite(runtime, call, &render(&words))))
}

/// Finds whose call it is: a registered agent's, or the main thread's.
fn caller(
    context: &mut Context,
    runtime: Runtime,
    call: &ToolCall,
) -> Result<Option<UserName>, CommandError> {
    Ok(match &call.agent {
        Some(agent) => {
            let id = AgentSession::id_of(&call.session, agent);
            context.session.agent_at_work(&id)?.map(|session| session.user)
        }
        None => context.session.policy()?.runtimes.get(runtime.name()).cloned(),
    })
}

/// Decides ahead whether a verb would be refused, and says why, with what can be done instead.
fn refused(context: &mut Context, matches: &ArgMatches) -> Result<Option<String>, CommandError> {
    let Some((name, of_command)) = matches.subcommand() else { return Ok(None) };
    let policy = context.session.policy()?;
    let Some((action, of_command)) = verb_of(&policy.actions, name, of_command) else { return Ok(None) };
    // What is not even said properly is told by the program itself.
    let Ok((subject, inputs)) = inputs_of(&action, of_command) else { return Ok(None) };
    let arguments = act::Arguments { action, subject, inputs, mode: Mode::DryRun };
    let outcome = act::try_out(context, &arguments);
    Ok(match outcome {
        Err(SessionError::Denied(refusal)) => {
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
            Some(text)
        }
        Err(SessionError::NotVerified { refusal, .. }) => Some(refusal.to_string()),
        _ => None,
    })
}

fn fingerprint(call: &ToolCall) -> String {
    let who = format!("{}/{}", call.session, call.agent.as_deref().unwrap_or_default());
    let mut text = crate::domain::digest::Digest::of(who.as_bytes()).short();
    text.truncate(8);
    text
}

fn fresh(world: &World) -> Result<[u8; 16], CommandError> {
    let mut random = [0; 16];
    let is_filled = (world.random)(&mut random);
    is_filled
        .then_some(random)
        .ok_or_else(|| CommandError::Failed("the system gives no random bytes".to_owned()))
}
