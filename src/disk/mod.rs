//! The files of a project: where it is, its key, working copies, the published mirror; and the
//! programs that it starts.
//!
//! The store is the truth; everything here can be lost and made again, except the key.

mod aside;
mod beside;
pub mod boot;
mod definitions;
pub mod descent;
pub mod descriptor;
mod error;
mod file;
mod founding;
pub mod held;
mod journal;
mod left;
mod lock;
mod mirror;
mod open;
mod place;
mod process;
pub mod processes;
mod secret;
mod sessions;
mod settings;
mod signals;
mod site;
mod workspace;
mod worktree;

pub use self::beside::{BesideStore, InTheWay};
pub use self::definitions::{Began, definitions, definitions_at_start};
pub use self::error::DiskError;
pub use self::file::{Fate, rewrite as rewrite_file, write_new as write_file};
pub use self::founding::Founding;
pub use self::journal::{Journal, Unfinished};
pub use self::lock::PublishLock;
pub use self::mirror::{Approval, Mirror, Page, Signed, Standing};
pub use self::open::{beginning as read_file, buffered as open_file, digest_of, whole as read_whole};
pub use self::place::Suspect;
pub use self::process::{Ended, Input, Spawned, Start, Stream, Streams};
pub use self::secret::{Keyring, StagedKey, read_secret, take_back_secret};
pub use self::sessions::Remembered;
pub use self::settings::{Settings, layers};
pub use self::signals::attends_signals;
pub use self::site::{KeyPlace, Site};
pub use self::workspace::{Placed, Workspace};
