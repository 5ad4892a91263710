//! What a caller asks for: an action, what it is about, and what the caller says with it.

mod material;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::digest::{Digest, Timestamp};
use super::document::{Document, Task};
use super::front_matter::{self, FrontMatter};
use super::hook::Runtime;
use super::id::{ActionName, CredentialId, DocumentId, InputName, TypeName, UserName};
use super::identity::Scope;
use super::process::Placement;
use super::{size, visible};

/// A request for an action. Self-contained: a working copy travels inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The verb.
    pub action: ActionName,
    /// What it is about.
    pub subject: Subject,
    /// What the caller says with it.
    pub inputs: Inputs,
    /// The caller's working copy of the document, where there is one.
    pub copy: Option<WorkingCopy>,
    /// The policy files that the caller wants adopted.
    pub candidate: Option<BTreeMap<String, String>>,
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A document that exists.
    Document(DocumentId),
    /// A document of this type that does not exist yet.
    New(TypeName),
    /// The project itself.
    Project,
    /// The credentials of users.
    Registry(Box<Registration>),
}

/// What is asked of the registry of credentials. Secrets stay with whoever made them: what travels is
/// the digest of a token's secret, and the public half of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// A token for an agent or a service, a code for a person.
    Issue(Proposal),
    /// The end of a credential.
    Revoke(CredentialId),
    /// A token in the place of the one that is presented, which stays valid for a while.
    Rotate {
        /// The id of the new one.
        id: CredentialId,
        /// The SHA-256 of its secret.
        verifier: Digest,
        /// For how long the former one stays valid, in milliseconds.
        grace: u32,
    },
    /// The caller's own key, in the place of every credential before it.
    Key {
        /// The public half.
        public: Digest,
    },
    /// A token that stands for the caller's open key at one terminal.
    Unlock {
        /// Its id.
        id: CredentialId,
        /// The SHA-256 of its secret.
        verifier: Digest,
        /// For how long, in milliseconds.
        time: u32,
    },
    /// That the caller has compared the fingerprint of a key with its holder.
    Acknowledge {
        /// Whose key.
        user: UserName,
        /// The fingerprint that was compared, which is the id of the key.
        fingerprint: CredentialId,
    },
    /// A new key for another person, whose passphrase is lost, in the place of every credential before it.
    Recover {
        /// Whose key.
        user: UserName,
        /// The public half.
        public: Digest,
    },
    /// That the users whom the policy gives to agents of a runtime need a proof from now on: its hook makes one for
    /// each call.
    Bind(Runtime),
    /// That an agent is started.
    Start(Box<Launch>),
    /// That an agent ends.
    Stop(String),
}

/// An agent that is about to be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Its name in the policy.
    pub agent: String,
    /// The document that it is started for.
    pub document: DocumentId,
    /// What it has to do.
    pub task: Task,
    /// The id of its session.
    pub session: String,
    /// The id of the token that it gets.
    pub token: CredentialId,
    /// The SHA-256 of the token's secret.
    pub verifier: Digest,
    /// Where it runs.
    pub placement: Placement,
    /// The digest of what it is told.
    pub brief: Digest,
    /// The digests of the program and of the definition, by their paths in the policy, as they are now.
    pub observed: BTreeMap<String, Digest>,
    /// The digests of other files that its runtime would take for its definition, by where they lie.
    pub rivals: BTreeMap<String, Option<Digest>>,
}

/// A token that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: CredentialId,
    /// The SHA-256 of its secret.
    pub verifier: Digest,
    /// Whose it will be.
    pub user: UserName,
    /// What it is good for.
    pub scope: Scope,
    /// For how long, in milliseconds.
    pub time: Option<u64>,
    /// From when on.
    pub not_before: Option<Timestamp>,
    /// How often.
    pub uses: Option<u32>,
}

impl Registration {
    /// Returns the name of the action, by which it is recorded and scopes are checked.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Issue(_) => "token_issue",
            Self::Revoke(_) => "credential_revoke",
            Self::Rotate { .. } => "token_rotate",
            Self::Key { .. } => "key_create",
            Self::Unlock { .. } => "unlock",
            Self::Acknowledge { .. } => "key_acknowledge",
            Self::Recover { .. } => "recover",
            Self::Bind(_) => "user_bind",
            Self::Start(_) => "agent_started",
            Self::Stop(_) => "agent_stop",
        }
    }
}

/// The inputs of a request, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inputs(pub BTreeMap<InputName, Value>);

/// The value of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A text, a word or a choice.
    Text(String),
    /// Users.
    Users(Vec<UserName>),
    /// A document.
    Document(DocumentId),
    /// A file.
    File(File),
}

/// A file that is handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What it is called, without its folder, where it has a name.
    pub name: Option<String>,
    /// Its bytes; none where it has more than are ever kept. They are handed on, and not copied.
    pub bytes: Arc<Vec<u8>>,
    /// How many it has.
    pub size: u64,
}

impl From<Vec<u8>> for File {
    fn from(bytes: Vec<u8>) -> Self {
        Self { name: None, size: bytes.len() as u64, bytes: Arc::new(bytes) }
    }
}

impl fmt::Display for Value {
    /// Writes it as it is recorded: users are separated by commas, a file is its SHA-256.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Users(users) => {
                f.write_str(&users.iter().map(UserName::as_str).collect::<Vec<_>>().join(","))
            }
            Self::Document(id) => id.fmt(f),
            Self::File(file) if file.size == file.bytes.len() as u64 => Digest::of(&file.bytes).fmt(f),
            Self::File(file) => f.write_str(&size::shown(file.size)),
        }
    }
}

impl Value {
    /// Returns how many bytes it has, as it is kept in memory.
    pub fn size(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File(file) => file.size,
            Self::Users(_) | Self::Document(_) => 0,
        }
    }
}

impl Inputs {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
    }

    /// Returns a text, a word or a choice.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns users; none where the input is absent.
    pub fn users(&self, name: &str) -> &[UserName] {
        match self.get(name) {
            Some(Value::Users(users)) => users,
            _ => &[],
        }
    }

    /// Returns a document.
    pub fn document(&self, name: &str) -> Option<&DocumentId> {
        match self.get(name) {
            Some(Value::Document(id)) => Some(id),
            _ => None,
        }
    }

    /// Returns a file.
    pub fn file(&self, name: &str) -> Option<&File> {
        match self.get(name) {
            Some(Value::File(file)) => Some(file),
            _ => None,
        }
    }

    /// Tells whether an input is there and says something.
    pub fn says(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Text(text)) => !visible::is_blank(text),
            Some(Value::Users(users)) => !users.is_empty(),
            Some(Value::Document(_)) => true,
            Some(Value::File(file)) => file.size > 0,
            None => false,
        }
    }

    /// Adds an input.
    #[must_use]
    pub fn with(mut self, name: InputName, value: Value) -> Self {
        self.0.insert(name, value);
        self
    }
}

/// A working copy as it was found in the caller's workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkingCopy {
    /// It was read.
    Present {
        /// The document that it was taken of.
        document: DocumentId,
        /// The content that it started from.
        base: Digest,
        /// Where it lies, as its holder would call it.
        path: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// There is something that cannot be a working copy, and why. A check-out moves it aside.
    Unusable(String),
}

/// What is known of a working copy after it was held against its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyFacts {
    /// The caller has none out.
    NotOut,
    /// One is out, and it is gone or not what was given out; a check-out gives it anew.
    Lost(String),
    /// One is out, and what its holder wrote cannot be used; a check-out leaves it as it is.
    Spoilt(String),
    /// One is out and sound.
    Sound {
        /// The digest of its bytes.
        content: Digest,
        /// What its front matter says.
        front_matter: FrontMatter,
    },
}

impl CopyFacts {
    /// Holds the copy of `actor` against `document`.
    pub fn examine(document: &Document, actor: &UserName, copy: Option<&WorkingCopy>) -> Self {
        let Some(checkout) = document.checkout.as_ref().filter(|checkout| &checkout.by == actor) else {
            return Self::NotOut;
        };
        let id = &document.id;
        match copy {
            None => Self::Lost(format!("the working copy of {id} is gone")),
            Some(WorkingCopy::Unusable(why)) => Self::Lost(why.clone()),
            Some(WorkingCopy::Present { document: of, .. }) if of != id => {
                Self::Lost(format!("the working copy is of {of}, not of {id}"))
            }
            Some(WorkingCopy::Present { base, .. }) if base != &checkout.base => Self::Lost(format!(
                "the working copy of {id} started from another content than its check-out"
            )),
            Some(WorkingCopy::Present { path, bytes, .. }) => match front_matter::parse(path, bytes) {
                Err(message) => Self::Spoilt(message),
                Ok(read) if &read.id != id || read.document_type != document.document_type => {
                    Self::Spoilt(format!(
                        "the front matter of `{path}` names {} {}, not {id}",
                        read.document_type, read.id
                    ))
                }
                Ok(read) => match misnamed_template(document, &read) {
                    Some(words) => Self::Spoilt(format!("the front matter of `{path}` {words}")),
                    None => Self::Sound { content: Digest::of(bytes), front_matter: read },
                },
            },
        }
    }
}

impl CopyFacts {
    /// Holds a sound copy against the stored front matter: which item the document answers for was written
    /// there by the program, and its parent relies on it.
    #[must_use]
    pub fn keeping_item(self, kept: &FrontMatter) -> Self {
        match &self {
            Self::Sound { front_matter, .. }
                if front_matter.fields.get("item") != kept.fields.get("item") =>
            {
                let must = kept.item().map_or_else(|| "no `item`".to_owned(), |id| format!("`item: {id}`"));
                Self::Spoilt(format!("the front matter of {} must say {must}, as at creation", kept.id))
            }
            _ => self,
        }
    }
}

/// Says what is wrong with the template that the front matter names, if anything: the tool wrote it
/// there, and the record knows it.
fn misnamed_template(document: &Document, read: &FrontMatter) -> Option<String> {
    let known = document.template.as_ref().map(|template| template.id.as_str());
    let named = read.fields.get("template").map(String::as_str);
    (named != known).then(|| match known {
        Some(known) => format!("must say `template: {known}`, as at creation"),
        None => format!("names a template, and {} came from none", document.id),
    })
}
