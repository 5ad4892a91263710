//! `init`: makes a project.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{CommandError, Context, Reply, publish};
use crate::disk::{KeyPlace, Site};
use crate::domain::audit::ProjectKey;
use crate::domain::digest::Digest;
use crate::domain::document::User;
use crate::domain::id::UserName;
use crate::domain::identity::Claim;
use crate::embedded;
use crate::session::{Clock, Founding, Installed, Session, SessionError};
use crate::store::{ListQuery, Sqlite};

/// What making a project needs from outside.
pub struct Outside {
    /// Where keys are kept.
    pub keys: KeyPlace,
    /// The home folder, which never becomes a project.
    pub home: Option<PathBuf>,
    /// 16 bytes for the id of the project and 32 for its key, fresh from the system.
    pub random: [u8; 48],
    /// The digest of the program.
    pub origin: Digest,
    /// The clock.
    pub clock: Clock,
    /// Distinguishes this process from others that are alive.
    pub process: u32,
}

/// A project that was made.
#[derive(Debug, Serialize)]
pub struct InitReport {
    project: String,
    root: PathBuf,
    key_file: PathBuf,
    users: Vec<User>,
    documents: Vec<String>,
    #[serde(skip)]
    author: Option<UserName>,
}

impl fmt::Display for InitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "✓ project made in {}", self.root.display())?;
        writeln!(f, "  key:       {} (keep a copy; it is nowhere else)", self.key_file.display())?;
        let users = self
            .users
            .iter()
            .map(|user| format!("{} ({})", user.name, user.group))
            .collect::<Vec<_>>()
            .join(", ");
        writeln!(f, "  users:     {users}")?;
        writeln!(f, "  in force:  {}", self.documents.join(", "))?;
        let author = self.author.as_ref().map_or("<user>", UserName::as_str);
        write!(f, "\nNext: qms --user {author} create CR --title \"…\"")
    }
}

/// Makes a project in `folder`.
pub fn run(folder: &Path, outside: Outside) -> Result<Reply, CommandError> {
    let (id_bytes, secret) = outside.random.split_at(16);
    let (Ok(id_bytes), Ok(secret)) = (<&[u8; 16]>::try_from(id_bytes), <&[u8; 32]>::try_from(secret)) else {
        return Err(CommandError::Usage("48 random bytes are needed".to_owned()));
    };
    let site = Site::choose(folder, outside.home.as_deref(), id_bytes)?;
    let key = ProjectKey::new(secret).ok_or(SessionError::NoKey)?;
    // Only who made the folder may take it away again.
    site.make_private()?;
    let key_file = site.write_key(&outside.keys, secret).inspect_err(|_| site.unmake(None))?;
    let made = found(site.clone(), key, key_file.clone(), outside);
    if made.is_err() {
        site.unmake(Some(&key_file));
    }
    Ok(Reply::new(made?))
}

fn found(
    site: Site,
    key: ProjectKey,
    key_file: PathBuf,
    outside: Outside,
) -> Result<InitReport, CommandError> {
    let store = Sqlite::create(&site.database())?;
    let founding = Founding {
        id: site.id().to_owned(),
        policy: embedded::policy(),
        documents: embedded::SOPS
            .iter()
            .chain(embedded::TEMPLATES)
            .map(|(file, text)| Installed { file: (*file).to_owned(), text: (*text).to_owned() })
            .collect(),
        origin: outside.origin,
    };
    let session = Session::found(Box::new(store), key, outside.clock, founding)?;
    for (name, text) in embedded::WORKFLOWS {
        site.write_candidate(name, text)?;
    }
    let mut context =
        Context { site, session, claim: Claim { user: String::new() }, process: outside.process };
    let (users, documents) = publish_everything(&mut context)?;
    let policy = context.session.policy()?;
    let author = users.iter().find(|user| policy.may_own(&user.group)).map(|user| user.name.clone());
    // Only now can the project be found: whatever failed before left nothing half-made to be used.
    context.site.write_config()?;
    Ok(InitReport {
        project: context.site.id().to_owned(),
        root: context.site.root().to_owned(),
        key_file,
        users,
        documents,
        author,
    })
}

/// Publishes what the project begins with, in the name of its first user.
fn publish_everything(context: &mut Context) -> Result<(Vec<User>, Vec<String>), CommandError> {
    let policy = context.session.policy()?;
    let first =
        policy.users.first().ok_or_else(|| CommandError::Usage("the policy names no user".to_owned()))?;
    context.claim = Claim { user: first.name.to_string() };
    let actor = context.actor()?;
    let mut ids = Vec::new();
    context.session.read(&actor).documents(&ListQuery::default(), &mut |document| {
        ids.push(document.id);
        Ok(())
    })?;
    for id in &ids {
        publish::publish(context, &actor, id)?;
    }
    let users = context.session.read(&actor).users()?;
    Ok((users, ids.iter().map(ToString::to_string).collect()))
}
