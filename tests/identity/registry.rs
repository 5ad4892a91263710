//! The registry, edited by somebody who can open the file: no row passes for what it is not, and the
//! audit names each.

use std::fs;
use std::path::{Path, PathBuf};

use qms::domain::digest::from_hex;
use qms::domain::identity::Token;
use rusqlite::Connection;

use super::{bare, is_not_believed, issue, last_issued, put_back, reseal, secret, whole, with};
use crate::project::Project;

/// The store as it was, to be put back after each edit.
struct Kept<'p>(&'p Project, Vec<u8>);

impl<'p> Kept<'p> {
    fn of(project: &'p Project) -> Self {
        Self(project, whole(project))
    }

    /// Makes an edit, has it judged, and puts the store back.
    fn with(&self, edit: &str, judge: impl FnOnce()) {
        let store = Connection::open(self.0.database()).unwrap();
        let edited = store.execute_batch(edit);
        assert!(edited.is_ok() && store.changes() > 0, "{edit}: {edited:?}");
        drop(store);
        judge();
        put_back(self.0, &self.1);
    }
}

/// Checks that the audit fails, and names the credential.
fn is_found(project: &Project, id: &str, edit: &str) {
    let verified = project.ask("-u lead audit verify").is(80);
    let message = verified["error"]["message"].as_str().unwrap();
    assert!(message.contains("credential") && message.contains(id), "{edit}: {message}");
}

/// A project in which claude has a token of every limit, and its id.
fn limited() -> (Project, PathBuf, String) {
    let project = Project::new();
    let words = "claude --ttl 90000d --uses 9 --action create,checkin --not-before 2001-01-01T00:00:00Z";
    let token = issue(&project, "limited", words);
    with(&project, &token, "create CR --title x").run().is(0);
    let id = last_issued(&project, "claude");
    (project, token, id)
}

// REQ-060
#[test]
fn an_edited_row_opens_nothing_and_the_audit_names_it() {
    let (project, token, id) = limited();
    let kept = Kept::of(&project);
    let other = "x'0000000000000000000000000000000000000000000000000000000000000000'";
    for change in [
        "user = 'lead'",
        "user = 'qa'",
        "kind = 'spawn'",
        "kind = 'unlock'",
        "kind = 'enrolment'",
        "kind = 'key'",
        "session = 's'",
        "runtime = 'claude'",
        "parent = 'lead'",
        "actions = '[]'",
        "actions = '[\"create\",\"checkin\",\"approve\"]'",
        "documents = '[\"CR-001\"]'",
        "issued_by = 'claude'",
        "issued_by = NULL",
        "issued_at = issued_at - 1",
        "not_before = NULL",
        "not_before = not_before - 1",
        "not_after = NULL",
        "not_after = not_after + 86400000",
        "uses = NULL",
        "uses = uses + 1",
        "used = used - 1",
        "revoked_at = issued_at",
        "origin = 'recovery'",
        "acknowledged_by = 'qa', grounds = 'alone'",
        &format!("verifier = {other}"),
        &format!("tag = {other}"),
    ] {
        kept.with(&format!("UPDATE credentials SET {change} WHERE id = '{id}'"), || {
            for line in ["whoami", "-u claude whoami", "create CR --title x", "-u lead token list"] {
                let refused = with(&project, &token, line).ask();
                assert_eq!(refused.status, 8, "{change}: {line}");
                assert_eq!(refused.reasons(), ["credential_invalid"], "{change}: {line}");
                // Which part of it is not as it was is told to nobody.
                assert_eq!(refused["error"]["message"], "the credential is not valid", "{change}");
            }
            is_found(&project, &id, change);
        });
    }
    // What is no value at all is not even read.
    for change in
        ["kind = 'master'", "actions = 'all'", "verifier = x'00'", "user = 'Not a name'", "used = -1"]
    {
        kept.with(&format!("UPDATE credentials SET {change} WHERE id = '{id}'"), || {
            with(&project, &token, "create CR --title x").ask().is(12);
            is_found(&project, &id, change);
        });
    }
    // It goes by another id: then it is another one.
    kept.with(&format!("UPDATE credentials SET id = '0123456789abcdef' WHERE id = '{id}'"), || {
        is_not_believed(with(&project, &token, "whoami"), "credential_invalid");
        is_found(&project, "0123456789abcdef", "id");
    });
    with(&project, &token, "create CR --title x").run().is(0);
    project.run("-u lead audit verify").is(0);
}

// REQ-060
#[test]
fn an_ended_row_cannot_be_brought_back_to_life() {
    let project = Project::new();
    let revoked = issue(&project, "revoked", "claude");
    project.run(&format!("-u lead token revoke {}", last_issued(&project, "claude"))).is(0);
    let used = issue(&project, "used", "qa --uses 1");
    with(&project, &used, "namespace add NEXT").run().is(7);
    let early = issue(&project, "early", "tu --not-before 2999-01-01T00:00:00Z");
    let kept = Kept::of(&project);
    for (user, file, change) in [
        ("claude", &revoked, "revoked_at = NULL"),
        ("qa", &used, "used = 0"),
        ("tu", &early, "not_before = NULL"),
    ] {
        let id = last_issued(&project, user);
        with(&project, file, "whoami").run().is(8);
        kept.with(&format!("UPDATE credentials SET {change} WHERE id = '{id}'"), || {
            is_not_believed(with(&project, file, "whoami"), "credential_invalid");
            is_found(&project, &id, change);
        });
    }
}

// REQ-060
#[test]
fn an_edited_row_is_not_sealed_anew() {
    let (project, token, id) = limited();
    // A secret of somebody else's in the place of the one that was issued.
    let mut bytes = [7; 40];
    bytes[..8].copy_from_slice(&from_hex(&id).unwrap());
    let own = Token::new(&bytes);
    let verifier = own.verifier();
    let kept = Kept::of(&project);
    kept.with(&format!("UPDATE credentials SET verifier = x'{verifier}' WHERE id = '{id}'"), || {
        // Its holder uses it, and with each use the row is sealed.
        is_not_believed(with(&project, &token, "create CR --title x"), "credential_invalid");
        is_not_believed(
            with(&project, &secret(&project, "own", &own.reveal()), "whoami"),
            "credential_invalid",
        );
        is_found(&project, &id, "verifier");
    });
    for change in ["user = 'lead'", "not_after = NULL", "actions = '[]'"] {
        kept.with(&format!("UPDATE credentials SET {change} WHERE id = '{id}'"), || {
            let refused = project.keeps(0, || project.ask(&format!("-u lead token revoke {id}"))).is(80);
            assert!(refused["error"]["message"].as_str().unwrap().contains(&id), "{change}");
            is_found(&project, &id, change);
        });
    }
}

// REQ-060
#[test]
fn a_row_that_is_gone_is_missed() {
    let (project, token, id) = limited();
    Kept::of(&project).with(&format!("DELETE FROM credentials WHERE id = '{id}'"), || {
        is_not_believed(with(&project, &token, "whoami"), "credential_invalid");
        is_found(&project, &id, "deleted");
        let message = project.ask("-u lead audit verify").is(80)["error"]["message"].clone();
        assert!(message.as_str().unwrap().contains("was removed"), "{message}");
        project.run("-u lead doctor").is(80);
    });
}

// REQ-060
#[test]
fn two_rows_cannot_change_places() {
    let project = Project::new();
    let (claude, qa) = (issue(&project, "claude", "claude"), issue(&project, "qa", "qa"));
    let (one, two) = (last_issued(&project, "claude"), last_issued(&project, "qa"));
    // Everything of one but its id and its secret, the tag included.
    let edit = format!(
        "UPDATE credentials SET (user, issued_at, tag) = (SELECT user, issued_at, tag FROM credentials WHERE id = \
         '{two}') WHERE id = '{one}'"
    );
    Kept::of(&project).with(&edit, || {
        is_not_believed(with(&project, &claude, "whoami"), "credential_invalid");
        with(&project, &qa, "whoami").run().is(0);
        is_found(&project, &one, &edit);
    });
}

/// Copies a row of the registry into another store.
fn copy_row(from: &Path, to: &Path, id: &str) {
    let store = Connection::open(to).unwrap();
    store.execute("ATTACH ? AS other", [from.to_str().unwrap()]).unwrap();
    let sql = "INSERT INTO credentials SELECT * FROM other.credentials WHERE id = ?";
    assert_eq!(store.execute(sql, [id]).unwrap(), 1);
}

// REQ-060
#[test]
fn a_row_of_another_project_is_worth_nothing_here() {
    let (project, other) = (Project::new(), Project::new());
    let token = issue(&other, "token", "qa");
    let id = last_issued(&other, "qa");
    is_not_believed(with(&project, &token, "whoami"), "credential_invalid");
    copy_row(&other.database(), &project.database(), &id);
    for line in ["whoami", "-u qa list", "create CR --title x"] {
        is_not_believed(with(&project, &token, line), "credential_invalid");
    }
    is_found(&project, &id, "copied");
    // With the key that tagged it, it is the key that is wrong.
    let call = with(&project, &token, "whoami").variable("QMS_KEY_FILE", other.key().to_str().unwrap());
    call.run().is(1).says("this project needs");
}

// REQ-123
#[test]
fn a_refusal_vouches_for_no_log_that_was_cut() {
    let project = Project::new();
    project.issue(&["claude"]);
    project.run("-u claude create CR --title x").is(0);
    let store = Connection::open(project.database()).unwrap();
    store.execute_batch("DROP TRIGGER entries_remain").unwrap();
    store.execute("DELETE FROM entries WHERE idx = (SELECT max(idx) FROM entries)", []).unwrap();
    let text = "CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are \
                only appended'); END";
    store.execute_batch(text).unwrap();
    reseal(&store);
    drop(store);
    project.keeps(0, || {
        // A refusal to read, a refusal to act, an action, a recovery: none goes on from there.
        bare(&project, "-u claude list").run().is(8);
        bare(&project, "-u claude create CR --title x").run().is(80);
        project.run("-u claude create CR --title x").is(80).says("nothing is recorded after it");
        project.run("-u lead audit checkpoint").is(80);
        project.run("-u lead audit verify").is(80);
    });
}

// REQ-123
#[test]
fn another_projects_key_is_no_key_of_this_one() {
    let (project, other) = (Project::new(), Project::new());
    project.issue(&["claude"]);
    let own = fs::read(project.key()).unwrap();
    fs::copy(other.key(), project.key()).unwrap();
    project.keeps(0, || {
        for line in ["-u lead list", "-u claude create CR --title x", "-u lead audit verify", "recover lead"]
        {
            project.run(line).is(1).says("the project key has the fingerprint");
        }
    });
    // Nor where the store is made to expect it.
    let fingerprint = |project: &Project| -> String {
        let store = Connection::open(project.database()).unwrap();
        store.query_row("SELECT key_fingerprint FROM project", [], |row| row.get(0)).unwrap()
    };
    let edit = |value: &str| {
        let store = Connection::open(project.database()).unwrap();
        store.execute("UPDATE project SET key_fingerprint = ?", [value]).unwrap();
    };
    let expected = fingerprint(&project);
    edit(&fingerprint(&other));
    project.keeps(0, || {
        is_not_believed_or_unsound(&project, "-u lead list");
        is_not_believed_or_unsound(&project, "-u claude create CR --title x");
        bare(&project, "-u qa create CR --title x").run().is(80);
        project.run("-u lead audit verify").is(80).says("was not made with the project key");
    });
    edit(&expected);
    fs::write(project.key(), own).unwrap();
    project.run("-u claude create CR --title x").is(0);
    project.run("-u lead audit verify").is(0);
}

fn is_not_believed_or_unsound(project: &Project, line: &str) {
    let status = project.run(line).status;
    assert!([8, 80].contains(&status), "{line}: {status}");
}
