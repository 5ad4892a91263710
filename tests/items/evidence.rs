//! Files that are kept as evidence.

use std::fs;

use rusqlite::Connection;
use serde_json::json;

use super::{record, released};

// REQ-108
#[test]
fn a_file_is_kept_named_by_its_digest_and_given_back_as_it_was() {
    let project = released();
    let bytes = [0, 159, 146, 150, b'\n', b'|'];
    fs::write(project.path("photo.bin"), bytes).unwrap();
    record(&project, "EI-1", "--outcome pass --evidence photo --file photo.bin").run().is(0);
    let listed = project.ask("-u tu item list CR-001").is(0);
    let item = &listed["data"]["items"][0];
    let digest = item["files"][0]["sha256"].as_str().unwrap().to_owned();
    assert_eq!(item["evidence"], format!("photo\nsha256:{digest}"));
    assert_eq!((&item["files"][0]["number"], &item["files"][0]["by"]), (&json!(1), &json!("claude")));
    let written = project.ask("-u qa item file CR-001 EI-1 --out found.bin").is(0);
    assert_eq!(written["data"]["size"], bytes.len());
    assert_eq!(fs::read(project.path("found.bin")).unwrap(), bytes);
    // A file that is there is not written over, and one that is not kept is not made up.
    project.run("-u qa item file CR-001 EI-1 --out found.bin").is(1);
    project.run("-u qa item file CR-001 EI-2 --out other.bin").is(5);
    project.run("-u qa item file CR-001 EI-1 --number 2 --out other.bin").is(5);
}

// REQ-108
#[test]
fn evidence_that_was_taken_out_of_the_store_fails_the_audit() {
    let project = released();
    record(&project, "EI-1", "--outcome pass --evidence log --file -").input("run 7: dry\n").run().is(0);
    project.run("-u lead audit verify --contents").is(0);
    let listed = project.ask("-u tu item list CR-001").is(0);
    let digest = listed["data"]["items"][0]["files"][0]["sha256"].as_str().unwrap().to_owned();
    let store = Connection::open(project.database()).unwrap();
    store.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'contents'";
    let triggers: Vec<String> = store
        .prepare(triggers)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        store.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    let changed = store.execute("DELETE FROM contents WHERE lower(hex(digest)) = ?1", [&digest]);
    assert_eq!(changed.unwrap(), 1);
    drop(store);
    project.run("-u lead audit verify --contents").is(80);
    project.run("-u qa item file CR-001 EI-1 --out found.txt").is(80);
}

#[test]
fn an_empty_file_and_one_that_is_too_long_are_no_evidence() {
    let project = released();
    fs::write(project.path("empty.txt"), "").unwrap();
    fs::write(project.path("long.txt"), vec![b'x'; 2 * 1024 * 1024]).unwrap();
    for file in ["empty.txt", "long.txt"] {
        let line = format!("--outcome pass --evidence log --file {file}");
        assert_eq!(record(&project, "EI-1", &line).ask().is(4).reasons(), ["invalid_input"], "{file}");
    }
    record(&project, "EI-1", "--outcome pass --evidence log --file missing.txt").run().is(1);
}
