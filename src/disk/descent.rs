//! Where this process comes from, as Linux tells in `/proc`; elsewhere nothing is known.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use rustix::fs::{self, Mode, OFlags, ResolveFlags};

use super::processes::about;
use crate::domain::process::{Descent, Process};

/// More generations than any process has; numbers that change meanwhile cannot lead in circles.
const GENERATIONS_MAX: usize = 256;

/// Finds out where this process comes from. Where the system does not tell, or something else stands in the
/// place where it would, nothing is known; where it stops telling half-way, so does the line.
pub fn descent() -> Descent {
    let Some(told) = Told::open() else { return Descent::default() };
    let mut line: Vec<Process> = Vec::new();
    let mut next = Some(std::process::id());
    while let Some(about) = next.and_then(|id| about(id, &told.read(&format!("{id}/stat"))?)) {
        // A parent was there before its child: else its number was given to another meanwhile.
        if line.last().is_some_and(|child| child.started < about.process.started)
            || line.len() == GENERATIONS_MAX
        {
            break;
        }
        line.push(about.process);
        next = Some(about.parent).filter(|parent| *parent != 0);
    }
    Descent { line, namespaces: told.namespaces() }
}

/// The namespaces that decide which processes are seen, under which numbers, and from when on they run.
const NAMESPACES: [&str; 4] = ["mnt", "pid", "time", "user"];

/// Where Linux tells about processes, as long as it is Linux that tells: whoever has namespaces of its own can
/// put something else there, as a whole or in part.
#[cfg(target_os = "linux")]
struct Told(OwnedFd);

#[cfg(target_os = "linux")]
impl Told {
    fn open() -> Option<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let told = Self(fs::open("/proc", flags, Mode::empty()).ok()?);
        let is_linux = fs::fstatfs(&told.0).is_ok_and(|it| it.f_type == fs::PROC_SUPER_MAGIC);
        // By the numbers of other namespaces this process would be another.
        let own = told.link("self")?;
        (is_linux && own == std::process::id().to_string()).then_some(told)
    }

    fn file(&self, path: &str, flags: OFlags) -> Option<OwnedFd> {
        // Nothing that was mounted over a part of it, and no way out of it.
        let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
        fs::openat2(&self.0, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve).ok()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        File::from(self.file(path, OFlags::RDONLY)?).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn link(&self, path: &str) -> Option<String> {
        let link = self.file(path, OFlags::PATH | OFlags::NOFOLLOW)?;
        fs::readlinkat(link, "", Vec::new()).ok()?.into_string().ok()
    }

    /// Names the namespaces of this process; those that the system does not have are left out.
    fn namespaces(&self) -> Option<String> {
        let own = std::process::id();
        let named = NAMESPACES.iter().filter_map(|name| self.link(&format!("{own}/ns/{name}")));
        Some(named.collect::<Vec<_>>().join(" ")).filter(|named| !named.is_empty())
    }
}

/// Elsewhere nothing is told.
#[cfg(not(target_os = "linux"))]
struct Told;

#[cfg(not(target_os = "linux"))]
impl Told {
    fn open() -> Option<Self> {
        None
    }

    fn read(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }

    fn namespaces(&self) -> Option<String> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::disk::processes::{is_alive, of};

    #[test]
    fn a_process_knows_where_it_comes_from() {
        let Descent { line, namespaces } = descent();
        assert_eq!(line.first(), of(std::process::id()).as_ref());
        assert!(line.len() > 1 && line.iter().all(is_alive));
        assert!(namespaces.unwrap().starts_with("mnt:["));
    }
}
