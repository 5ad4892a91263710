//! What it costs to prove who is calling: a command with a token or a ticket, in a project with a large
//! registry, against the same command of a caller who only says so, in a like project without one.

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use qms::domain::audit::ProjectKey;
use qms::domain::digest::Timestamp;
use qms::domain::id::{ActionName, UserName};
use qms::domain::identity::{Call, Caller, Fate, TICKET_FLAG, Ticket, TicketId, argv_digest};
use qms::domain::request::{Inputs, Request, Subject};
use qms::store::{Change, Read as _, Sqlite, Store as _, TicketMark};
use rusqlite::Connection;
use serde_json::json;

use crate::generator::{BODY, PROJECT, Project, SECRET, generate};
use crate::registry::{SESSION, issue};
use crate::{database, medians, ms, program, qms, row, time, time_with};

/// Tokens in the registry.
pub(crate) const TOKENS: u64 = 100_000;

/// Documents in each of the two projects: one waits for each run of each verb.
const DOCUMENTS: usize = 100;

/// Two like projects, one of which has a registry.
pub(crate) struct Callers {
    plain: Project,
    large: Project,
    /// The file with the token of `qa`.
    token: PathBuf,
}

impl Callers {
    /// Makes the projects under `folder`.
    pub(crate) fn make(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let plain = generate(&folder.join("plain"), DOCUMENTS, &[BODY.to_vec()])?;
        let large = generate(&folder.join("registry"), DOCUMENTS, &[BODY.to_vec()])?;
        let token = issue(&large, TOKENS)?;
        for project in [&plain, &large] {
            // A long log costs each process that opens it, and only one of them has a long one.
            Connection::open(database(project))?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Ok(Self { plain, large, token })
    }

    /// Measures everything, and prints a row for each.
    pub(crate) fn measure(&self) -> Result<(), Box<dyn Error>> {
        let status = ["status", "CR-001"];
        adds("a token to `status`", |_| self.with_token(&status), |_| self.claimed(&status));
        adds("a ticket to `status`", |run| self.with_ticket(run, &status), |_| self.claimed(&status));
        // Tokens of agents whose work is done bind nobody, and there are many of them.
        let as_tu = |project: &Project| {
            let mut command = program(project);
            command.args(["--user", "tu"]).args(status);
            time(command)
        };
        adds("nothing to `status`, of many,", |_| as_tu(&self.large), |_| as_tu(&self.plain));
        // The last thirty documents wait for an approval, the thirty before for a review.
        let waits = |back: usize| format!("CR-{:03}", DOCUMENTS - back);
        let said = ["--recommend", "--comment", "good", "--no-interactive"];
        let with = |run| self.with_token(&[&["review", &waits(30 + run)][..], &said].concat());
        let without = |run| self.claimed(&[&["review", &waits(30 + run)][..], &said].concat());
        adds("a token to `review`", with, without);
        let with = |run| self.with_ticket(100 + run, &["approve", &waits(run), "--no-interactive"]);
        let without = |run| self.claimed(&["approve", &waits(run), "--no-interactive"]);
        adds("a ticket to `approve`", with, without);
        let verify = time(self.proved(&["audit", "verify"]));
        row(&format!("`audit verify` of {TOKENS} tokens"), &ms(verify), "none", true);
        self.hook()
    }

    fn claimed(&self, words: &[&str]) -> Duration {
        time(qms(&self.plain, words))
    }

    fn proved(&self, words: &[&str]) -> Command {
        let mut command = qms(&self.large, words);
        command.env("QMS_TOKEN_FILE", &self.token);
        command
    }

    fn with_token(&self, words: &[&str]) -> Duration {
        time(self.proved(words))
    }

    /// Runs a command with a ticket of its own, made as the hook makes it.
    fn with_ticket(&self, number: usize, words: &[&str]) -> Duration {
        let words: Vec<&str> = words.iter().chain(&["--user", "qa"]).copied().collect();
        let ticket = self.ticket(number, &words).unwrap_or_default();
        let mut command = program(&self.large);
        command.args(words).arg(format!("{TICKET_FLAG}{ticket}"));
        time(command)
    }

    fn ticket(&self, number: usize, words: &[&str]) -> Result<String, Box<dyn Error>> {
        let key = ProjectKey::new(&SECRET).ok_or("no key")?;
        let id = TicketId::from_bytes((number as u128).to_be_bytes());
        let (session, agent) = SESSION;
        let argv = argv_digest(words.iter().map(|word| word.as_bytes()));
        let cwd = fs::canonicalize(&self.large.root)?.display().to_string();
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let now = Timestamp::from_millis(i64::try_from(since.as_millis())?);
        let user = UserName::parse("qa")?;
        let caller = Caller { session, agent: Some(agent), ..Caller::default() };
        // An approval without a remark by somebody who has no working copy.
        let (action, subject) = (ActionName::parse("approve")?, Subject::Project);
        let read = Request { action, subject, inputs: Inputs::default(), copy: None, candidate: None };
        let call = Call { project: PROJECT, argv, cwd: &cwd, inputs: Some(read.material()) };
        let ticket = Ticket::new(id, caller, &user, call, now);
        remember(&self.large, &key, &ticket, now)?;
        Ok(ticket.seal(&key))
    }

    /// Measures what runs beside every call of a tool.
    fn hook(&self) -> Result<(), Box<dyn Error>> {
        let (session, agent) = SESSION;
        let event = |name: &str, line: &str| -> Result<PathBuf, Box<dyn Error>> {
            let event = json!({
                "session_id": session, "agent_id": agent, "agent_type": "qa",
                "hook_event_name": "PreToolUse", "cwd": self.large.root, "transcript_path": "/t.jsonl",
                "permission_mode": "default", "tool_name": "Bash", "tool_use_id": name,
                "tool_input": {"command": line, "description": "What the agent is about to do"},
            });
            let file = self.large.state.join(name);
            fs::write(&file, event.to_string())?;
            Ok(file)
        };
        let foreign = event("foreign", "cargo test --workspace 2>&1 | tail -n 40 && git status --short")?;
        let own = event("own", "qms status CR-001")?;
        let on = |file: &Path| {
            let mut command = program(&self.large);
            command.arg("hook");
            time_with(command, File::open(file).map_or_else(|_| Stdio::null(), Stdio::from))
        };
        let version = || {
            let mut command = program(&self.large);
            command.arg("--version");
            time(command)
        };
        let (hook, floor) = medians(|_| on(&foreign), |_| version());
        let ratio = hook.as_secs_f64() / floor.as_secs_f64();
        row(
            "`hook` on a foreign command, to `--version`",
            &format!("{} to {}: {ratio:.2} ×", ms(hook), ms(floor)),
            "≤ 1.5 ×",
            ratio <= 1.5,
        );
        let (hook, floor) = medians(|_| on(&own), |_| version());
        row(
            "`hook` on `qms status`, to `--version`",
            &format!("{} to {}", ms(hook), ms(floor)),
            "none",
            true,
        );
        Ok(())
    }
}

/// Prints what proving adds.
fn adds(what: &str, with: impl FnMut(usize) -> Duration, without: impl FnMut(usize) -> Duration) {
    let (with, without) = medians(with, without);
    let over = with.saturating_sub(without);
    row(
        &format!("{what} among {TOKENS} tokens"),
        &format!("{} ({} − {})", ms(over), ms(with), ms(without)),
        "≤ 1 ms",
        over <= Duration::from_millis(1),
    );
}

/// Puts a ticket among those that can be used, as the hook does.
fn remember(
    project: &Project,
    key: &ProjectKey,
    ticket: &Ticket,
    at: Timestamp,
) -> Result<(), Box<dyn Error>> {
    let mut store = Sqlite::open(&PathBuf::from(database(project)))?;
    let head = store.head()?;
    let mut mark =
        TicketMark { id: ticket.id, at, fate: Fate::Open, bearer: Some(ticket.bearer()), tag: None };
    mark.tag(key);
    let expected_size = head.frontier.size();
    store.commit(&Change { expected_size, tickets: vec![mark], head, ..Change::default() })?;
    Ok(())
}
