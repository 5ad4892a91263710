//! Every secret that was issued is looked for in everything that was shown, written or kept.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use qms::domain::digest::{from_hex, to_hex};

use super::{bare, last_issued, secret};
use crate::project::{Call, Project, Ran};

/// What must not be found anywhere, with the name of the secret and of its form, by its first two bytes.
#[derive(Default)]
struct Secrets(HashMap<[u8; 2], Vec<(String, Vec<u8>)>>);

impl Secrets {
    fn add(&mut self, name: &str, form: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        assert!(bytes.len() >= 8, "{name} is too short to be looked for");
        let first = [bytes[0], bytes[1]];
        self.0.entry(first).or_default().push((format!("{name} ({form})"), bytes));
    }

    /// Adds bytes in every form that they could leave in.
    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let hex = to_hex(bytes);
        self.add(name, "raw", bytes);
        self.add(name, "capitals", hex.to_uppercase());
        self.add(name, "hex", hex);
        self.add(name, "base64", STANDARD_NO_PAD.encode(bytes));
        self.add(name, "base64 for addresses", URL_SAFE.encode(bytes));
        self.add(name, "list", format!("{bytes:?}"));
        self.add(name, "half", &bytes[..bytes.len() / 2]);
    }

    /// Adds a token with its parts.
    fn token(&mut self, name: &str, file: &Path) {
        let text = fs::read_to_string(file).unwrap();
        let text = text.trim();
        let part = text.split('_').nth(2).unwrap();
        self.add(name, "text", text);
        self.add(name, "text in base64", STANDARD.encode(text));
        self.add(name, "beginning of the secret", &part[..24]);
        self.add(name, "end of the secret", &part[40..]);
        self.bytes(name, &from_hex(part).unwrap());
    }

    fn phrase(&mut self, text: &str) {
        self.add(text, "text", text);
        self.add(text, "base64", STANDARD.encode(text));
        self.add(text, "hex", to_hex(text.as_bytes()));
    }

    /// Finds one in what is at a place.
    fn found(&self, bytes: &[u8]) -> Option<&str> {
        bytes.windows(2).enumerate().find_map(|(at, window)| {
            let named = self.0.get::<[u8; 2]>(window.try_into().unwrap())?;
            let (name, _) = named.iter().find(|(_, secret)| bytes[at..].starts_with(secret))?;
            Some(name.as_str())
        })
    }

    /// Checks that none is in what is at a place.
    fn are_not_in(&self, place: &str, bytes: &[u8]) {
        assert_eq!(self.found(bytes), None, "in {place}");
    }
}

/// Lists all files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Looks for the secrets in what was said and in every file, but for the files that are for them.
fn are_nowhere(project: &Project, kept: &Path, secrets: &Secrets, said: &[(String, Vec<u8>)]) {
    for (line, bytes) in said {
        secrets.are_not_in(&format!("what `{line}` said"), bytes);
    }
    // The log beside the store is looked through while it is there.
    let all = files(project.folder());
    for name in ["qms.db", "qms.db-wal", "CR-001-draft.md", "lead.key", "hana.key", "policy.yaml"] {
        assert!(all.iter().any(|path| path.ends_with(name)), "{name} is missing: {all:?}");
    }
    for path in all {
        let belongs =
            path.parent() == Some(project.folder()) || path.starts_with(kept) || path == project.key();
        let bytes = fs::read(&path).unwrap();
        if belongs {
            // Where they belong they are found, so that they would be elsewhere.
            assert!(secrets.found(&bytes).is_some(), "{}", path.display());
        } else {
            secrets.are_not_in(&path.display().to_string(), &bytes);
        }
    }
}

// REQ-062
#[test]
fn no_secret_is_shown_written_or_kept_but_where_it_belongs() {
    let project = Project::empty();
    let (mut secrets, mut said) = (Secrets::default(), Vec::new());
    let mut heard = |call: Call| -> Ran {
        let ran = call.run();
        said.push((ran.line.clone(), ran.stdout.clone()));
        said.push((ran.line.clone(), ran.stderr.clone().into_bytes()));
        ran
    };
    let phrases =
        ["grey gulls over Hamburg", "seven sober sailors", "no way back home", "not the passphrase"];
    let [lead, hana, next, wrong] = phrases.map(|phrase| {
        let file = secret(&project, &phrase.replace(' ', "-"), phrase);
        // The file may be named in what is said; its name is none of the forms looked for.
        secrets.phrase(phrase);
        file.display().to_string()
    });
    let kept = project.folder().join("kept");
    fs::create_dir(&kept).unwrap();
    let out = |name: &str| kept.join(name).display().to_string();

    // From `init` to a verdict, with every kind of credential.
    heard(bare(&project, &format!("init --profile gxp --passphrase-file {lead}"))).is(0);
    let held = rusqlite::Connection::open(project.database()).unwrap();
    held.execute_batch("BEGIN; SELECT count(*) FROM entries").unwrap();
    let by_lead = format!("-u lead --passphrase-file {lead}");
    heard(bare(&project, &format!("{by_lead} user add hana --group quality --human"))).is(0);
    for (name, words, form) in [
        ("claude", "claude", ""),
        ("qa", "qa --uses 5 --ttl 8h", " -o json"),
        ("early", "tu --not-before 2999-01-01T00:00:00Z", " -o yaml"),
        ("code", "hana", " -o json"),
    ] {
        heard(bare(&project, &format!("{by_lead} token issue {words} --out {}{form}", out(name)))).is(0);
        secrets.token(name, &kept.join(name));
    }
    let code = out("code");
    heard(bare(&project, &format!("--token-file {code} enrol --passphrase-file {hana} -o json"))).is(0);
    heard(bare(&project, &format!("--token-file {code} enrol --passphrase-file {hana}"))).is(8);
    let (claude, qa) = (format!("--token-file {}", out("claude")), format!("--token-file {}", out("qa")));
    let [by_hana, by_next] = [&hana, &next].map(|phrase| format!("-u hana --passphrase-file {phrase}"));
    let compared = |by: &str, user: &str| {
        let key = last_issued(&project, user);
        bare(&project, &format!("{by} key acknowledge {user} --fingerprint {key}"))
    };
    heard(compared(&by_lead, "hana")).is(0);
    for (line, status) in [
        (format!("{claude} create CR --title x"), 0),
        (format!("{claude} route CR-001 --review"), 0),
        (format!("{qa} review CR-001 --recommend --comment fine"), 8),
        (format!("{by_hana} review CR-001 --recommend --comment fine"), 0),
        (format!("-u hana --passphrase-file {wrong} approve CR-001"), 8),
        (format!("{claude} -u qa approve CR-001"), 8),
        (format!("{claude} -u mallory list -o json"), 8),
        (format!("--token-file {} list", out("early")), 8),
        (format!("{claude} whoami -o json"), 0),
        (format!("{claude} token rotate --grace 1h --out {}", out("rotated")), 0),
        (format!("{by_hana} key create --new-passphrase-file {next}"), 0),
        (format!("{by_hana} whoami"), 8),
    ] {
        heard(bare(&project, &line)).is(status);
    }
    heard(compared(&by_lead, "hana")).is(0);
    heard(bare(&project, &format!("{by_next} recover lead --new-passphrase-file {lead} -o yaml"))).is(0);
    heard(compared(&by_next, "lead")).is(0);
    for (line, status) in [
        (format!("{claude} token list -o wide"), 0),
        (format!("{claude} token list --stale -o json"), 0),
        (format!("{claude} key list -o json"), 0),
        (format!("{claude} status CR-001 -o json"), 0),
        (format!("{claude} history CR-001 -o wide"), 0),
    ] {
        heard(bare(&project, &line)).is(status);
    }
    secrets.token("rotated", &kept.join("rotated"));
    for format in ["jsonl", "csv", "md"] {
        heard(bare(&project, &format!("{claude} audit export --format {format}"))).is(0);
    }
    heard(bare(&project, &format!("{claude} audit checkpoint"))).is(0);
    heard(bare(&project, &format!("{claude} doctor")));

    // Secrets in the wrong places: none is repeated.
    let text = fs::read_to_string(kept.join("qa")).unwrap();
    let text = text.trim();
    let (rest, last) = text.split_at(text.len() - 1);
    let (mistyped, upper) = (format!("{rest}{}", if last == "0" { "1" } else { "0" }), text.to_uppercase());
    for (name, value) in [("QMS_TOKEN", mistyped.as_str()), ("QMS_TOKEN", &upper), ("QMS_TOKEN_FD", text)] {
        heard(bare(&project, "list").variable(name, value));
    }
    heard(bare(&project, "list").variable("QMS_TOKEN", text)).is(0);
    for words in [["--user", text, "list"], ["-u", text, "whoami"], ["--token-file", text, "list"]] {
        heard(project.words(&words)).is(2);
    }
    for name in ["QMS_USER", "QMS_TOKEN_FILE"] {
        heard(bare(&project, "create CR --title x").variable(name, text)).is(2);
    }
    heard(project.words(&["--token", text, "list"])).is(2);
    heard(project.words(&[&format!("--token={text}"), "list", "-o", "json"])).is(2);
    heard(bare(&project, "list --token-file -").input(format!("{mistyped}\n"))).is(8);
    let key = fs::read_to_string(project.key()).unwrap();
    secrets.bytes("the project key", &from_hex(key.trim()).unwrap());
    fs::write(project.key(), format!("{}x\n", key.trim())).unwrap();
    heard(bare(&project, "-u tu list")).is(1);
    fs::write(project.key(), &key).unwrap();

    are_nowhere(&project, &kept, &secrets, &said);
    held.execute_batch("END").unwrap();
}
