//! `hook`: what an agent runtime runs beside each call of a tool. It reads one event, and prints nothing
//! or exactly one JSON document.
//!
//! Runtimes let a call pass where a hook fails, but for one status; therefore nothing here is a wall. The wall is the
//! verification of every command: who presents no proof is refused there.

mod call;
mod caller;
mod place;

use std::io::{Read as _, Write as _};

use self::caller::{Whose, begins, main};
use self::place::Place;
use super::ui::say;
use super::world::World;
use crate::commands::json::spelled_out;
use crate::commands::{CommandError, Context};
use crate::domain::encoding;
use crate::domain::hook::{Event, Line, Notice, Outcome, ToolCall, answer, may_be_a_call};
use crate::domain::identity::{Fate, Origin, TicketId};
use crate::session::SessionError;

/// The status by which a hook holds a call up, with the reason on standard error.
const HELD_UP: u8 = 2;

/// So much of an event is looked at where it is too large to be one, in bytes: 64 MiB.
const LOOKED_AT_MAX: u64 = 64 * 1024 * 1024;

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
    let session = match &notice.event {
        Event::PreTool(call) => &call.session,
        Event::SubagentStart { session, .. }
        | Event::PostTool { session, .. }
        | Event::SubagentStop { session, .. }
        | Event::SessionStart { session, .. } => session,
        Event::Other => return Ok(None),
    };
    let mut place = Place::of(world, notice.runtime, session, notice.cwd.as_deref());
    match notice.event {
        Event::PreTool(call) => before_tool(world, &place, &call),
        Event::SubagentStart { session, agent, agent_type } => {
            started(world, &place, (&session, &agent), &agent_type)
        }
        Event::PostTool { session, agent, tool_use_id, ours, outcome, .. } => {
            let own = tool_use_id.filter(|_| ours);
            after_tool(world, &place, (&session, agent.as_deref()), own.as_deref(), outcome)
        }
        Event::SubagentStop { session, agent } => place.everywhere(world, |context| {
            // What was signed for a session that ended is void; one that is no user has none.
            if context.session.end_hooked(&session, Some(&agent))?.is_none() {
                context.session.void_others((&session, Some(&agent)), None, true)?;
            }
            Ok(None)
        }),
        Event::SessionStart { session, source } => session_started(world, &mut place, &session, &source),
        Event::Other => Ok(None),
    }
}

type Answer = Result<Option<String>, CommandError>;

/// Answers a call before it runs. Whatever it is, its agent went on: what was signed for it before, and not used,
/// is void.
fn before_tool(world: &mut World, place: &Place, call: &ToolCall) -> Answer {
    let runtime = place.runtime;
    let overtakes = |context: &mut Context| {
        let key = context.session.key();
        let own = call.tool_use_id.as_ref().zip(key);
        let own = own.map(|(id, key)| key.ticket_id(&call.session, call.agent.as_deref(), id));
        context.session.void_others((&call.session, call.agent.as_deref()), own, false)?;
        Ok(None)
    };
    let overtaken = place.everywhere(world, overtakes);
    let argv = match call.line() {
        // What is no business of ours is not held up by our troubles: an unused ticket ends by itself.
        Line::Foreign => return Ok(overtaken.unwrap_or(None)),
        Line::Refused { why, example } => {
            let example = example.or_else(|| call.suggestion());
            return Ok(Some(answer::deny(runtime, &answer::refusal(why, example.as_deref()))));
        }
        Line::Qms(argv) => argv,
    };
    match overtaken.and_then(|_| call::before(world, place, call, &argv)) {
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
    world: &mut World,
    place: &Place,
    (session, agent): (&str, Option<&str>),
    own: Option<&str>,
    outcome: Outcome,
) -> Answer {
    let ended = place.everywhere(world, |context| {
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
fn started(world: &World, place: &Place, (session, agent): (&str, &str), agent_type: &str) -> Answer {
    place.here(world, |context| {
        let origin = Origin { session: session.to_owned(), agent: Some(agent.to_owned()) };
        let begun = begins(world, context, place, (&origin, agent_type));
        if let Ok(Some(Ok(begun))) = begun {
            place.work_in(context)?;
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

/// Ends what the session had before where it begins anew, and what those before it had whose process it takes over, and
/// tells its main thread who it is.
fn session_started(world: &mut World, place: &mut Place, session: &str, source: &str) -> Answer {
    place.begin(world, source);
    let place = &*place;
    place.everywhere(world, |context| {
        for over in place.over() {
            context.session.end_hooked(over, None)?;
            context.session.void_others((over, None), None, true)?;
        }
        if ["resume", "clear"].contains(&source) {
            context.session.end_hooked(session, None)?;
        }
        context.session.void_others((session, None), None, false)?;
        Ok(None)
    })?;
    place.here(world, |context| {
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
