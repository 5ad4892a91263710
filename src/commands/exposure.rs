//! What `doctor` says of identity: who proves nothing, which secrets lie open, whether hooks still work.

use std::fs;
use std::rc::Rc;

use super::{CommandError, Context, Source, alert, compared, definition, hooks, stalled};
use crate::disk::read_file;
use crate::domain::document::Kind;
use crate::domain::hook::Runtime;
use crate::domain::identity::{
    Actor, Call, Caller, Claim, CredentialKind, PresentedTicket, Proof, Ticket, TicketId, Token, argv_digest,
};
use crate::domain::size;
use crate::store::Credentials;

/// Longer files are not looked through for secrets, in bytes.
const FILE_MAX: u64 = 1 << 20;

/// How many files and folders are looked through for secrets, and how many bytes.
const ENTRIES_MAX: usize = 10_000;
const BYTES_MAX: u64 = 64 << 20;

/// The variables by which a proof is handed on to what is started from here, with the token where it is one.
pub type HandedOn = Vec<(&'static str, Option<Token>)>;

/// What was found.
#[derive(Debug, Default)]
pub struct Exposure {
    /// What has to be mended: a stable name and a sentence.
    pub findings: Vec<(&'static str, String)>,
    /// What should be known.
    pub notes: Vec<String>,
}

/// Looks at the project.
pub fn look(context: &mut Context, actor: &Actor, handed_on: HandedOn) -> Result<Exposure, CommandError> {
    let mut found = Exposure::default();
    unproved(context, actor, &mut found)?;
    exported(context, actor, handed_on, &mut found)?;
    compared::look(context, actor, &mut found)?;
    found.notes.extend(stalled::sentences(context, actor)?);
    found.notes.extend(alert::sentences(context, actor).into_iter().map(|warning| warning.message));
    lying_about(context, &mut found)?;
    let root = context.site.root().to_owned();
    let mut hooked = Vec::new();
    for runtime in Runtime::ALL {
        let signing = hooks::signing(&root, &context.runtimes, runtime);
        hooked.extend(signing.is_installed().then_some(runtime));
        found.findings.extend(signing.faults().into_iter().map(|fault| ("hooks", fault)));
    }
    found.findings.extend(definition::faults(context)?.into_iter().map(|fault| ("definition", fault)));
    unbound(context, actor, &hooked, &mut found)?;
    if !hooked.is_empty()
        && let Some(fault) = canary(context)?
    {
        found.findings.push(("hooks", fault));
    }
    found.notes.push(
        "isolation: none; any process of this system user can read the project key: see docs/security.md"
            .to_owned(),
    );
    Ok(found)
}

/// Who is believed because the name was said, first of all.
fn unproved(context: &mut Context, actor: &Actor, found: &mut Exposure) -> Result<(), CommandError> {
    let store = context.session.read(actor);
    let (credentials, users) = (store.credentials(Credentials::All)?, store.users()?);
    let present = || users.iter().filter(|user| user.removed_at.is_none());
    let (policy, mut acting, mut reading) = (context.session.policy()?, Vec::new(), Vec::new());
    for user in present() {
        // The registry is asked, as it is by whoever comes with this name and nothing else.
        let Ok(claimed) = context.session.verify(&Claim::of(user.name.as_str()), None) else { continue };
        if policy.lets_act(&claimed) { acting.push(&user.name) } else { reading.push(&user.name) }
    }
    for (names, what) in [(&acting, "act"), (&reading, "read")] {
        let Some(first) = names.first() else { continue };
        let listed = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        let rest = if what == "read" { ", and nobody can act as them" } else { "" };
        found.notes.push(format!(
            "anybody can {what} as {listed}{rest}: they were never given a credential; this gives one: {}",
            alert::issuing(context, actor, first)
        ));
    }
    for user in present().filter(|user| user.kind == Kind::Human) {
        let mut own = credentials.iter().filter(|one| one.user == user.name && one.revoked_at.is_none());
        if own.any(|one| one.kind == CredentialKind::Standing) {
            found.notes.push(format!(
                "{} is a person with a bearer token: whoever has the file is believed; qms --token-file FILE key \
                 create",
                user.name
            ));
        }
    }
    Ok(())
}

/// Proofs of people that are exported: they are handed on to every program that is started from there.
fn exported(
    context: &mut Context,
    actor: &Actor,
    handed_on: HandedOn,
    found: &mut Exposure,
) -> Result<(), CommandError> {
    let mut tokens = Vec::new();
    if context.source == Source::Descriptor {
        tokens.extend(actor.credential().map(|own| (Source::Descriptor.as_str(), own.user.clone())));
    }
    for (variable, token) in handed_on {
        match token {
            Some(token) => tokens.extend(context.holder_of(&token).map(|user| (variable, user))),
            None => found.notes.push(format!(
                "the passphrase of a person is exported as {variable}: every program that is started from this shell \
                 can sign with it; name it with --passphrase-file instead"
            )),
        }
    }
    for (variable, user) in tokens {
        if context.session.kind_of(&user)? == Some(Kind::Human) {
            found.notes.push(format!(
                "the token of {user}, a person, is exported as {variable}: every program that is started from this \
                 shell has it; name it with --token-file instead"
            ));
        }
    }
    Ok(())
}

/// Users of agents whose runtime is hooked, and who are believed where the hook did not see the call.
fn unbound(
    context: &mut Context,
    actor: &Actor,
    hooked: &[Runtime],
    found: &mut Exposure,
) -> Result<(), CommandError> {
    let policy = context.session.policy()?;
    let users = context.session.read(actor).users()?;
    for runtime in hooked {
        let given = policy.users_of(*runtime);
        let unbound = users
            .iter()
            .filter(|user| user.removed_at.is_none() && !user.is_bound && given.contains(&user.name));
        let names = unbound.map(|user| user.name.as_str()).collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            let name = runtime.name();
            found.notes.push(format!(
                "the hook of {name} is installed and does not bind {names}: in profile `light` a call that it did not \
                 see is believed; qms hooks install {name} binds them"
            ));
        }
    }
    Ok(())
}

/// Live tokens, and the key of the project, in files of the project, where every agent that works there can read them.
fn lying_about(context: &mut Context, found: &mut Exposure) -> Result<(), CommandError> {
    let root = context.site.root().to_owned();
    let (mut open, mut entries, mut bytes_read) = (vec![root.clone()], 0, 0);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
            entries += 1;
            if kind.is_dir() && entry.file_name() != ".git" {
                open.push(path);
            } else if kind.is_file() && entry.metadata().is_ok_and(|about| about.len() <= FILE_MAX) {
                let Ok(bytes) = read_file(&path, FILE_MAX) else { continue };
                bytes_read += bytes.len() as u64;
                let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
                if let Some(secret) = context.session.secret_in(&bytes)? {
                    let message = format!(
                        "`{shown}` holds {secret}, and every agent in the project can read it; move it away"
                    );
                    found.findings.push(("exposed_token", message));
                }
            }
            if entries > ENTRIES_MAX || bytes_read > BYTES_MAX {
                let message = format!(
                    "not every file was looked through for secrets: a project with more than {ENTRIES_MAX} files and \
                     folders, or {} in them, is looked through in part; so are files of more than {}",
                    size::shown(BYTES_MAX),
                    size::shown(FILE_MAX)
                );
                found.notes.push(message);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Mints a ticket as the hook does and presents it as an agent would.
fn canary(context: &mut Context) -> Result<Option<String>, CommandError> {
    let policy = context.session.policy()?;
    let Some(user) = policy.runtimes.values().next().cloned() else {
        let fault = "hooks are installed, and `runtimes` of the policy does not say whose calls they sign";
        return Ok(Some(fault.to_owned()));
    };
    let mut random = [0; 16];
    context.fill(&mut random)?;
    let argv = argv_digest([b"whoami".as_slice()]);
    let project = context.session.project()?.id;
    let call = Call { project: &project, argv, cwd: "/", inputs: None };
    let (_, text) = context.session.mint(|_, now| {
        let caller = Caller { session: "canary", ..Caller::default() };
        Ticket::new(TicketId::from_bytes(random), caller, &user, call, now)
    })?;
    let presented = PresentedTicket::parse(&text, argv, "/".to_owned())?;
    let claim = Claim { proof: Some(Proof::Ticket(Rc::new(presented))), ..Claim::of(user.as_str()) };
    Ok(context
        .session
        .verify(&claim, None)
        .err()
        .map(|error| format!("a ticket of the hook is not believed: {error}")))
}
