//! Times whole processes against a floor in the same run, and prints a table: `just bench`.
//!
//! The floor is this very program, started as a process that does one thing: nothing (`--empty`), or
//! open the same database with the same settings and read (`--read`) or durably commit (`--commit`)
//! one row, read every entry of the log and hash it (`--hash`), or do that and have SQLite compare every index with its
//! table (`--check`), which is what an audit needs SQLite itself to do. Commands and floor take turns, so that a change
//! of the machine's speed meets both.
//!
//! `cargo bench --bench commands -- --generate FOLDER DOCUMENTS` keeps a project for other uses.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures time and prints what it measured"
)]
#![allow(clippy::cast_precision_loss, reason = "figures of a bench")]

mod generator;
mod identity;
mod registry;

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use generator::{BODY, ENTRIES_EACH, Project, generate};
use identity::{Callers, TOKENS};
use qms::domain::audit::leaf_hash;
use rusqlite::Connection;

/// Runs of each command; the median counts.
const RUNS: usize = 25;

fn main() -> Result<(), Box<dyn Error>> {
    // The last one is from cargo.
    let words: Vec<String> = env::args().filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "--empty"] => return Ok(()),
        [_, "--read", database] => return floor(database, Floor::Read),
        [_, "--commit", database] => return floor(database, Floor::Commit),
        [_, "--hash", database] => return floor(database, Floor::Hash),
        [_, "--check", database] => return floor(database, Floor::Check),
        [_, "--generate", folder, documents] => {
            let project = generate(Path::new(folder), documents.parse()?, &[BODY.to_vec()])?;
            println!("{}\nXDG_STATE_HOME={}", project.root.display(), project.state.display());
            return Ok(());
        }
        _ => {}
    }
    let folder = tempfile::tempdir()?;
    let make = |name: &str, documents: usize| {
        let since = Instant::now();
        let project = generate(&folder.path().join(name), documents, &[BODY.to_vec()])?;
        println!(
            "made {documents} documents, {} entries in {:.1?}",
            documents * ENTRIES_EACH,
            since.elapsed()
        );
        Ok::<_, Box<dyn Error>>(project)
    };
    let (small, medium, large) = (make("small", 100)?, make("medium", 10_000)?, make("large", 100_000)?);
    let since = Instant::now();
    let callers = Callers::make(folder.path())?;
    println!("made {TOKENS} tokens in {:.1?}", since.elapsed());
    println!("\n| what | measured | bound | |\n|---|---|---|---|");
    start_up();
    for words in [&["status", "CR-001"][..], &["next", "CR-050"], &["inbox"]] {
        readers(words, &small, &large);
    }
    writers(&small, "100 documents");
    writers(&large, "100,000 documents");
    let list = median(|| time(qms(&medium, &["list"])));
    row("`list` of 10,000 documents", &ms(list), "≤ 60 ms", list < Duration::from_millis(60));
    whole_log(&large, &["audit", "verify"], "`audit verify`", ("--check", 3.0))?;
    whole_log(&large, &["metrics", "reviews"], "`metrics reviews`", ("--hash", 5.0))?;
    callers.measure()?;
    let size = fs::metadata(env!("CARGO_BIN_EXE_qms"))?.len();
    row(
        "size of the program",
        &format!("{:.2} MiB", size as f64 / 1_048_576.0),
        "≤ 16 MiB",
        size <= 16 << 20,
    );
    Ok(())
}

/// What the floor does with a database.
#[derive(Clone, Copy)]
enum Floor {
    Read,
    Commit,
    Hash,
    Check,
}

fn floor(database: &str, work: Floor) -> Result<(), Box<dyn Error>> {
    let connection = Connection::open(database)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL")?;
    match work {
        // Written and taken back, so that the project stays sound.
        Floor::Commit => connection.execute_batch(
            "BEGIN IMMEDIATE;
             INSERT INTO refusals (claimed, since, count, tag) VALUES ('bench', 0, 0, x'');
             DELETE FROM refusals WHERE claimed = 'bench';
             COMMIT",
        )?,
        Floor::Read => {
            connection.query_row("SELECT size FROM head", (), |row| row.get::<_, i64>(0))?;
        }
        Floor::Hash | Floor::Check => {
            if matches!(work, Floor::Check) {
                let sound: String = connection.query_row("PRAGMA integrity_check", (), |row| row.get(0))?;
                assert_eq!(sound, "ok");
            }
            let mut entries = connection.prepare("SELECT bytes FROM entries ORDER BY idx")?;
            let mut rows = entries.query(())?;
            while let Some(row) = rows.next()? {
                std::hint::black_box(leaf_hash(row.get_ref(0)?.as_blob()?));
            }
        }
    }
    Ok(())
}

fn itself(words: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap_or_default());
    command.args(words);
    command
}

/// The program in a project, without any word.
fn program(project: &Project) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qms"));
    command.env_clear().env("XDG_STATE_HOME", &project.state).current_dir(&project.root);
    command
}

fn qms(project: &Project, words: &[&str]) -> Command {
    let mut command = program(project);
    command.args(["--user", "qa"]).args(words);
    command
}

fn time(command: Command) -> Duration {
    time_with(command, Stdio::null())
}

fn time_with(mut command: Command, stdin: Stdio) -> Duration {
    command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::piped());
    let since = Instant::now();
    let ended = command.spawn().and_then(std::process::Child::wait_with_output);
    let elapsed = since.elapsed();
    let said = ended
        .as_ref()
        .map_or_else(ToString::to_string, |ended| String::from_utf8_lossy(&ended.stderr).into_owned());
    assert!(ended.is_ok_and(|ended| ended.status.success()), "{command:?} failed: {said}");
    elapsed
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    run();
    middle((0..RUNS).map(|_| run()).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Two medians, taken in turns.
fn medians(
    mut one: impl FnMut(usize) -> Duration,
    mut other: impl FnMut(usize) -> Duration,
) -> (Duration, Duration) {
    let pairs: Vec<_> = (0..RUNS).map(|run| (one(run), other(run))).collect();
    (middle(pairs.iter().map(|pair| pair.0).collect()), middle(pairs.iter().map(|pair| pair.1).collect()))
}

fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

fn row(what: &str, measured: &str, bound: &str, holds: bool) {
    println!("| {what} | {measured} | {bound} | {} |", if holds { "ok" } else { "MISSED" });
}

fn start_up() {
    let folder = env::temp_dir();
    let help = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qms"));
        command.arg("--help").env_clear().current_dir(&folder);
        time(command)
    };
    let (help, empty) = medians(|_| help(), |_| time(itself(&["--empty"])));
    let over = help.saturating_sub(empty);
    row(
        "`--help` over an empty process",
        &format!("{} ({} − {})", ms(over), ms(help), ms(empty)),
        "≤ 3 ms",
        over <= Duration::from_millis(3),
    );
}

fn database(project: &Project) -> String {
    project.root.join(".qms/qms.db").display().to_string()
}

fn readers(words: &[&str], small: &Project, large: &Project) {
    let (at_small, at_large) = medians(|_| time(qms(small, words)), |_| time(qms(large, words)));
    let floor = median(|| time(itself(&["--read", &database(large)])));
    let ratio = at_large.as_secs_f64() / at_small.as_secs_f64();
    let what = format!("`{}` at 100 and 100,000 documents", words.join(" "));
    row(&what, &format!("{} and {}: {ratio:.2} ×", ms(at_small), ms(at_large)), "≤ 1.3 ×", ratio <= 1.3);
    let over = at_large.saturating_sub(floor);
    row(
        &format!("`{}` over the floor's start-up", words.join(" ")),
        &format!("{} ({} − {})", ms(over), ms(at_large), ms(floor)),
        "≤ 5 ms",
        over <= Duration::from_millis(5),
    );
}

/// Documents that wait: the last thirty for an approval, the thirty before for a review.
fn writers(project: &Project, size: &str) {
    let last: usize = if size.starts_with("100 ") { 100 } else { 100_000 };
    let database = database(project);
    let commit = |_| time(itself(&["--commit", &database]));
    let review = |run: usize| {
        let id = format!("CR-{:03}", last - 30 - run);
        time(qms(project, &["review", &id, "--recommend", "--comment", "good", "--no-interactive"]))
    };
    let (action, floor) = medians(review, commit);
    ratio(&format!("`review` at {size}"), action, floor);
    let approve =
        |run: usize| time(qms(project, &["approve", &format!("CR-{:03}", last - run), "--no-interactive"]));
    let (action, floor) = medians(approve, commit);
    ratio(&format!("`approve` at {size}"), action, floor);
}

fn ratio(what: &str, action: Duration, floor: Duration) {
    let ratio = action.as_secs_f64() / floor.as_secs_f64();
    row(what, &format!("{} to {}: {ratio:.2} ×", ms(action), ms(floor)), "≤ 2 ×", ratio <= 2.0);
}

/// Commands that read every entry: their time against what cannot be left out of it, and that their memory does not
/// grow with the log.
fn whole_log(
    project: &Project,
    words: &[&str],
    name: &str,
    (work, bound): (&str, f64),
) -> Result<(), Box<dyn Error>> {
    let (mut times, mut floors) = (Vec::new(), Vec::new());
    let mut peak = 0;
    for _ in 0..3 {
        let since = Instant::now();
        let mut child = qms(project, words).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        while child.try_wait()?.is_none() {
            peak = peak.max(resident(child.id()));
            thread::sleep(Duration::from_millis(2));
        }
        times.push(since.elapsed());
        floors.push(time(itself(&[work, &database(project)])));
        assert!(child.wait()?.success(), "{name} fails on the generated project");
    }
    let (time, floor) = (middle(times).as_secs_f64(), middle(floors).as_secs_f64());
    let ratio = time / floor;
    let what = format!("{name} of 1,000,000 entries");
    row(
        &what,
        &format!("{time:.2} s to {floor:.2} s: {ratio:.2} ×"),
        &format!("≤ {bound} ×"),
        ratio <= bound,
    );
    row("its memory", &format!("{:.1} MiB", peak as f64 / 1024.0), "≤ 64 MiB", peak <= 64 * 1024);
    Ok(())
}

/// The most memory that a process has had, in KiB.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    let line = status.unwrap_or_default().lines().find(|line| line.starts_with("VmHWM:")).map(str::to_owned);
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
