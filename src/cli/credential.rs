//! What a caller presents. No credential is chosen by the name that is claimed, but for one: a sealed
//! key, because finding it opens nothing.

use std::fs;
use std::io::{self, BufRead as _, Read as _};
use std::path::Path;
use std::rc::Rc;

use super::grammar::Global;
use super::prompt;
use super::signer::{KeySigner, Passphrase};
use super::world::World;
use crate::commands::sign::Signer;
use crate::commands::{CommandError, Context, Source, hooks};
use crate::disk::{DiskError, descriptor, read_secret};
use crate::domain::encoding;
use crate::domain::hook::Runtime;
use crate::domain::id::UserName;
use crate::domain::identity::{
    Ancestry, Claim, CredentialKind, Found, PresentedTicket, Proof, SealedKey, Token,
    argv_digest_around_ticket,
};

/// Longest token that is read from a stream, in bytes.
const TOKEN_MAX: u64 = 4096;

/// The variable that names a file with a passphrase.
const PASSPHRASE_VARIABLE: &str = "QMS_PASSPHRASE_FILE";

/// Finds out who is calling, and what is presented for it: the first hit wins.
pub fn present(
    world: &mut World,
    global: &Global,
    context: &mut Context,
) -> Result<(Claim, Source), CommandError> {
    let user = global.user.clone().or_else(|| world.set_variable("QMS_USER"));
    if let Some(name) = &user {
        is_no_token(name)?;
    }
    if let Some(text) = &global.ticket {
        let proof = Some(Proof::Ticket(Rc::new(ticket(world, text)?)));
        // A ticket within the bounds of an agent's token is for that agent's processes alone.
        return Ok((
            Claim { user, proof, ancestry: Ancestry(world.ancestry), found: Found::Named },
            Source::Ticket,
        ));
    }
    if let Some((text, source)) = token(world, global)? {
        let token = Rc::new(Token::parse(&text)?);
        let found = found(world, context, source == Source::TokenFile, Some(&token))?;
        let proof = Some(Proof::Token(token));
        return Ok((Claim { user, proof, found, ancestry: Ancestry(world.ancestry) }, source));
    }
    if passphrase_file(world, global).is_none()
        && let Some((token, holder)) = unlocked(world, context, user.as_deref())?
    {
        // What it is not good for is signed.
        context.signer = signer(world, global, context, holder.as_str())?;
        let token = Rc::new(token);
        let found = found(world, context, false, Some(&token))?;
        let proof = Some(Proof::Token(token));
        return Ok((Claim { user, proof, found, ..Claim::default() }, Source::Unlock));
    }
    let Some(name) = user else {
        return Err(CommandError::Usage("who is calling? pass --user or set QMS_USER".to_owned()));
    };
    context.signer = signer(world, global, context, &name)?;
    let source = if context.signer.is_some() { Source::Key } else { Source::None };
    let found = found(world, context, is_line_or_typed(world, global), None)?;
    Ok((Claim { found, ..Claim::of(name) }, source))
}

/// Tells whether anything is presented that can be wrong: by the line itself, or as a token. A name in the environment
/// may be that of who lost the passphrase.
pub fn is_presented(world: &World, global: &Global) -> bool {
    let by_line = global.user.is_some() || global.ticket.is_some() || global.passphrase_file.is_some();
    let tokens = ["QMS_TOKEN_FILE", "QMS_TOKEN_FD", "QMS_TOKEN"];
    by_line || global.token_file.is_some() || tokens.iter().any(|name| world.set_variable(name).is_some())
}

/// Finds the code of somebody who has nothing else yet: in a file that the command names, or typed. What stands in
/// the environment is read by whatever runs there.
pub fn present_code(world: &mut World, global: &Global) -> Result<(Claim, Source), CommandError> {
    let found = match &global.token_file {
        Some(path) => Some((token_file(world, path)?, Source::TokenFile)),
        None if may_ask(world, global) => prompt::secret(world, "Code").map(|text| (text, Source::Terminal)),
        None => None,
    };
    let (text, source) = found.ok_or_else(|| {
        CommandError::Usage(
            "a code from an administrator is needed: name its file with `--token-file`".to_owned(),
        )
    })?;
    let user = global.user.clone().or_else(|| world.set_variable("QMS_USER"));
    let proof = Some(Proof::Token(Rc::new(Token::parse(&text)?)));
    Ok((Claim { user, proof, ancestry: Ancestry(world.ancestry), ..Claim::default() }, source))
}

/// Tells where a proof was found: named by the line, or in an environment, and whose that is. Every proof comes by here,
/// whatever it is. Where a runtime of agents has its hook in the project, that signs each call which may count.
fn found(
    world: &World,
    context: &mut Context,
    is_named: bool,
    token: Option<&Token>,
) -> Result<Found, CommandError> {
    if is_named || !world.is_of_agent() {
        return Ok(Found::Named);
    }
    // Keys are of people, and a person's proof in the environment of an agent never counts.
    let Some(token) = token else { return Ok(Found::Shared) };
    let kept = context.session.credential(token.id())?;
    let is_of_run = kept.is_some_and(|kept| kept.kind == CredentialKind::Spawn);
    // What the token of a run is good for is bound to its process and its task in any case.
    let root = context.site.root();
    let demands = |runtime: &Runtime| {
        (!is_of_run || runtime.signs_in_runs())
            && hooks::signing(root, &context.runtimes, *runtime).demands_tickets()
    };
    Ok(if world.runtimes().iter().any(demands) { Found::Unsigned } else { Found::Shared })
}

/// Reads a ticket, and what it is held against: the words as they are, and the folder.
fn ticket(world: &World, text: &str) -> Result<PresentedTicket, CommandError> {
    let words: Vec<&[u8]> = world.arguments.iter().skip(1).map(|word| word.as_encoded_bytes()).collect();
    let argv = argv_digest_around_ticket(&words);
    let cwd = fs::canonicalize(&world.directory).unwrap_or_else(|_| world.directory.clone());
    Ok(PresentedTicket::parse(text, argv, cwd.display().to_string())?)
}

/// Reads a token from where the caller says that it is.
fn token(world: &mut World, global: &Global) -> Result<Option<(String, Source)>, CommandError> {
    if let Some(path) = &global.token_file {
        return Ok(Some((token_file(world, path)?, Source::TokenFile)));
    }
    exported(world)
}

/// Reads the token that the environment holds.
pub fn exported(world: &World) -> Result<Option<(String, Source)>, CommandError> {
    if let Some(path) = world.path_variable("QMS_TOKEN_FILE") {
        return Ok(Some((secret_in(world, &path)?, Source::VariableFile)));
    }
    if let Some(number) = world.set_variable("QMS_TOKEN_FD") {
        return Ok(Some((inherited(world, &number)?, Source::Descriptor)));
    }
    Ok(world.set_variable("QMS_TOKEN").map(|text| (text, Source::Variable)))
}

/// Reads a token from a descriptor that the program was started with: one of its own would be the store, or its
/// own output.
fn inherited(world: &World, number: &str) -> Result<String, CommandError> {
    let number: u32 = number
        .parse()
        .map_err(|_| CommandError::Usage("`QMS_TOKEN_FD` is not the number of a descriptor".to_owned()))?;
    if number <= 2 {
        let message = "`QMS_TOKEN_FD` is one of the standard streams; `--token-file -` reads standard input";
        return Err(CommandError::Usage(message.to_owned()));
    }
    let path = descriptor::path(number);
    let read = if world.inherited.contains(&number) {
        descriptor::read(number, TOKEN_MAX, world.pause)
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, "it was not open when the program was started"))
    };
    let bytes = read.map_err(|source| DiskError::Io { action: "read", path: path.clone(), source })?;
    token_in(&bytes, &path.display().to_string())
}

/// Reads a token from the file that the command names.
pub fn token_file(world: &mut World, path: &Path) -> Result<String, CommandError> {
    if path != Path::new("-") {
        return secret_in(world, path);
    }
    // One line: what follows may be a comment.
    let mut line = Vec::new();
    let read = (&mut world.stdin).take(TOKEN_MAX).read_until(b'\n', &mut line);
    read.map_err(|source| DiskError::Io { action: "read", path: path.to_owned(), source })?;
    token_in(&line, "standard input")
}

fn token_in(bytes: &[u8], from: &str) -> Result<String, CommandError> {
    let text = encoding::text(bytes).map_err(|why| CommandError::Usage(format!("`{from}` {why}")))?;
    Ok(encoding::plain(text).into_owned())
}

/// Refuses a token where something else belongs: it would be repeated, and recorded.
pub fn is_no_token(text: &str) -> Result<(), CommandError> {
    holds_no_token(text.as_bytes())
}

/// As [`is_no_token`], of bytes of any kind.
pub fn holds_no_token(bytes: &[u8]) -> Result<(), CommandError> {
    Token::find(bytes).map_or(Ok(()), |(_, token)| {
        let id = token.id();
        let message = format!(
            "the secret of token {id} stands where it is seen by others and recorded: revoke it, and name a \
             file with `--token-file`"
        );
        Err(CommandError::Usage(message))
    })
}

/// Reads a secret from a file that was named. What others could have read is no proof.
fn secret_in(world: &World, path: &Path) -> Result<String, CommandError> {
    is_no_token(&path.to_string_lossy())?;
    read_secret(&world.directory.join(path)).map_err(presented)
}

fn presented(error: DiskError) -> CommandError {
    match error {
        exposed @ DiskError::Exposed { .. } => CommandError::Presented(exposed),
        other => other.into(),
    }
}

/// What `unlock` left at this terminal, where it is of nobody else than who was named.
fn unlocked(
    world: &World,
    context: &mut Context,
    user: Option<&str>,
) -> Result<Option<(Token, UserName)>, CommandError> {
    let (Some(terminal), Some(keyring)) = (&world.terminal, &context.keyring) else { return Ok(None) };
    let Some(text) = keyring.read_unlock(terminal)? else { return Ok(None) };
    let Ok(token) = Token::parse(&text) else { return Ok(None) };
    let holder = context.holder_of(&token).filter(|holder| user.is_none_or(|user| user == holder.as_str()));
    Ok(holder.map(|holder| (token, holder)))
}

/// Finds the sealed key of a user, where there is one and its passphrase is to be had. It stays sealed until
/// something is to be signed.
pub fn signer(
    world: &mut World,
    global: &Global,
    context: &mut Context,
    user: &str,
) -> Result<Option<Rc<dyn Signer>>, CommandError> {
    let (Ok(name), Some(keyring)) = (UserName::parse(user), &context.keyring) else { return Ok(None) };
    // A key that was registered by somebody who died before it was in its place.
    let session = &mut context.session;
    keyring.settle_left(&name, |id| {
        let kept = session.credential(id).ok().flatten();
        kept.is_some_and(|kept| kept.user == name && kept.revoked_at.is_none())
    });
    let Some(text) = keyring.read_key(&name).map_err(presented)? else {
        return match passphrase_file(world, global) {
            // What was meant as a proof does not become a mere claim.
            Some(_) => {
                let path = keyring.key_path(&name).display().to_string();
                Err(CommandError::Usage(format!("there is no sealed key of `{name}`: `{path}` is missing")))
            }
            None => Ok(None),
        };
    };
    let sealed = SealedKey::parse(&text)?;
    let passphrase = match passphrase_file(world, global) {
        Some(path) => Passphrase::Known(read_passphrase(world, &path)?),
        None if may_ask(world, global) => Passphrase::Asked,
        None => return Ok(None),
    };
    Ok(Some(Rc::new(KeySigner::new(sealed, context.site.id(), name, passphrase))))
}

/// Gets a new passphrase, from a person twice.
pub fn new_passphrase(
    world: &mut World,
    global: &Global,
    file: Option<&Path>,
    user: &str,
) -> Result<String, CommandError> {
    if let Some(path) = file {
        return read_passphrase(world, path);
    }
    if !may_ask(world, global) {
        let message = "nobody can be asked for a passphrase here: name a file with it";
        return Err(CommandError::Usage(message.to_owned()));
    }
    let first = prompt::secret(world, &format!("New passphrase of {user}"));
    let again = prompt::secret(world, "Once more");
    first
        .filter(|first| Some(first) == again.as_ref())
        .ok_or_else(|| CommandError::Usage("the passphrase was not typed twice alike".to_owned()))
}

/// Returns the file with the passphrase, if one was named.
pub fn passphrase_file(world: &World, global: &Global) -> Option<std::path::PathBuf> {
    global.passphrase_file.clone().or_else(|| world.path_variable(PASSPHRASE_VARIABLE))
}

/// Tells whether a passphrase comes by the line, or is typed, and not by the environment.
fn is_line_or_typed(world: &World, global: &Global) -> bool {
    global.passphrase_file.is_some() || world.set_variable(PASSPHRASE_VARIABLE).is_none()
}

/// Lists by which variables a proof is handed to every program that is started from here, with the token where it is
/// one. A descriptor is read once, and what it gave is known already.
pub fn handed_on(world: &World, used: Source) -> Vec<(&'static str, Option<Token>)> {
    let token = |text: Option<String>| text.and_then(|text| Token::parse(&text).ok());
    let by_file = world.path_variable("QMS_TOKEN_FILE");
    let by_file = token(by_file.and_then(|path| secret_in(world, &path).ok()));
    // What was read from a descriptor is not there any more.
    let number = world.set_variable("QMS_TOKEN_FD").filter(|_| used != Source::Descriptor);
    let by_descriptor = token(number.and_then(|number| inherited(world, &number).ok()));
    let tokens = [
        ("QMS_TOKEN_FILE", by_file),
        (Source::Descriptor.as_str(), by_descriptor),
        ("QMS_TOKEN", token(world.set_variable("QMS_TOKEN"))),
    ];
    let tokens = tokens.into_iter().filter(|(_, token)| token.is_some());
    let passphrase = world.set_variable(PASSPHRASE_VARIABLE).map(|_| (PASSPHRASE_VARIABLE, None));
    tokens.chain(passphrase).collect()
}

fn read_passphrase(world: &World, path: &Path) -> Result<String, CommandError> {
    let text = secret_in(world, path)?;
    Ok(text
        .strip_suffix('\n')
        .map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text))
        .to_owned())
}

/// Tells whether a person is there who can be asked for a passphrase.
pub fn may_ask(world: &World, global: &Global) -> bool {
    !global.no_interactive && !world.says("QMS_NO_INTERACTIVE") && world.is_attended()
}
