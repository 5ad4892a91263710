//! Opening the project that a command line is about, once for all its commands.

use std::ffi::OsString;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use clap::ArgMatches;
use clap::error::ErrorKind;

use super::grammar::Global;
use super::parse::{self, parse};
use super::world::World;
use super::{ahead, credential, manner};
use crate::commands::carried::Carried;
use crate::commands::sign::Signer;
use crate::commands::{CommandError, Context, Source};
use crate::disk::{BesideStore, DiskError, KeyPlace, Keyring, Site};
use crate::domain::hook::Runtime;
use crate::domain::id::DocumentId;
use crate::domain::identity::{Actor, Claim};
use crate::domain::policy::{Action, Policy};
use crate::embedded;
use crate::session::Session;
use crate::store::Sqlite;

/// The verbs that a command line has.
pub enum Verbs {
    /// Those of a policy that was adopted.
    Adopted(Rc<Policy>),
    /// Those that come with the program.
    Embedded(Vec<Action>),
}

impl Deref for Verbs {
    type Target = [Action];

    fn deref(&self) -> &[Action] {
        match self {
            Self::Adopted(policy) => &policy.actions,
            Self::Embedded(actions) => actions,
        }
    }
}

/// Why a command line was not read, and the root that it names instead of the one that it was read with.
type Unread = (clap::Error, Option<Option<PathBuf>>);

/// What a caller presented.
pub struct Presented {
    claim: Claim,
    signer: Option<Rc<dyn Signer>>,
    source: Source,
}

/// The open project, or why there is none, and the verbs that the command line has.
pub struct Desk {
    /// The verbs that the command line has.
    pub verbs: Verbs,
    root: Option<PathBuf>,
    project: Result<Context, Option<CommandError>>,
}

impl Desk {
    /// Opens the project that the command line seems to name, or the working directory does. A project that
    /// cannot be opened is no failure yet: the command may need none.
    pub fn open(world: &World, arguments: &[OsString]) -> Self {
        let root = ahead::root(arguments);
        let project = opened(world, root.as_deref());
        Self { verbs: Verbs::Embedded(Vec::new()), root, project }
    }

    /// Reads a command line with the verbs of the project and of the document that it names: those of the policy that
    /// decides about the document, else of the one in force, and outside a project those that come with the program.
    ///
    /// Which project and document it names is for the parser to say, which needs the verbs for that. So a line is read
    /// with the verbs of every document that its words could name, and what counts is what names what it was read with.
    pub fn understand(
        &mut self,
        world: &World,
        arguments: &[OsString],
    ) -> Result<(Global, ArgMatches), clap::Error> {
        let mut root = ahead::root(arguments);
        let mut tried = Vec::new();
        loop {
            self.turn_to(world, root.as_deref());
            let (fault, other) = match self.read(root.as_ref(), arguments) {
                Ok(read) => return Ok(read),
                Err(unread) => unread,
            };
            tried.push(root);
            let others = [other, Some(ahead::likely_root(arguments))].into_iter().flatten();
            match others.into_iter().find(|other| !tried.contains(other)) {
                Some(other) => root = other,
                None => return Err(fault),
            }
        }
    }

    /// Reads a command line in the project at a root. Where it cannot be read, says why, and which root it names instead.
    fn read(
        &mut self,
        root: Option<&PathBuf>,
        arguments: &[OsString],
    ) -> Result<(Global, ArgMatches), Unread> {
        self.learn_verbs(None);
        let first = parse(&self.verbs, arguments);
        let mut other = None;
        let mut named = ahead::documents(arguments);
        match &first {
            Ok((global, matches)) if global.root.as_ref() == root => {
                let document = parse::document(matches);
                if document.is_none() || !self.learn_verbs(document.clone()) {
                    return first.map_err(|fault| (fault, None));
                }
                named.extend(document);
            }
            Ok((global, _)) => other = Some(global.root.clone()),
            Err(_) => {}
        }
        let (mut readings, mut faults) = (Vec::new(), Vec::new());
        for document in named {
            // What the verbs in force make of it is known.
            self.learn_verbs(None);
            if !self.learn_verbs(Some(document.clone())) {
                continue;
            }
            match parse(&self.verbs, arguments) {
                Ok((global, _)) if global.root.as_ref() != root => other = Some(global.root),
                Ok((global, matches)) if parse::document(&matches).as_ref() == Some(&document) => {
                    readings.push((document, (global, matches)));
                }
                Ok(_) => {}
                Err(fault) => faults.push(fault),
            }
        }
        let is_clear = readings.len() < 2;
        if let Some((document, read)) = readings.pop().filter(|_| is_clear) {
            self.learn_verbs(Some(document));
            return Ok(read);
        }
        // Who knows the command knows best what is wrong with the line, or how to help with it.
        let knows = |fault: &clap::Error| fault.kind() != ErrorKind::InvalidSubcommand;
        faults.retain(knows);
        let in_force = first.err().filter(|_| is_clear);
        let fault = if in_force.as_ref().is_some_and(knows) && faults.len() != 1 {
            in_force
        } else {
            faults.pop().filter(|_| is_clear).or(in_force)
        };
        Err((fault.unwrap_or_else(unclear), other))
    }

    /// Opens the project at another root.
    fn turn_to(&mut self, world: &World, root: Option<&Path>) {
        if self.root.as_deref() != root {
            self.project = opened(world, root);
            self.root = root.map(Path::to_owned);
        }
    }

    /// Learns the verbs for a document, and tells whether they are others than before.
    fn learn_verbs(&mut self, document: Option<DocumentId>) -> bool {
        let policy = self.project.as_mut().ok().and_then(|context| context.learn(document).ok());
        let is_same = match (&self.verbs, &policy) {
            (Verbs::Adopted(known), Some(policy)) => Rc::ptr_eq(known, policy),
            (Verbs::Embedded(known), None) => !known.is_empty(),
            _ => false,
        };
        if !is_same {
            self.verbs = policy.map_or_else(|| Verbs::Embedded(embedded::actions()), Verbs::Adopted);
        }
        !is_same
    }

    /// Gives away the project, or why there is none.
    pub fn into_project(self) -> (Verbs, Result<Context, CommandError>) {
        (self.verbs, self.project.map_err(|error| error.unwrap_or_else(told)))
    }

    /// Returns the project as a command left it, with the caller's claim.
    pub fn opened(&mut self) -> Option<&mut Context> {
        self.project.as_mut().ok()
    }

    /// Moves aside what keeps the store from being opened, for whoever is somebody by what the store itself says, and
    /// opens the project. Returns a sentence for each, and what was presented: that can be read once only.
    pub fn clear_the_way(
        &mut self,
        world: &mut World,
        global: &Global,
    ) -> Result<Option<(Vec<String>, Presented)>, CommandError> {
        let Err(Some(CommandError::Disk(DiskError::BesideStore { path, .. }))) = &self.project else {
            return Ok(None);
        };
        let root = path.ancestors().nth(2).unwrap_or(path).to_owned();
        let beside = BesideStore::take(&root)?;
        let in_the_way = beside.found();
        let store = Sqlite::open_alone(&beside.site().database())?;
        let mut context = context_of(world, beside.site().clone(), store)?;
        (context.claim, context.source) = credential::present(world, global, &mut context)?;
        let _somebody = context.actor()?;
        let moved = in_the_way.lay_aside()?;
        let presented = Presented { claim: context.claim, signer: context.signer, source: context.source };
        // The locks of SQLite go with its file: not before all is moved.
        drop((context.session, beside));
        let sentence = |(from, to): &(PathBuf, PathBuf)| {
            let below = |path: &Path| path.strip_prefix(&root).unwrap_or(path).display().to_string();
            format!("{} (what lay there is now `{}`)", below(from), below(to))
        };
        let sentences = moved.iter().map(sentence).collect();
        self.project = opened(world, self.root.as_deref());
        Ok(Some((sentences, presented)))
    }

    /// Tells whether the command line is about a project.
    pub fn is_open(&self) -> bool {
        !matches!(&self.project, Err(Some(error)) if is_nowhere(error))
    }

    /// Returns the caller, where it was verified.
    pub fn actor(&mut self) -> Option<Actor> {
        let context = self.project.as_mut().ok()?;
        let verified = context.session.verify(&context.claim, context.about.as_ref());
        // What a document asks for is unknown where it cannot be read.
        verified.or_else(|_| context.session.verify(&context.claim, None)).ok()
    }

    /// Gives the project to a command, with the caller's claim and what is presented for it.
    pub fn context(&mut self, world: &mut World, global: &Global) -> Result<&mut Context, CommandError> {
        let context = self.project(world, global)?;
        (context.claim, context.source) = credential::present(world, global, context)?;
        Ok(context)
    }

    /// Gives the project to a command, with what was presented before it could be opened.
    pub fn presented(
        &mut self,
        world: &World,
        global: &Global,
        presented: Presented,
    ) -> Result<&mut Context, CommandError> {
        let context = self.project(world, global)?;
        (context.claim, context.signer, context.source) =
            (presented.claim, presented.signer, presented.source);
        Ok(context)
    }

    /// Gives the project to a command that nobody is verified for.
    pub fn project(&mut self, world: &World, global: &Global) -> Result<&mut Context, CommandError> {
        match &mut self.project {
            Ok(context) => {
                context.tells_next = manner(world, global).tells_next();
                context.carried = Carried::of(global);
                (context.claim, context.signer, context.source) = (Claim::default(), None, Source::None);
                Ok(context)
            }
            Err(error) => Err(error.take().unwrap_or_else(told)),
        }
    }
}

/// A command ends where it is told that there is no project.
fn told() -> CommandError {
    CommandError::Bug("why there is no project was told before".to_owned())
}

fn unclear() -> clap::Error {
    let message = "it is not clear what `--root` or the document is: put `--root` before the command\n";
    clap::Error::raw(ErrorKind::ArgumentConflict, message)
}

/// Tells whether an error says that there is no project.
pub fn is_nowhere(error: &CommandError) -> bool {
    matches!(error, CommandError::Disk(DiskError::NoProject(_) | DiskError::NotAProject(_)))
}

/// Opens the project at a root, or the one that the environment names or the working directory is in.
fn opened(world: &World, root: Option<&Path>) -> Result<Context, Option<CommandError>> {
    let by_variable = || root_by_variable(world);
    let root = root.map(Path::to_owned).or_else(by_variable);
    open(world, &world.directory, root.as_deref()).map_err(Some)
}

/// Finds the project at a root, or the one that a folder is in.
pub fn site(folder: &Path, root: Option<&Path>) -> Result<Site, DiskError> {
    match root {
        Some(root) => Site::at(&folder.join(root)),
        None => Site::find(folder),
    }
}

/// Opens the project at a root, or the one that a folder is in.
pub fn open(world: &World, folder: &Path, root: Option<&Path>) -> Result<Context, CommandError> {
    open_within(world, folder, root, None)
}

/// Opens a project as [`open`] does, and waits for other processes no longer than `patience`, now and later.
pub fn open_within(
    world: &World,
    folder: &Path,
    root: Option<&Path>,
    patience: Option<Duration>,
) -> Result<Context, CommandError> {
    let site = site(folder, root)?;
    let database = site.database();
    let store = match patience {
        Some(patience) => Sqlite::open_within(&database, patience)?,
        None => Sqlite::open(&database)?,
    };
    context_of(world, site, store)
}

fn context_of(world: &World, site: Site, store: Sqlite) -> Result<Context, CommandError> {
    let key = match site.read_key(&key_place(world)) {
        Ok(key) => Some(key),
        // Reading needs no key; writing without one is refused where it is tried.
        Err(DiskError::KeyMissing(_) | DiskError::NoHome) => None,
        Err(DiskError::Io { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => None,
        Err(error) => return Err(error.into()),
    };
    let session = Session::open(Box::new(store), key, world.outside())?;
    Ok(Context {
        keyring: Keyring::of(&site, &key_place(world)),
        site,
        session,
        claim: Claim::default(),
        signer: None,
        source: Source::None,
        runtimes: runtimes(world),
        directory: world.directory.clone(),
        about: None,
        tells_next: false,
        carried: Carried::default(),
        random: world.random,
        process: world.process,
    })
}

/// Where agent runtimes keep what they read in every project: by their own variables, under `HOME`, and where the
/// system's administrator puts it.
pub fn runtimes(world: &World) -> Vec<(Runtime, PathBuf)> {
    let own = |name| world.path_variable(name);
    let home = |runtime: Runtime| own("HOME").map(|home| home.join(runtime.folder()));
    let named = [(Runtime::Claude, own("CLAUDE_CONFIG_DIR")), (Runtime::Codex, own("CODEX_HOME"))];
    let managed = [
        (Runtime::Claude, "/etc/claude-code/.claude"),
        (Runtime::Claude, "/Library/Application Support/ClaudeCode/.claude"),
        (Runtime::Codex, "/etc/codex"),
    ];
    let found = named.into_iter().chain(Runtime::ALL.map(|runtime| (runtime, home(runtime))));
    let found = found.filter_map(|(runtime, folder)| Some((runtime, folder?)));
    found.chain(managed.map(|(runtime, folder)| (runtime, PathBuf::from(folder)))).collect()
}

/// Where keys are kept, after the XDG base directory specification, by which a relative path counts
/// as none.
pub fn key_place(world: &World) -> KeyPlace {
    let folder = |name| world.path_variable(name).filter(|path| path.is_absolute());
    let home = |path: &str| folder("HOME").map(|home| home.join(path));
    KeyPlace {
        file: world.path_variable("QMS_KEY_FILE"),
        state_home: folder("XDG_STATE_HOME").or_else(|| home(".local/state")),
        config_home: folder("XDG_CONFIG_HOME").or_else(|| home(".config")),
    }
}

/// Returns the folder of the project that the environment names.
pub fn root_by_variable(world: &World) -> Option<PathBuf> {
    world.path_variable("QMS_ROOT")
}
