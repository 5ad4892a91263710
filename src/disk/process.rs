//! Programs that are started, watched and ended, with everything that they started themselves.
//!
//! A program gets a process group of its own. Whatever is left of the group when the program ends, when
//! its time is up, or when this process is told to end (by any signal that would end it and can be heard),
//! is killed, and what descends from that; a slow reader of its output does not put that off. When its time is up the group is asked to
//! end first, and what left it is killed at once. What left the group and its line lives on, and is not waited
//! for.

use std::io::{self, ErrorKind, PipeReader, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::signals::{Attended, Told};
use super::{DiskError, processes};
use crate::domain::process::Process;

/// How long a group that was asked to end may take to tidy up.
const TIDYING: Duration = Duration::from_secs(2);

/// How long a pipe is read that somebody keeps open after the end.
const DRAINING: Duration = Duration::from_secs(1);

/// Bytes that are read at once, and how many of such pieces wait for whoever takes them.
const PIECE: usize = 8 * 1024;
const PIECES: usize = 16;

/// Where a program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Error,
}

/// How the two streams of a program come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// Each by itself.
    Apart,
    /// As one, [`Stream::Out`], in the order in which the program wrote.
    Together,
}

/// How a program came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The exit status, where it ended by itself.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether its time was up.
    pub timed_out: bool,
    /// Whether this process was told to end meanwhile.
    pub interrupted: bool,
    /// What was ended with it, or before it: its group, and all that descended from that.
    pub line: Vec<Process>,
}

/// What was ended with a program.
#[derive(Debug, Default)]
struct Over {
    timed_out: bool,
    interrupted: bool,
    line: Vec<Process>,
}

/// A program that was started. Dropping it kills it and its group.
#[derive(Debug)]
pub struct Spawned {
    child: Child,
    process: Option<Process>,
    /// Both streams, where they come as one.
    joined: Option<PipeReader>,
    attention: Option<Attention>,
    is_over: bool,
}

/// What is heard while a program is attended.
#[derive(Debug)]
struct Attention {
    attended: Attended,
    tell: Sender<Told>,
    told: Receiver<Told>,
}

/// What happens while a program runs.
enum Event {
    Wrote(Stream, Vec<u8>),
    Closed,
    /// It ended, and how.
    Ended(Over),
    /// The pipes were read long enough.
    Enough,
}

/// What a program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    Nothing,
    /// What it is told, once.
    Told,
}

/// How a program is started: with these arguments and exactly this environment.
#[derive(Debug)]
pub struct Start<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments, without its name.
    pub arguments: &'a [String],
    /// All its variables.
    pub environment: &'a [(String, String)],
    /// Where it begins.
    pub directory: &'a Path,
    /// What it reads.
    pub input: Input,
    /// How what it writes comes.
    pub streams: Streams,
}

impl Spawned {
    /// Starts a program. What it writes is for [`Spawned::run_to_end`].
    pub fn start(start: &Start<'_>) -> Result<Self, DiskError> {
        let Start { program, arguments, environment, directory, input, streams } = *start;
        let joined = (streams == Streams::Together).then(io::pipe).transpose();
        let joined = joined.map_err(DiskError::io("start", program))?;
        let (joined, out, error) = match joined {
            None => (None, Stdio::piped(), Stdio::piped()),
            Some((reader, writer)) => {
                let other = writer.try_clone().map_err(DiskError::io("start", program))?;
                (Some(reader), Stdio::from(writer), Stdio::from(other))
            }
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(directory)
            .process_group(0)
            .stdin(if input == Input::Nothing { Stdio::null() } else { Stdio::piped() })
            .stdout(out)
            .stderr(error);
        // Heard from before the start on: the program is in a group of its own, and hears none of them.
        let (tell, told) = channel();
        let attended = Attended::new(tell.clone()).map_err(DiskError::io("start", program))?;
        let child = command.spawn().map_err(DiskError::io("start", program))?;
        // Nobody else gets its number while it is not waited for.
        let process = processes::of(child.id());
        let attention = Some(Attention { attended, tell, told });
        Ok(Self { child, process, joined, attention, is_over: false })
    }

    /// Identifies the process, where the system tells.
    pub fn process(&self) -> Option<Process> {
        self.process
    }

    /// Tells the program what it waits for, and nothing after.
    pub fn tell(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.child.stdin.take().map_or(Ok(()), |mut input| input.write_all(bytes))
    }

    /// Passes on what the program writes, as it comes, until it ends, `limit` has passed, or this process
    /// is told to end: then its group is asked to end, and killed two seconds later.
    pub fn run_to_end(mut self, limit: Duration, on_output: &mut dyn FnMut(Stream, &[u8])) -> Ended {
        let (tell, told) = sync_channel(PIECES);
        let mut open = 0;
        if let Some(pipe) = self.joined.take() {
            open += 1;
            pass_on(Stream::Out, pipe, tell.clone());
        }
        if let Some(pipe) = self.child.stdout.take() {
            open += 1;
            pass_on(Stream::Out, pipe, tell.clone());
        }
        if let Some(pipe) = self.child.stderr.take() {
            open += 1;
            pass_on(Stream::Error, pipe, tell.clone());
        }
        let (keep, done) = channel::<()>();
        let group = Pid::from_child(&self.child);
        let attention = self.attention.take();
        thread::spawn(move || attention.map(|attention| watch(group, limit, attention, &tell, &done)));
        let (mut end, mut has_ended) = (Over::default(), false);
        while open > 0 || !has_ended {
            match told.recv() {
                Ok(Event::Wrote(stream, bytes)) => on_output(stream, &bytes),
                Ok(Event::Closed) => open -= 1,
                Ok(Event::Ended(over)) => (end, has_ended) = (over, true),
                Ok(Event::Enough) | Err(_) => break,
            }
        }
        drop(keep);
        self.is_over = true;
        let status = self.child.wait().ok();
        Ended {
            status: status.and_then(|status| status.code()),
            signal: status.and_then(|status| status.signal()),
            timed_out: end.timed_out,
            interrupted: end.interrupted,
            line: end.line,
        }
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        if !self.is_over {
            processes::kill_all(Some(Pid::from_child(&self.child)), Vec::new());
            let _status = self.child.wait();
        }
    }
}

/// Reads a pipe to its end, or until nobody takes any more what it gives.
fn pass_on(stream: Stream, mut pipe: impl Read + Send + 'static, tell: SyncSender<Event>) {
    thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        loop {
            match pipe.read(&mut piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(read) => {
                    let bytes = piece.get(..read).unwrap_or_default().to_vec();
                    if tell.send(Event::Wrote(stream, bytes)).is_err() {
                        return;
                    }
                }
            }
        }
        let _nobody = tell.send(Event::Closed);
    });
}

/// Waits for the end of the first process of a group, kills what is left of the group then, and says
/// so; and a little later, that the pipes were read long enough. `done` closes when nobody cares.
fn watch(group: Pid, limit: Duration, attention: Attention, tell: &SyncSender<Event>, done: &Receiver<()>) {
    let Attention { attended, tell: tell_clock, told } = attention;
    let clock = thread::spawn(move || (end_at(group, limit, &told), told));
    // It is not taken note of its end here: as long as nobody did, no other group has its number.
    let quietly = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(group), quietly).is_err_and(|error| error == Errno::INTR) {}
    let _heard = tell_clock.send(Told::Ended);
    let (mut over, told) =
        clock.join().map_or_else(|_| (Over::default(), None), |(over, told)| (over, Some(told)));
    // Who is killed leaves children that nobody finds any more: they are looked for before.
    over.line = processes::kill_all(Some(group), over.line);
    // From here on a signal ends this process. One that came just before is not lost.
    drop(attended);
    over.interrupted |= told.is_some_and(|told| told.try_iter().any(|told| told == Told::Signal));
    if tell.send(Event::Ended(over)).is_ok() && done.recv_timeout(DRAINING) == Err(RecvTimeoutError::Timeout)
    {
        let _nobody = tell.send(Event::Enough);
    }
}

/// Ends a group when its time is up or this process is told to end, and tells which it was, unless the group ends before.
fn end_at(group: Pid, limit: Duration, told: &Receiver<Told>) -> Over {
    let heard = told.recv_timeout(limit);
    if heard == Ok(Told::Ended) {
        return Over::default();
    }
    let mut line = processes::ask_to_end(group);
    // Who is told a second time does not wait.
    if told.recv_timeout(TIDYING) != Ok(Told::Ended) {
        line = processes::kill_all(Some(group), line);
    }
    Over { timed_out: heard.is_err(), interrupted: heard.is_ok(), line }
}
