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

// REQ-189, REQ-264
#[test]
fn a_file_keeps_its_name_and_its_media_type_wherever_it_is_shown() {
    let project = released();
    let long = format!("{}.csv", "ä".repeat(120));
    for (item, name, text) in [("EI-1", "Wägeprotokoll 7.pdf", "%PDF-1.7"), ("EI-2", long.as_str(), "5.0\n")]
    {
        fs::create_dir_all(project.path("scans")).unwrap();
        fs::write(project.path("scans").join(name), text).unwrap();
        let line = format!("--outcome pass --evidence scan --file \"scans/{name}\"");
        record(&project, item, &line).run().is(0);
    }
    // What does not show is in no name.
    let hidden = "scans/log\u{e0152}\u{34f}.txt";
    fs::write(project.path(hidden), "7").unwrap();
    let line = format!("--outcome pass --evidence scan --file {hidden}");
    record(&project, "EI-3", &line).run().is(4).says("the name of the file has the character U+E0152");
    let listed = project.ask("-u tu evidence list CR-001").is(0);
    let evidence = listed["data"]["evidence"].as_array().unwrap();
    let told = |at: usize| [evidence[at]["file_name"].clone(), evidence[at]["media_type"].clone()];
    assert_eq!(told(0), [json!("Wägeprotokoll 7.pdf"), json!("application/pdf")]);
    assert_eq!(told(1), [json!(long), json!("text/csv")]);
    let text = project.run("-u tu evidence list CR-001").is(0).text();
    assert!(text.contains("Wägeprotokoll 7.pdf"), "{text}");
    let text = project.run("-u tu evidence list CR-001 -o wide").is(0).text();
    assert!(text.contains("application/pdf"), "{text}");
    let shown = project.run("-u tu evidence show CR-001 EI-1").is(0);
    assert_eq!(shown.stdout, b"%PDF-1.7");
    shown.says("EI-1@1: Wägeprotokoll 7.pdf (application/pdf), 8 bytes");
    let shown = project.ask("-u tu evidence show CR-001 EI-1").is(0);
    assert_eq!(shown["data"]["evidence"]["file_name"], "Wägeprotokoll 7.pdf");
    let items = project.ask("-u tu item list CR-001").is(0);
    assert_eq!(items["data"]["items"][0]["files"][0]["file_name"], "Wägeprotokoll 7.pdf");
    // What came on standard input has no name, and what a command wrote is no file.
    record(&project, "EI-3", "--outcome pass --evidence log --file -").input("run 7: dry\n").run().is(0);
    let listed = project.ask("-u tu evidence list CR-001").is(0);
    let last = listed["data"]["evidence"].as_array().unwrap().last().unwrap().clone();
    assert_eq!([&last["file_name"], &last["media_type"]], [&json!(null), &json!("text/plain")]);
    // They are sealed: a row that says another name is found.
    project.run("-u lead audit verify --contents").is(0);
    let store = Connection::open(project.database()).unwrap();
    store.execute_batch("DROP TRIGGER attestations_stay").unwrap();
    for (column, value) in [("file_name", "forged.pdf"), ("media_type", "text/html")] {
        let sql = format!("UPDATE attestations SET {column} = '{value}' WHERE name = 'EI-1'");
        assert_eq!(store.execute(&sql, []).unwrap(), 1);
        project.run("-u lead audit verify").is(80);
    }
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

// REQ-188
#[test]
fn a_file_is_kept_up_to_what_the_policy_says_and_a_refusal_names_both_sizes() {
    let project = released();
    let line = |file: &str| format!("--outcome pass --evidence scan --file {file}");
    let is_refused = |file: &str, words: &str| {
        let refused = project.keeps(1, || record(&project, "EI-1", &line(file)).ask().is(4));
        assert_eq!(refused.reasons(), ["invalid_input"], "{file}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert_eq!(message, words, "{file}");
    };
    fs::write(project.path("empty.txt"), "").unwrap();
    is_refused("empty.txt", "`file` is empty");
    // A file with room for more than was ever written: its size is what counts.
    let sized = |name: &str, size: u64| fs::File::create(project.path(name)).unwrap().set_len(size).unwrap();
    sized("scan.pdf", 16 * 1024 * 1024 + 1);
    let words = "has 16777217 bytes (16 MiB); 16777216 bytes (16 MiB) are allowed";
    is_refused("scan.pdf", &format!("`file` (`scan.pdf`) {words}"));
    sized("larger.pdf", 3_000_000_000);
    let words = "has 3000000000 bytes (2861 MiB); 16777216 bytes (16 MiB) are allowed";
    is_refused("larger.pdf", &format!("`file` (`larger.pdf`) {words}"));
    sized("whole.pdf", 16 * 1024 * 1024);
    record(&project, "EI-1", &line("whole.pdf")).run().is(0);
    project.run("-u qa item file CR-001 EI-1 --out found.pdf").is(0);
    assert_eq!(fs::metadata(project.path("found.pdf")).unwrap().len(), 16 * 1024 * 1024);
    record(&project, "EI-1", "--outcome pass --evidence log --file missing.txt").run().is(1);
    // What the policy says counts for each document from then on.
    let policy = fs::read_to_string(project.path("workflows/policy.yaml")).unwrap();
    fs::write(project.path("workflows/policy.yaml"), policy + "\nevidence_files: { max: 1KiB }\n").unwrap();
    project.run("-u lead workflow adopt").is(0);
    fs::write(project.path("log.txt"), "x".repeat(1025)).unwrap();
    let refused = record(&project, "EI-2", &line("log.txt")).ask().is(4);
    let words = "has 1025 bytes (1 KiB); 1024 bytes (1 KiB) are allowed";
    assert_eq!(refused["error"]["message"], format!("`file` (`log.txt`) {words}"));
    fs::write(project.path("log.txt"), "x".repeat(1024)).unwrap();
    record(&project, "EI-2", &line("log.txt")).run().is(0);
    project.run("-u lead audit verify --contents").is(0);
}

#[test]
fn a_stream_without_an_end_is_no_file_and_no_comment() {
    let project = released();
    let endless = || fs::File::open("/dev/zero").unwrap();
    for (line, words) in [
        (
            "-u claude item record CR-001 EI-1 --outcome pass --evidence x --file -",
            "standard input has more than 67108864 bytes (64 MiB)",
        ),
        ("-u claude terminate CR-001 --reason -", "standard input has more than 16777216 bytes (16 MiB)"),
    ] {
        let mut call = project.call(line);
        call.command.stdin(endless());
        project.keeps(0, || call.run().is(2).says(words));
    }
}
