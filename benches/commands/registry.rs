//! Registries of any size, as if agents had been started for ordinary work.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use qms::domain::audit::{Entry, ProjectKey, Row, Sealed, row_delta};
use qms::domain::clock::{Moment, Witness};
use qms::domain::digest::{Digest, Timestamp};
use qms::domain::document::Kind;
use qms::domain::id::{GroupName, UserName};
use qms::domain::identity::{
    AgentSession, Assurance, Credential, CredentialKind, SessionKind, TOKEN_BYTES, Token,
};
use qms::store::{Change, Read as _, Sqlite, Store as _};

use crate::generator::{BATCH, Project, SECRET};

/// The session of the runtime and the agent in it that tickets are made for.
pub(crate) const SESSION: (&str, &str) = ("s-1", "a-1");

/// Gives a project so many tokens: those of agents whose work is done, in turns of `qa` and of `tu`, and
/// as the last one a standing token of `qa`. Returns the file that it is in.
pub(crate) fn issue(project: &Project, tokens: u64) -> Result<PathBuf, Box<dyn Error>> {
    let key = ProjectKey::new(&SECRET).ok_or("no key")?;
    let mut store = Sqlite::open(&project.root.join(".qms/qms.db"))?;
    let policy = store.project()?.ok_or("no project")?.policy;
    let mut head = store.head()?;
    let mut at = head.course.ok_or("no entry")?.at;
    let mut change = Change { expected_size: head.frontier.size(), ..Change::default() };
    let (qa, tu) = (UserName::parse("qa")?, UserName::parse("tu")?);
    let mut last = None;
    for number in 1..=tokens {
        at = at.after(1);
        let token = token(number);
        let user = if (tokens - number).is_multiple_of(2) { &qa } else { &tu };
        let mut kept =
            Credential::new(token.id().clone(), user.clone(), CredentialKind::Spawn, token.verifier(), at);
        let mut entry = Entry {
            index: head.frontier.size(),
            actor: Some(UserName::parse("lead")?),
            claimed: Some("lead".to_owned()),
            actor_kind: Some(Kind::Human),
            group: Some(GroupName::parse("administrator")?),
            assurance: Some(Assurance::Claimed),
            at,
            moment: Moment::of(at),
            ..Entry::new("token_issue", policy)
        };
        if number == tokens {
            kept.kind = CredentialKind::Standing;
            last = Some(token);
            let mut session = at_work(&qa, at);
            session.tag = Some(key.tag_session(&session));
            entry.deltas.extend(row_delta(None, Row::Session(&session)));
            change.sessions.push(session);
        } else {
            kept.session = Some(format!("launched-{number}"));
            kept.revoked_at = Some(at);
        }
        kept.tag = Some(key.tag_credential(&kept));
        entry.deltas.extend(row_delta(None, Row::Credential(&kept)));
        change.credentials.push(kept);
        let sealed = Sealed::new(entry, &key);
        head.frontier.push(sealed.leaf);
        head.course =
            head.course.map(|course| course.followed(sealed.entry.index, Moment::of(at), Witness::Claimed));
        change.entries.push(sealed);
        if change.entries.len() >= BATCH || number == tokens {
            head.tag = Some(key.tag_head(&head.frontier));
            change.head = head.clone();
            store.commit(&change)?;
            change = Change { expected_size: head.frontier.size(), ..Change::default() };
        }
    }
    let file = project.state.join("token");
    fs::write(&file, format!("{}\n", last.ok_or("no token")?.reveal()))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// A token with the secret of a number: nobody has to guess it.
fn token(number: u64) -> Token {
    let mut random = [0; TOKEN_BYTES];
    let digest = Digest::of(&number.to_be_bytes());
    for (byte, of) in random.iter_mut().zip(digest.as_bytes().iter().cycle()) {
        *byte = *of;
    }
    Token::new(&random)
}

fn at_work(user: &UserName, opened_at: Timestamp) -> AgentSession {
    let (session, agent) = SESSION;
    AgentSession {
        id: AgentSession::id_of(session, agent),
        kind: SessionKind::Hooked,
        session: session.to_owned(),
        user: user.clone(),
        parent: None,
        origins: std::collections::BTreeSet::new(),
        runtime: "claude".to_owned(),
        agent: "qa".to_owned(),
        definition: None,
        document: None,
        task: None,
        brief: None,
        placement: None,
        opened_at,
        closed_at: None,
        status: None,
        tag: None,
    }
}
