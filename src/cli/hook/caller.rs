//! Whose call it is: a registered agent's, that of the credential which was given to the main thread, or the one
//! that the policy gives to the runtime.

use std::path::Path;
use std::rc::Rc;

use crate::cli::credential;
use crate::cli::world::World;
use crate::commands::{CommandError, Context, definition};
use crate::domain::document::Kind;
use crate::domain::hook::{Runtime, ToolCall};
use crate::domain::id::{CredentialId, UserName};
use crate::domain::identity::{AgentSession, Ancestry, Claim, NotVerified, Origin, Proof, Token};
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

/// Finds whose call it is. What the environment or the descent of the main thread holds was given to it, and
/// beats what the policy says of the runtime.
pub(super) fn whose(
    world: &mut World,
    context: &mut Context,
    runtime: Runtime,
    call: &ToolCall,
    token_file: Option<&Path>,
) -> Result<Whose, CommandError> {
    let origin = Origin { session: call.session.clone(), agent: call.agent.clone() };
    let found = match &call.agent {
        None => main(world, context, Some(runtime), &origin)?,
        Some(agent) => {
            let id = AgentSession::id_of(&call.session, agent);
            match context.session.agent_at_work(&id)? {
                Some(known) => Whose::Of(Signed { user: known.user, credential: None, reads: false }),
                None => match unregistered(context, runtime, call, &id)? {
                    Some(why) => Whose::Nobodys(why),
                    None => match main(world, context, Some(runtime), &origin)? {
                        Whose::Of(signed) => Whose::Of(Signed { reads: true, ..signed }),
                        Whose::Unsigned => Whose::Nobodys(
                            "this agent is no user of the project, and `runtimes` of the policy names none that \
                             it could read as"
                                .to_owned(),
                        ),
                        nobodys @ Whose::Nobodys(_) => nobodys,
                    },
                },
            }
        }
    };
    match (found, token_file) {
        (Whose::Of(signed), Some(path)) => presented(world, context, Some(signed), path, &origin),
        (Whose::Unsigned, Some(path)) => presented(world, context, None, path, &origin),
        (found, _) => Ok(found),
    }
}

/// Finds whom the main thread acts as. Where the runtime is not known, the policy has to name one user for all.
pub(super) fn main(
    world: &World,
    context: &mut Context,
    runtime: Option<Runtime>,
    origin: &Origin,
) -> Result<Whose, CommandError> {
    if let Some((text, _)) = credential::exported(world)? {
        let token = Rc::new(Token::parse(&text)?);
        // A person's token was exported for the person, whatever else runs there.
        if !is_person(context, &token)? {
            return verified(world, context, (None, NOT_YOURS), token, origin);
        }
    }
    let descent = (world.ancestry)();
    if let Some((run, token)) = context.session.launched(&descent)? {
        return Ok(Whose::Of(Signed { user: run.user, credential: Some(token), reads: false }));
    }
    let policy = context.session.policy()?;
    let of_runtime = if let Some(runtime) = runtime {
        policy.runtimes.get(runtime.name())
    } else {
        let mut users = policy.runtimes.values();
        let first = users.next();
        first.filter(|first| users.all(|user| user == *first))
    };
    let signed = |user: &UserName| Signed { user: user.clone(), credential: None, reads: false };
    Ok(of_runtime.map_or(Whose::Unsigned, |user| Whose::Of(signed(user))))
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
        exported: false,
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

fn is_person(context: &mut Context, token: &Token) -> Result<bool, CommandError> {
    let holder = context.session.holder(token.id())?;
    let kind = holder.map(|holder| context.session.kind_of(&holder)).transpose()?.flatten();
    Ok(kind == Some(Kind::Human))
}

/// Says why an agent that the policy knows has no name here; `None` for one that it does not know, which is no
/// user.
fn unregistered(
    context: &mut Context,
    runtime: Runtime,
    call: &ToolCall,
    id: &str,
) -> Result<Option<String>, CommandError> {
    if context.session.agents(Sessions::Of(&call.session))?.iter().any(|it| it.id == id && !it.is_open()) {
        return Ok(Some("the session of this agent has ended: start it anew".to_owned()));
    }
    let policy = context.session.policy()?;
    let Some(agent) = call.agent_type.as_ref().filter(|name| policy.agents.contains_key(*name)) else {
        return Ok(None);
    };
    Ok(Some(match definition::started(context, runtime, agent, Path::new(&call.cwd))? {
        Err(why) => format!(
            "this agent is not registered: {why}; put that right, or let an administrator adopt what is there, and \
             start the agent anew"
        ),
        Ok(_) => "this agent is not registered: the hook did not see it start; start it anew".to_owned(),
    }))
}
