//! Whose call it is: a registered agent's, that of the credential which was given to the main thread, or the one
//! that the policy gives to the runtime.

use std::path::Path;
use std::rc::Rc;

use super::place::Place;
use crate::cli::credential;
use crate::cli::desk;
use crate::cli::world::World;
use crate::commands::definition::{self, Doubt};
use crate::commands::{CommandError, Context};
use crate::domain::document::Kind;
use crate::domain::hook::{Runtime, ToolCall};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{
    AgentSession, Ancestry, Claim, CredentialKind, Found, NotVerified, Origin, Proof, Token,
};
use crate::session::SessionError;
use crate::store::Sessions;

/// Whom a call is signed for.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    /// The user.
    pub(super) user: UserName,
    /// The credential that the caller was given, whose bounds stay those of the call.
    pub(super) credential: Option<CredentialId>,
    /// The caller is no user, and only reads.
    pub(super) reads: bool,
}

/// Whose call it is.
pub(super) enum Whose {
    /// It is signed for a user.
    Of(Signed),
    /// It is refused, for one reason. What was presented and does not count was recorded.
    Nobodys(String),
    /// The policy names no user for this runtime: the program decides by what is presented.
    Unsigned,
}

/// Whom the main thread of a session acts as.
pub(super) struct Main {
    /// Whose calls are those of the main thread.
    pub(super) whose: Whose,
    /// Whether `agent run` started the session. Then nobody in it acts but the agent that was started.
    pub(super) is_run: bool,
}

/// Tells whether the runtime that calls was started by `agent run`.
pub(super) fn is_of_run(world: &World, call: &ToolCall) -> bool {
    let root = desk::root_by_variable(world);
    let context = desk::open(world, Path::new(&call.cwd), root.as_deref());
    context.is_ok_and(|mut it| it.session.launched(&(world.ancestry)()).is_ok_and(|run| run.is_some()))
}

/// Finds whose call it is. What the environment or the descent of the main thread holds was given to it, and
/// beats what the policy says of the runtime.
pub(super) fn whose(
    world: &mut World,
    context: &mut Context,
    (place, call): (&Place, &ToolCall),
    token_file: Option<&Path>,
) -> Result<Whose, CommandError> {
    let origin = Origin { session: call.session.clone(), agent: call.agent.clone() };
    let main = main(world, context, Some(place.runtime), &origin)?;
    let found = match &call.agent {
        None => main.whose,
        Some(agent) => subagent(context, place, call, agent, main)?,
    };
    match (found, token_file) {
        (Whose::Of(signed), Some(path)) => presented(world, context, Some(signed), path, &origin),
        (Whose::Unsigned, Some(path)) => presented(world, context, None, path, &origin),
        (found, _) => Ok(found),
    }
}

/// Finds whom a subagent acts as: its own user where it is registered as what it still is, else nobody.
fn subagent(
    context: &mut Context,
    place: &Place,
    call: &ToolCall,
    agent: &str,
    main: Main,
) -> Result<Whose, CommandError> {
    if !main.is_run {
        let id = AgentSession::id_of(&call.session, agent);
        let known = context.session.agent_at_work(&id)?;
        let why = match &known {
            Some(known) => lapsed(context, place, call, known)?,
            None => unregistered(context, place, call, &id)?,
        };
        match (known, why, &main.whose) {
            (_, Some(why), _) => return Ok(Whose::Nobodys(why)),
            // Where nobody is the main thread, nobody started it.
            (Some(known), None, Whose::Of(_) | Whose::Unsigned) => {
                return Ok(Whose::Of(Signed { user: known.user, credential: None, reads: false }));
            }
            _ => {}
        }
    }
    Ok(match main.whose {
        Whose::Of(signed) => Whose::Of(Signed { reads: true, ..signed }),
        Whose::Unsigned => Whose::Nobodys(
            "this agent is no user of the project, and `runtimes` of the policy names none that it could read as"
                .to_owned(),
        ),
        nobodys @ Whose::Nobodys(_) => nobodys,
    })
}

/// Finds whom the main thread acts as. Where the runtime is not known, the policy has to name one user for all.
pub(super) fn main(
    world: &World,
    context: &mut Context,
    runtime: Option<Runtime>,
    origin: &Origin,
) -> Result<Main, CommandError> {
    let run = context.session.launched(&(world.ancestry)())?;
    if let Some((text, _)) = credential::exported(world)? {
        let token = Rc::new(Token::parse(&text)?);
        let kept = context.session.credential(token.id())?;
        let is_spawn = kept.is_some_and(|kept| kept.kind == CredentialKind::Spawn);
        // A person's token was exported for the person, whatever else runs there.
        if !is_of_person(context, &token)? {
            let whose = verified(world, context, (None, NOT_YOURS), token, origin)?;
            return Ok(Main { whose, is_run: is_spawn || run.is_some() });
        }
    }
    let is_run = run.is_some();
    let signed = |user: UserName, credential| Whose::Of(Signed { user, credential, reads: false });
    if let Some((run, token)) = run {
        return Ok(Main { whose: signed(run.user, Some(token)), is_run });
    }
    let policy = context.session.policy()?;
    let of_runtime = if let Some(runtime) = runtime {
        policy.runtimes.get(runtime.name())
    } else {
        let mut users = policy.runtimes.values();
        let first = users.next();
        first.filter(|first| users.all(|user| user == *first))
    };
    let whose = of_runtime.map_or(Whose::Unsigned, |user| signed(user.clone(), None));
    Ok(Main { whose, is_run })
}

/// What an agent does about a token on the command line that is not its own.
const LEAVE_AWAY: &str = "leave `--token-file` away, and call `qms …` by itself; the hook signs it";

/// What an agent can do about a token that its session was started with: nothing.
const NOT_YOURS: &str =
    "it stands in the environment of this session, which a person starts with another one or none";

/// Checks the token that the command names: it has to be of the user whom the call is signed for anyway.
fn presented(
    world: &mut World,
    context: &mut Context,
    signed: Option<Signed>,
    path: &Path,
    origin: &Origin,
) -> Result<Whose, CommandError> {
    if path == Path::new("-") {
        let why = "`--token-file -` reads standard input, which no hook sees: name a file";
        return Ok(Whose::Nobodys(why.to_owned()));
    }
    let token = credential::token_file(world, path).and_then(|text| Ok(Token::parse(&text)?));
    let token = match token {
        Ok(token) => Rc::new(token),
        Err(error) => return Ok(Whose::Nobodys(error.to_string())),
    };
    let (user, reads) = signed.map(|signed| (signed.user, signed.reads)).unzip();
    Ok(match verified(world, context, (user, LEAVE_AWAY), token, origin)? {
        Whose::Of(given) => Whose::Of(Signed { reads: reads.unwrap_or(false), ..given }),
        nobodys => nobodys,
    })
}

fn verified(
    world: &World,
    context: &mut Context,
    (user, advice): (Option<UserName>, &str),
    token: Rc<Token>,
    origin: &Origin,
) -> Result<Whose, CommandError> {
    let claim = Claim {
        user: user.map(|user| user.to_string()),
        proof: Some(Proof::Token(token)),
        ancestry: Ancestry(world.ancestry),
        found: Found::Named,
    };
    match context.session.verify(&claim, None) {
        Ok(actor) => {
            let credential = actor.credential().map(|presented| presented.id.clone());
            Ok(Whose::Of(Signed { user: actor.name().clone(), credential, reads: false }))
        }
        Err(SessionError::NotVerified { refusal, .. }) => {
            let refusal = NotVerified { origin: Some(Box::new(origin.clone())), ..refusal };
            // What cannot be recorded is refused all the same.
            let about = context.about.clone();
            let _recorded = context.session.record_refusal(&refusal, about.as_ref());
            Ok(Whose::Nobodys(format!("{refusal}: {advice}")))
        }
        Err(error) => Err(error.into()),
    }
}

fn is_of_person(context: &mut Context, token: &Token) -> Result<bool, CommandError> {
    let holder = context.session.holder(token.id())?;
    holder.map_or(Ok(false), |holder| is_person(context, &holder))
}

fn is_person(context: &mut Context, user: &UserName) -> Result<bool, CommandError> {
    Ok(context.session.kind_of(user)? == Some(Kind::Human))
}

/// Why an agent has no name whose user is a person: nobody is told that a person did what an agent did.
fn of_person(user: &UserName) -> String {
    format!(
        "`{user}` is a person, and no agent acts as one; let an administrator give this agent a user of its own"
    )
}

/// Says why an agent that the policy knows has no name here; `None` for one that it does not know, which is no
/// user.
fn unregistered(
    context: &mut Context,
    place: &Place,
    call: &ToolCall,
    id: &str,
) -> Result<Option<String>, CommandError> {
    if context.session.agents(Sessions::Of(&call.session))?.iter().any(|it| it.id == id && !it.is_open()) {
        return Ok(Some("the session of this agent has ended: start it anew".to_owned()));
    }
    let policy = context.session.policy()?;
    let known = call.agent_type.as_ref().and_then(|name| policy.agents.get_key_value(name));
    let Some((agent, known)) = known else { return Ok(None) };
    if is_person(context, &known.user)? {
        return Ok(Some(of_person(&known.user)));
    }
    Ok(Some(match definition::started(context, &place.reading()?, agent)? {
        Err(Doubt { why, remedy }) => format!("this agent is not registered: {why}; {remedy}"),
        Ok(_) => "this agent is not registered: the hook did not see it start; start it anew".to_owned(),
    }))
}

/// Says why an agent that is registered is not any more what it was registered as; it is asked at every call.
fn lapsed(
    context: &mut Context,
    place: &Place,
    call: &ToolCall,
    known: &AgentSession,
) -> Result<Option<String>, CommandError> {
    let (name, user) = (&known.agent, &known.user);
    if let Some(other) = call.agent_type.as_ref().filter(|kind| *kind != name) {
        return Ok(Some(format!("this agent began as `{name}` and calls as `{other}`: start it anew")));
    }
    let policy = context.session.policy()?;
    if !policy.agents.get(name).is_some_and(|agent| agent.is(known)) {
        let why = format!("the policy in force does not let this agent act as `{user}`: start it anew");
        return Ok(Some(why));
    }
    if is_person(context, user)? {
        return Ok(Some(of_person(user)));
    }
    Ok(match definition::started(context, &place.reading()?, name)? {
        Err(Doubt { why, remedy }) => Some(format!("this agent acts as `{user}` no more: {why}; {remedy}")),
        Ok(found) if found != known.definition => {
            Some(format!("another definition of `{name}` was adopted after this agent began: start it anew"))
        }
        Ok(_) => None,
    })
}

/// Finds what a subagent that begins is to be registered as; the message says why it has no name. `None` for one
/// that the policy does not know.
pub(super) fn begins(
    world: &World,
    context: &mut Context,
    place: &Place,
    (origin, agent_type): (&Origin, &str),
) -> Result<Option<Result<AgentSession, String>>, CommandError> {
    let policy = context.session.policy()?;
    let Some(known) = policy.agents.get(agent_type) else { return Ok(None) };
    if is_person(context, &known.user)? {
        return Ok(Some(Err(of_person(&known.user))));
    }
    let main = main(world, context, Some(place.runtime), origin)?;
    let parent = match main.whose {
        Whose::Of(signed) => Some(signed.user),
        Whose::Unsigned => None,
        Whose::Nobodys(why) => return Ok(Some(Err(why))),
    };
    if main.is_run {
        let who = parent.map_or_else(|| "the agent".to_owned(), |user| format!("`{user}`"));
        let why =
            format!("`agent run` started {who} alone for its task; what it starts reads, and acts as nobody");
        return Ok(Some(Err(why)));
    }
    if !known.may_begin_under(parent.as_ref()) {
        let names = known.started_by.iter().map(|user| format!("`{user}`")).collect::<Vec<_>>().join(", ");
        let who = parent.map_or_else(|| "nobody".to_owned(), |user| format!("`{user}`"));
        let why = format!("{who} has the main thread here, and `{agent_type}` is started by {names}");
        return Ok(Some(Err(why)));
    }
    let definition = match definition::started(context, &place.reading()?, agent_type)? {
        Err(Doubt { why, .. }) => return Ok(Some(Err(why))),
        Ok(definition) => definition,
    };
    let ids = (origin.session.as_str(), origin.agent.as_deref().unwrap_or_default());
    let (runtime, user) = (place.runtime.name(), known.user.clone());
    Ok(Some(Ok(AgentSession::hooked(ids, runtime, agent_type, user, definition, parent))))
}
