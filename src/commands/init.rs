//! `init`: makes a project.

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Serialize;

use super::carried::Carried;
use super::sign::{Shown, Signer};
use super::spell;
use super::{CommandError, Context, Reply, Source, Warning};
use crate::disk::{DiskError, Founding, Journal, KeyPlace, Keyring, Site, write_file};
use crate::domain::audit::ProjectKey;
use crate::domain::digest::Digest;
use crate::domain::document::{Kind, User};
use crate::domain::hook::words;
use crate::domain::id::{CredentialId, GroupName, UserName};
use crate::domain::identity::{
    Claim, Credential, CredentialKind, KEY_BYTES, KeyOrigin, OpenKey, Proof, SealedKey, TOKEN_BYTES, Token,
};
use crate::domain::policy::{Candidate, Policy, Profile};
use crate::domain::visible::{one_line, place};
use crate::embedded;
use crate::session::{self, Installed, Session, SessionError};
use crate::store::{ListQuery, Sqlite};

/// What making a project needs from outside.
pub struct Outside<'a> {
    /// Where keys are kept.
    pub keys: KeyPlace,
    /// The home folder, which never becomes a project.
    pub home: Option<PathBuf>,
    /// Fills a buffer with random bytes from the system; false where there are none.
    pub random: fn(&mut [u8]) -> bool,
    /// How surely callers must be known.
    pub profile: Profile,
    /// The passphrase of whoever makes the project; without one a token is made, for trials.
    pub passphrase: Option<String>,
    /// The digest of the program.
    pub origin: Digest,
    /// What the session needs.
    pub session: &'a dyn Fn() -> session::Outside,
    /// Distinguishes this process from others that are alive.
    pub process: u32,
}

/// A project that was made.
#[derive(Debug, Serialize)]
pub struct InitReport {
    project: String,
    root: PathBuf,
    profile: Profile,
    key_file: PathBuf,
    /// Where the first administrator's sealed key or token lies.
    credential_file: Option<PathBuf>,
    users: Vec<User>,
    documents: Vec<String>,
    #[serde(skip)]
    next: String,
    #[serde(skip)]
    enrolled: Option<(UserName, CredentialKind)>,
}

impl fmt::Display for InitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "✓ project made in {}, profile {}", place(&self.root), self.profile)?;
        writeln!(f, "  key:       {} (keep a copy; it is nowhere else)", place(&self.key_file))?;
        if let (Some((user, kind)), Some(file)) = (&self.enrolled, &self.credential_file) {
            let what = if *kind == CredentialKind::Key { "sealed key" } else { "token for trials" };
            writeln!(f, "  enrolled:  {user}, with a {what} in {}", place(file))?;
        }
        let users = self
            .users
            .iter()
            .map(|user| format!("{} ({})", user.name, user.group))
            .collect::<Vec<_>>()
            .join(", ");
        writeln!(f, "  users:     {users}")?;
        writeln!(
            f,
            "  git:       leaves out `.qms` (the store and working copies), and changes no end of a line in `QMS`"
        )?;
        writeln!(f, "  in force:  {}", self.documents.join(", "))?;
        write!(f, "\nNext: {}", one_line(&self.next))
    }
}

/// The first administrator, and what that person presents from now on.
struct Founder {
    user: UserName,
    credential: Credential,
    token: Option<Proof>,
    signer: Option<Rc<dyn Signer>>,
    file: PathBuf,
}

/// Makes a project in `folder`.
pub fn run(folder: &Path, outside: &Outside<'_>) -> Result<Reply, CommandError> {
    let (mut id_bytes, mut secret) = ([0; 16], [0; 32]);
    fill(outside, &mut id_bytes)?;
    fill(outside, &mut secret)?;
    let founding = Founding::begin(folder, outside.home.as_deref(), &id_bytes, outside.process)?;
    let site = founding.site().clone();
    let key_file = site.write_key(&outside.keys, &secret)?;
    let keyring = Keyring::of(&site, &outside.keys);
    let made = found(&site, &founding, keyring.as_ref(), &secret, outside)
        .and_then(|founder| Ok(founding.end().map(|()| founder)?));
    // Until the project was in its place nobody but this process knew what it presents.
    let founder = made.inspect_err(|_| {
        Site::take_back_key(&key_file, &secret);
        keyring.iter().for_each(Keyring::unmake);
    })?;
    made_known(site, key_file, founder, keyring, outside)
}

fn fill(outside: &Outside<'_>, buffer: &mut [u8]) -> Result<(), CommandError> {
    let is_filled = (outside.random)(buffer);
    is_filled.then_some(()).ok_or_else(|| CommandError::Failed("the system gives no random bytes".to_owned()))
}

/// Makes the store, which is closed again, and what the project begins with.
fn found(
    site: &Site,
    founding: &Founding,
    keyring: Option<&Keyring>,
    secret: &[u8; 32],
    outside: &Outside<'_>,
) -> Result<Option<Founder>, CommandError> {
    let store = Sqlite::create(&founding.staged().database())?;
    let policy = Candidate::new(embedded::policy(outside.profile), &embedded::procedures());
    let policy = policy.map_err(SessionError::PolicyFaults)?;
    if policy.policy.compares_keys() && outside.passphrase.is_none() {
        let message = format!(
            "under the profile {} only keys count: whoever makes the project has one, behind a passphrase; \
             leave --no-passphrase away",
            outside.profile
        );
        return Err(CommandError::Usage(message));
    }
    let sources = policy.sources.clone();
    let founder = founder(site, keyring, &policy.policy, outside)?;
    let genesis = session::Founding {
        id: site.id().to_owned(),
        policy,
        documents: embedded::SOPS
            .iter()
            .chain(embedded::TEMPLATES)
            .map(|(file, text)| Installed { file: (*file).to_owned(), text: (*text).to_owned() })
            .collect(),
        credentials: founder.iter().map(|founder| founder.credential.clone()).collect(),
        origin: outside.origin,
    };
    let key = ProjectKey::new(secret).ok_or(SessionError::NoKey)?;
    drop(Session::found(Box::new(store), key, (outside.session)(), genesis)?);
    // What comes with the program is left by an `init` that did not end, perhaps under another profile.
    let embedded: Vec<_> = Profile::ALL.iter().flat_map(|profile| embedded::policy(*profile).0).collect();
    for (name, text) in &sources.0 {
        let is_embedded =
            |bytes: &[u8]| embedded.iter().any(|(of, text)| of == name && text.as_bytes() == bytes);
        site.write_candidate(name, text, &is_embedded)?;
    }
    Ok(founder)
}

/// Tells of the project. What it begins with is published by whoever reads first, as after a process that died.
fn made_known(
    site: Site,
    key_file: PathBuf,
    founder: Option<Founder>,
    keyring: Option<Keyring>,
    outside: &Outside<'_>,
) -> Result<Reply, CommandError> {
    let key = site.read_key(&outside.keys)?;
    let store = Sqlite::open(&site.database())?;
    let mut context = Context {
        directory: site.root().to_owned(),
        site,
        session: Session::open(Box::new(store), Some(key), (outside.session)())?,
        claim: Claim::default(),
        signer: None,
        source: Source::None,
        about: None,
        tells_next: false,
        carried: Carried::default(),
        runtimes: Vec::new(),
        keyring,
        random: outside.random,
        process: outside.process,
    };
    let policy = context.session.policy()?;
    let first = policy.users.first().map(|user| user.name.to_string());
    (context.claim, context.signer) = match &founder {
        Some(founder) => {
            let user = Some(founder.user.to_string());
            (Claim { user, proof: founder.token.clone(), ..Claim::default() }, founder.signer.clone())
        }
        None => (Claim { user: first, ..Claim::default() }, None),
    };
    let actor = context.actor()?;
    let marked = Founding::mark_pages(&context.site);
    let users = context.session.read(&actor).users()?;
    let mut documents = Vec::new();
    context.session.read(&actor).documents(&ListQuery::default(), &mut |document| {
        documents.push(document.id.to_string());
        Ok(())
    })?;
    let author = users.iter().find(|user| policy.may_own(&user.group));
    let report = InitReport {
        project: context.site.id().to_owned(),
        root: context.site.root().to_owned(),
        profile: policy.profile,
        key_file,
        next: next(policy.profile, founder.as_ref(), author),
        enrolled: founder.as_ref().map(|founder| (founder.user.clone(), founder.credential.kind)),
        credential_file: founder.map(|founder| founder.file),
        users,
        documents,
    };
    let mut reply = Reply::new(report);
    if let Err(error) = marked {
        let message = format!("git may change ends of lines in published pages: {error}");
        reply.warnings.push(Warning { code: "not_published", message });
    }
    if !Journal::unfinished(&context.site).is_empty() {
        let message = "not everything is published yet: the next command publishes the rest, and `qms doctor` names what \
                       is in its way";
        reply.warnings.push(Warning { code: "not_published", message: message.to_owned() });
    }
    Ok(reply)
}

/// Enrols the first person of the policy who manages users: whoever makes the project.
fn founder(
    site: &Site,
    keyring: Option<&Keyring>,
    policy: &Policy,
    outside: &Outside<'_>,
) -> Result<Option<Founder>, CommandError> {
    let manages =
        |group: &GroupName| policy.managers().any(|one| policy.acts_as(group, std::slice::from_ref(one)));
    let mut people = policy.users.iter().filter(|user| user.kind == Kind::Human);
    let Some(user) = people.find(|user| manages(&user.group)) else { return Ok(None) };
    let keyring = keyring.ok_or(DiskError::NoHome)?;
    let now = ((outside.session)().clock)().clock;
    let name = user.name.clone();
    let (kind, id, verifier, token, signer, file) = if let Some(passphrase) = &outside.passphrase {
        let mut random = [0; KEY_BYTES];
        fill(outside, &mut random)?;
        let (sealed, open) = SealedKey::new(site.id(), &name, passphrase, &random)?;
        let file = keyring.stage_key(&name, open.id(), &sealed.text())?.settle()?;
        let (id, public) = (open.id().clone(), open.public());
        let signer: Rc<dyn Signer> = Rc::new(Opened { user: name.clone(), key: open });
        (CredentialKind::Key, id, public, None, Some(signer), file)
    } else {
        let mut random = [0; TOKEN_BYTES];
        fill(outside, &mut random)?;
        let token = Token::new(&random);
        let file = keyring.token_path(&name);
        write_file(&file, format!("{}\n", token.reveal()).as_bytes())?;
        let (id, verifier) = (token.id().clone(), token.verifier());
        (CredentialKind::Standing, id, verifier, Some(Proof::Token(Rc::new(token))), None, file)
    };
    let mut credential = Credential::new(id, name.clone(), kind, verifier, now);
    credential.origin = (kind == CredentialKind::Key).then_some(KeyOrigin::Founder);
    Ok(Some(Founder { user: name, credential, token, signer, file }))
}

/// The key that was just made, open.
struct Opened {
    user: UserName,
    key: OpenKey,
}

impl Signer for Opened {
    fn user(&self) -> &UserName {
        &self.user
    }

    fn key(&self) -> &CredentialId {
        self.key.id()
    }

    fn sign(&self, statement: &[u8], _shown: Option<&Shown>) -> Result<[u8; 64], CommandError> {
        Ok(self.key.sign(statement))
    }
}

/// The command to go on with: where everybody needs a credential, giving one.
fn next(profile: Profile, founder: Option<&Founder>, author: Option<&User>) -> String {
    let agent = author.map_or("<user>", |author| author.name.as_str());
    match founder {
        Some(Founder { user, credential, file, .. }) if profile != Profile::Light => {
            let presents = if credential.kind == CredentialKind::Key {
                format!("--user {user}")
            } else {
                format!("--token-file {}", words::offered(file))
            };
            let place = words::offered(file.with_file_name(format!("{agent}.token")));
            format!("qms {presents} token issue {agent} --out {place}")
        }
        _ => spell::line(agent, "create CR --title \"…\""),
    }
}
