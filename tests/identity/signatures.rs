//! Signatures: with public keys alone, none can be moved to what was not signed.

use std::fs;

use qms::domain::audit::{Entry, Meaning, Signature};
use qms::domain::digest::Digest;
use qms::domain::document::Outcome;
use qms::domain::identity::{Assurance, KEY_BYTES, SealedKey};
use rusqlite::{Connection, params};

use super::{PASSPHRASE, enrolled, log, put_back, reseal, whole};
use crate::project::Project;

/// A project in which hana, a person of quality, signed a review and an approval of CR-001 and a
/// review of CR-002.
fn signed() -> Project {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    let hana = |line: &str| {
        project.run(&format!("-u hana --passphrase-file {} {line}", phrase.display())).is(0);
    };
    for id in ["CR-001", "CR-002"] {
        project.run("-u claude create CR --title x").is(0);
        project.run(&format!("-u claude route {id} --review --assignees hana")).is(0);
        hana(&format!("review {id} --recommend --comment fine"));
    }
    project.run("-u claude route CR-001 --approval").is(0);
    hana("approve CR-001");
    project
}

/// Reads an entry as it was sealed.
fn entry(project: &Project, index: u64) -> Entry {
    let store = Connection::open(project.database()).unwrap();
    let sql = "SELECT bytes FROM entries WHERE idx = ?";
    let bytes: Vec<u8> = store.query_row(sql, [i64::try_from(index).unwrap()], |row| row.get(0)).unwrap();
    Entry::decode(&bytes).unwrap()
}

/// Puts another entry in the place of one, and makes everything fit that needs no key.
fn replace(project: &Project, entry: &Entry) {
    let store = Connection::open(project.database()).unwrap();
    store.execute_batch("DROP TRIGGER entries_stay").unwrap();
    let document = entry.document.as_ref().map(ToString::to_string);
    let index = i64::try_from(entry.index).unwrap();
    let sql = "UPDATE entries SET bytes = ?2, document = ?3 WHERE idx = ?1";
    assert_eq!(store.execute(sql, params![index, entry.encode(), document]).unwrap(), 1);
    reseal(&store);
}

/// Verifies without the project key, as an auditor would who has a copy.
fn verified_by_an_auditor(project: &Project) -> crate::project::answer::Answer {
    super::bare(project, "-u tu audit verify").variable("QMS_KEY_FILE", "/nowhere/key").ask()
}

// REQ-169
#[test]
fn a_signature_that_was_moved_is_found_with_public_keys_alone() {
    let project = signed();
    let indices: Vec<u64> = log(&project)
        .iter()
        .filter(|entry| entry["signature"].is_object() && entry["verdict"].is_string())
        .map(|entry| entry["index"].as_u64().unwrap())
        .collect();
    let [reviewed, other, approved] = indices[..] else { panic!("{indices:?}") };
    let (review, other) = (entry(&project, reviewed), entry(&project, other));
    let approval = entry(&project, approved);
    let meaning = |entry: &Entry| entry.signature.as_ref().unwrap().statement.meaning;
    assert_eq!((meaning(&review), meaning(&approval)), (Some(Meaning::Reviewed), Some(Meaning::Approved)));
    let whole = whole(&project);
    let digest = Digest::of(b"other");
    let with = |change: fn(&mut Signature)| {
        let mut signature = approval.signature.clone().unwrap();
        change(&mut signature);
        Some(signature)
    };
    let version = review.version;
    let forged = vec![
        ("document", Entry { document: other.document.clone(), ..approval.clone() }),
        ("version", Entry { version, ..approval.clone() }),
        ("content", Entry { content_digest: Some(digest), ..approval.clone() }),
        ("policy", Entry { policy_digest: digest, ..approval.clone() }),
        ("verdict", Entry { verdict: Some(Outcome::Reject), ..approval.clone() }),
        ("no verdict", Entry { verdict: None, ..approval.clone() }),
        ("action", Entry { action: "review".to_owned(), ..approval.clone() }),
        ("comment", Entry { comment: Some("without reservations".to_owned()), ..approval.clone() }),
        (
            "time",
            Entry {
                signature: with(|it| it.statement.signed_at = it.statement.signed_at.after(1)),
                ..approval.clone()
            },
        ),
        ("signer", Entry { actor: Some("qa".parse().unwrap()), ..approval.clone() }),
        ("state", Entry { to: approval.from.clone(), ..approval.clone() }),
        (
            "meaning",
            Entry {
                signature: with(|it| it.statement.meaning = Some(Meaning::Executed)),
                ..approval.clone()
            },
        ),
        ("nonce", Entry { signature: with(|it| it.statement.nonce[0] ^= 1), ..approval.clone() }),
        ("a bit", Entry { signature: with(|it| it.bytes[63] ^= 1), ..approval.clone() }),
        ("another of hers", Entry { signature: review.signature.clone(), ..approval.clone() }),
        ("hers on CR-002", Entry { signature: other.signature, ..review.clone() }),
        ("none", Entry { signature: None, ..approval.clone() }),
        ("less than it is", Entry { assurance: Some(Assurance::Token), ..approval.clone() }),
        ("another key", Entry { credential: Some("0123456789abcdef".parse().unwrap()), ..approval.clone() }),
    ];
    assert_eq!(verified_by_an_auditor(&project).is(0)["data"]["head_tag"], "unchecked");
    for (what, forged) in forged {
        replace(&project, &forged);
        let found = verified_by_an_auditor(&project);
        assert_eq!(found.status, 80, "{what}");
        // What an entry says of the document after it is held against the record, signed or not.
        let why = match what {
            "version" | "state" => "does not follow: its document did not become what it says",
            _ => "does not bear the signature of its actor",
        };
        let words = format!("entry {} {why}", forged.index);
        let message = found["error"]["message"].as_str().unwrap();
        assert!(message.contains(&words), "{what}: {message}");
        assert_eq!(found["error"]["details"]["index"], forged.index, "{what}");
        // With the project key it is the tag that does not fit, before anything is read.
        project.run("-u lead audit verify").is(80).says("was not made with the project key");
        put_back(&project, &whole);
    }
    project.run("-u lead audit verify").is(0);
}

#[test]
fn a_refusal_that_was_signed_is_no_verdict() {
    let project = signed();
    let phrase = project.folder().join("hana.phrase");
    let line = format!("-u hana --passphrase-file {} approve CR-002", phrase.display());
    project.run(&line).is(4);
    let denied = log(&project).pop().unwrap();
    assert_eq!([&denied["result"], &denied["assurance"]], ["denied", "signature"]);
    // Only what was permitted is shown as signed.
    let shown = project.ask("-u claude status CR-002").is(0)["data"].to_string();
    assert!(shown.contains("reviewed") && !shown.contains("approved"), "{shown}");
    // There is no signature in it that a permit could be made of.
    assert!(denied["signature"].is_null());
    let mut entry = entry(&project, denied["index"].as_u64().unwrap());
    entry.result = qms::domain::audit::EntryResult::Permitted;
    replace(&project, &entry);
    assert_eq!(verified_by_an_auditor(&project).status, 80);
}

// REQ-070
#[test]
fn a_verdict_cannot_be_signed_by_a_key_that_was_replaced() {
    let project = signed();
    let (old, phrase) = (project.folder().join("old.key"), project.folder().join("hana.phrase"));
    let key = project.token("lead").unwrap().with_file_name("hana.key");
    fs::copy(&key, &old).unwrap();
    let hana = format!("-u hana --passphrase-file {}", phrase.display());
    project.run(&format!("{hana} key create --new-passphrase-file {}", phrase.display())).is(0);
    fs::copy(&old, &key).unwrap();
    for line in ["whoami", "review CR-002 --recommend --comment fine"] {
        let refused = project.ask(&format!("{hana} {line}")).is(8);
        assert_eq!(refused.reasons(), ["credential_revoked"]);
    }
    // A sealed key under another name is nobody's.
    fs::copy(&key, key.with_file_name("lead.key")).unwrap();
    let line = format!("-u lead --passphrase-file {} whoami", phrase.display());
    let mut call = project.call(&line);
    call.command.env_remove("QMS_TOKEN_FILE");
    call.run().is(8).says("it is the key of `hana`");
    // What was signed with it before still verifies.
    project.run("-u lead audit verify").is(0);
    assert_eq!(verified_by_an_auditor(&project).status, 0);
}

// REQ-064
#[test]
fn a_key_that_somebody_else_sealed_is_in_no_registry() {
    let project = Project::new();
    let phrase = enrolled(&project, "hana", "quality");
    let id = project.key().parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let (sealed, _) = SealedKey::new(&id, &"hana".parse().unwrap(), PASSPHRASE, &[7; KEY_BYTES]).unwrap();
    let key = project.token("lead").unwrap().with_file_name("hana.key");
    let own = fs::read_to_string(&key).unwrap();
    fs::write(&key, sealed.text()).unwrap();
    let hana = format!("-u hana --passphrase-file {}", phrase.display());
    for line in ["whoami", "namespace add NEXT", "key create --new-passphrase-file none"] {
        assert_eq!(project.ask(&format!("{hana} {line}")).status, if line.contains("none") { 1 } else { 8 });
    }
    // Nor is her own of any use whose public half was exchanged, or whose seal was weakened.
    for (from, to) in [("\"rounds\": 600000", "\"rounds\": 1"), ("\"rounds\": 600000", "\"rounds\": 600001")]
    {
        assert!(own.contains(from), "{own}");
        fs::write(&key, own.replace(from, to)).unwrap();
        let refused = project.ask(&format!("{hana} whoami")).is(8);
        assert_eq!(refused["error"]["code"], "not_verified");
    }
    fs::write(&key, own).unwrap();
    project.run(&format!("{hana} whoami")).is(0);
}
