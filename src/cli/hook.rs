//! `hook`: what an agent runtime runs beside each call of a tool. It reads one event, and prints nothing
//! or exactly one JSON document.
//!
//! Runtimes let a call pass where a hook fails, but for one status; therefore nothing here is a wall. The wall is the
//! verification of every command: who presents no proof is refused there.

mod call;
mod caller;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use self::caller::{Whose, begins, main};
use super::desk;
use super::ui::say;
use super::world::World;
use crate::commands::json::spelled_out;
use crate::commands::{CommandError, Context};
use crate::domain::encoding;
use crate::domain::hook::{Event, Line, Notice, Outcome, Runtime, ToolCall, answer, may_be_a_call, render};
use crate::domain::identity::{Fate, Origin, TicketId};
use crate::session::SessionError;

/// The status by which a hook holds a call up, with the reason on standard error.
const HELD_UP: u8 = 2;

/// So much of an event is looked at where it is too large to be one, in bytes: 64 MiB.
const LOOKED_AT_MAX: u64 = 64 * 1024 * 1024;

/// Where Claude Code says which folder it was started in.
const STARTED_IN: &str = "CLAUDE_PROJECT_DIR";

/// Runs a hook and returns the exit status. What fails is said, and lets the call pass; but an event that cannot be
/// read holds up what could be a call.
pub fn run(world: &mut World) -> u8 {
    let mut bytes = Vec::new();
    // One byte more than there may be is enough to tell.
    let read = (&mut world.stdin).take(LOOKED_AT_MAX + 1).read_to_end(&mut bytes);
    let notice = read.map_err(|error| format!("the event cannot be read: {error}")).and_then(|_| {
        let text = encoding::text(&bytes).map_err(|why| format!("the event {why}"))?;
        Notice::parse(encoding::plain(text).as_bytes()).map_err(|error| error.to_string())
    });
    let notice = match notice {
        Ok(notice) => notice,
        Err(why) if bytes.len() as u64 > LOOKED_AT_MAX || may_be_a_call(&bytes) => {
            say(world, &format!("qms hook: {why}; what could be a call of `qms` is held up: {ONE_CALL}"));
            return HELD_UP;
        }
        Err(why) => {
            say(world, &format!("qms hook: {why}"));
            return 1;
        }
    };
    match answer(world, notice) {
        Ok(None) => 0,
        Ok(Some(document)) => {
            let document = spelled_out(document);
            let printed = writeln!(world.stdout, "{document}").and_then(|()| world.stdout.flush());
            u8::from(printed.is_err())
        }
        Err(error) => {
            say(world, &format!("qms hook: {error}"));
            1
        }
    }
}

fn answer(world: &mut World, notice: Notice) -> Answer {
    let folder = notice.cwd.as_ref().map_or_else(|| world.directory.clone(), PathBuf::from);
    match notice.event {
        Event::PreTool(call) => before_tool(world, &folder, notice.runtime, &call),
        Event::SubagentStart { session, agent, agent_type } => {
            started(world, &folder, notice.runtime, (&session, &agent), &agent_type)
        }
        Event::PostTool { session, agent, tool_use_id, ours, outcome, .. } => {
            let own = tool_use_id.filter(|_| ours);
            after_tool(world, &folder, (&session, agent.as_deref()), own.as_deref(), outcome)
        }
        Event::SubagentStop { session, agent } => in_projects(world, &folder, |context| {
            // What was signed for a session that ended is void; one that is no user has none.
            if context.session.end_hooked(&session, Some(&agent))?.is_none() {
                context.session.void_others((&session, Some(&agent)), None, true)?;
            }
            Ok(None)
        }),
        Event::SessionStart { session, source } => session_started(world, &folder, &session, &source),
        Event::Other => Ok(None),
    }
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

/// Does something in the project that a folder is in, and in the one that the runtime was started in: an agent can go
/// on, or end, in another folder than the one in which something was signed for it.
fn in_projects(world: &World, folder: &Path, act: impl Fn(&mut Context) -> Answer) -> Answer {
    let here = in_project(world, folder, &act);
    match world.set_variable(STARTED_IN).map(PathBuf::from) {
        Some(other) if other != folder => here.and(in_project(world, &other, &act)),
        _ => here,
    }
}

/// Refuses a call for another project than the one of its folder: what the runtime tells later, of a call that was not
/// permitted or an agent that ended, is told in that folder.
fn refuse_elsewhere(world: &World, folder: &Path, context: &Context) -> Result<(), String> {
    let is_here = desk::site(folder, desk::root_by_variable(world).as_deref())
        .is_ok_and(|site| whole(site.root()) == whole(context.site.root()));
    if is_here {
        return Ok(());
    }
    let root = render(&[context.site.root().display().to_string()]);
    Err(format!(
        "the call names another project than the one of its folder: go there first, by a call of its own (`cd {root}`), \
         then call `qms` without `--root`"
    ))
}

/// Writes a folder as a ticket names it.
fn whole(folder: &Path) -> String {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string()
}

/// Answers a call before it runs. Whatever it is, its agent went on: what was signed for it before, and not used,
/// is void.
fn before_tool(world: &mut World, folder: &Path, runtime: Runtime, call: &ToolCall) -> Answer {
    let overtakes = |context: &mut Context| {
        let key = context.session.key();
        let own = call.tool_use_id.as_ref().zip(key);
        let own = own.map(|(id, key)| key.ticket_id(&call.session, call.agent.as_deref(), id));
        context.session.void_others((&call.session, call.agent.as_deref()), own, false)?;
        Ok(None)
    };
    let overtaken = in_projects(world, folder, overtakes);
    let argv = match call.line() {
        // What is no business of ours is not held up by our troubles: an unused ticket ends by itself.
        Line::Foreign => return Ok(overtaken.unwrap_or(None)),
        Line::Refused { why, example } => {
            let example = example.or_else(|| call.suggestion());
            return Ok(Some(answer::deny(runtime, &answer::refusal(why, example.as_deref()))));
        }
        Line::Qms(argv) => argv,
    };
    match overtaken.and_then(|_| call::before(world, runtime, call, &argv)) {
        // Unsigned, the call of a subagent would pass for one of nobody in particular.
        Err(error) if call.agent.is_some() => {
            let reason = format!("the call cannot be signed: {error}");
            Ok(Some(answer::deny(runtime, &reason)))
        }
        done => done,
    }
}

/// Voids the ticket of a call that has ended, and older ones that its agent left unused.
fn after_tool(
    world: &World,
    folder: &Path,
    (session, agent): (&str, Option<&str>),
    own: Option<&str>,
    outcome: Outcome,
) -> Answer {
    let ended = in_projects(world, folder, |context| {
        if let Some(id) = own {
            let key = context.session.key().ok_or(SessionError::NoKey)?;
            let ticket: TicketId = key.ticket_id(session, agent, id);
            let fate = if outcome == Outcome::Ran { Fate::Over } else { Fate::NotAllowed };
            context.session.void(ticket, fate)?;
        }
        context.session.void_others((session, agent), None, false)?;
        Ok(None)
    });
    if own.is_some() { ended } else { Ok(ended.unwrap_or(None)) }
}

/// Registers a subagent that the policy knows, with the definition that was adopted. One that is not registered ends
/// what was registered under its id before.
fn started(
    world: &World,
    folder: &Path,
    runtime: Runtime,
    (session, agent): (&str, &str),
    agent_type: &str,
) -> Answer {
    in_project(world, folder, |context| {
        let origin = Origin { session: session.to_owned(), agent: Some(agent.to_owned()) };
        let begun = begins(world, context, runtime, (&origin, agent_type), folder);
        if let Ok(Some(Ok(begun))) = begun {
            context.session.register(&begun)?;
            let text = format!(
                "qms: you act as user `{}`; `qms inbox` shows what awaits you, and `qms brief <document>` tells \
                 what is asked of you. {ONE_CALL}",
                begun.user
            );
            return Ok(Some(answer::context(&text)));
        }
        context.session.end_hooked(session, Some(agent))?;
        context.session.void_others((session, Some(agent)), None, true)?;
        let Some(Err(why)) = begun? else { return Ok(None) };
        let text = format!("qms: {why}; this agent has no name in project {}", context.site.id());
        Ok(Some(answer::context(&text)))
    })
}

/// How calls are made so that they can be signed.
const ONE_CALL: &str = "Call `qms …` alone, one simple command per call, one call at a time, without `--user` and \
    without a token; give a long text with `--comment-file FILE`";

/// Ends what the session had before where it begins anew, and tells its main thread who it is.
fn session_started(world: &World, folder: &Path, session: &str, source: &str) -> Answer {
    in_projects(world, folder, |context| {
        if ["resume", "clear"].contains(&source) {
            context.session.end_hooked(session, None)?;
        }
        context.session.void_others((session, None), None, false)?;
        Ok(None)
    })?;
    in_project(world, folder, |context| {
        let origin = Origin { session: session.to_owned(), agent: None };
        let policy = context.session.policy()?;
        let main = main(world, context, None, &origin)?;
        let who = match main.whose {
            Whose::Of(signed) => format!("you act as user `{}`", signed.user),
            Whose::Nobodys(why) => format!("no call is signed: {why}"),
            Whose::Unsigned if policy.runtimes.is_empty() => return Ok(None),
            Whose::Unsigned => {
                let each = policy.runtimes.iter().map(|(name, user)| format!("`{user}` in {name}"));
                format!("you act as user {}", each.collect::<Vec<_>>().join(", "))
            }
        };
        let agents: Vec<String> =
            policy.agents.iter().map(|(name, agent)| format!("`{name}` as `{}`", agent.user)).collect();
        let others = match agents.as_slice() {
            [] => String::new(),
            _ if main.is_run => " Subagents read, and act as nobody.".to_owned(),
            agents => {
                format!(" Subagents act as users of their own: {}; others only read.", agents.join(", "))
            }
        };
        let text = format!("qms: {who} in project {}. {ONE_CALL}.{others}", context.site.id());
        Ok(Some(answer::session_context(&text)))
    })
}

fn fresh(world: &World) -> Result<[u8; 16], CommandError> {
    let mut random = [0; 16];
    let is_filled = (world.random)(&mut random);
    is_filled
        .then_some(random)
        .ok_or_else(|| CommandError::Failed("the system gives no random bytes".to_owned()))
}
