//! How reviews go, as the log tells it.

use serde_json::{Value, json};

use crate::project::Project;

/// A project with a change record that was reviewed, approved and rejected by two.
fn played() -> Project {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review --assignees tu",
        "-u tu review CR-001 --request-updates --comment why",
        "-u qa review CR-001 --recommend --comment fine",
        "-u qa assign CR-001 --assignees tu",
        "-u tu review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude checkout SOP-001",
    ]);
    project.edit("claude", "SOP-001", "revision_summary: Initial issue", "revision_summary: Shorter");
    project.play(&[
        "-u claude route SOP-001 --review",
        "-u qa review SOP-001 --recommend --comment fine",
        "-u claude route SOP-001 --approval",
        "-u qa reject SOP-001 --comment \"Too short\"",
    ]);
    project
}

fn counts(of: &Value) -> [u64; 5] {
    ["verdicts", "recommend", "request_updates", "approve", "reject"].map(|name| of[name].as_u64().unwrap())
}

// REQ-087
#[test]
fn verdicts_are_counted_by_reviewer_and_by_type() {
    let project = played();
    let answer = project.keeps(0, || project.ask("-u tu metrics reviews")).is(0);
    let data = &answer["data"];
    assert_eq!(counts(&data["total"]), [6, 3, 1, 1, 1]);
    assert_eq!(data["total"]["objecting"], json!(0.3333));
    let figures = |list: &str, name: &str, value: &str| {
        let found = data[list].as_array().unwrap().iter().find(|one| one[name] == value);
        counts(found.unwrap())
    };
    assert_eq!(figures("reviewers", "user", "qa"), [4, 2, 0, 1, 1]);
    assert_eq!(figures("reviewers", "user", "tu"), [2, 1, 1, 0, 0]);
    assert_eq!(figures("types", "type", "CR"), [4, 2, 1, 1, 0]);
    assert_eq!(figures("types", "type", "SOP"), [2, 1, 0, 0, 1]);
    for one in data["reviewers"].as_array().unwrap().iter().chain(data["types"].as_array().unwrap()) {
        assert!(one["median_ms"].as_u64() <= one["p90_ms"].as_u64(), "{one}");
    }
    let text = project.run("-u tu metrics reviews").is(0).text();
    assert!(
        text.starts_with("1 approval, 1 rejection\n3 recommendations, 1 request for updates\n\nREVIEWER")
    );
    let row = text.lines().find(|line| line.starts_with("tu ")).unwrap();
    assert!(row.split_whitespace().take(4).eq(["tu", "2", "50.0", "%"]), "{text}");
    let wide = project.run("-u tu metrics reviews -o wide").is(0).text();
    assert!(wide.contains("REQUEST UPDATES"), "{wide}");
    project.run("-u tu metrics reviews -o yaml").is(0);
}

// REQ-087
#[test]
fn what_is_said_in_an_open_round_is_not_counted_before_it_ends() {
    let project = played();
    let before = project.ask("-u claude metrics reviews").is(0);
    project.play(&[
        "-u claude create CR --title y",
        "-u claude route CR-002 --review --assignees tu",
        "-u tu review CR-002 --request-updates --comment no",
    ]);
    let open = project.ask("-u claude metrics reviews").is(0);
    assert_eq!([&before["data"]["open"], &open["data"]["open"]], [&json!(0), &json!(1)]);
    for of in ["total", "reviewers", "types"] {
        assert_eq!(before["data"][of], open["data"][of]);
    }
    let text = project.run("-u claude metrics reviews").is(0).text();
    assert!(text.ends_with("\n1 verdict of an open round counts when the round ends\n"), "{text}");
    project.run("-u claude withdraw CR-002").is(0);
    let ended = project.ask("-u claude metrics reviews").is(0);
    assert_eq!(counts(&ended["data"]["total"]), [7, 3, 2, 1, 1]);
    assert_eq!(ended["data"]["open"], json!(0));
}

#[test]
fn only_what_was_said_since_then_is_counted() {
    let project = played();
    let history = project.ask("-u qa history SOP-001").is(0);
    let entries = history["data"]["entries"].as_array().unwrap();
    let rejected = entries.iter().find(|entry| entry["verdict"] == "reject").unwrap();
    let at = rejected["at"].as_str().unwrap();
    let since = project.ask(&format!("-u qa metrics reviews --since {at}")).is(0);
    assert_eq!(since["data"]["since"], json!(at));
    assert_eq!(counts(&since["data"]["total"])[4], 1);
    assert!(counts(&since["data"]["total"])[0] < 6);
    assert_eq!(counts(&project.ask("-u qa metrics reviews --since 1d").is(0)["data"]["total"])[0], 6);
    let later = project.ask("-u qa metrics reviews --since 2999-01-01").is(0);
    assert_eq!(counts(&later["data"]["total"]), [0; 5]);
    assert_eq!(later["data"]["total"]["objecting"], json!(null));
    let text = project.run("-u qa metrics reviews --since 2999-01-01").is(0).text();
    assert_eq!(text, "0 approvals, 0 rejections\n0 recommendations, 0 requests for updates\n");
    project.run("-u qa metrics reviews --since yesterday").is(2);
    project.run("-u qa metrics").is(2);
    project.ask("-u nobody metrics reviews").is(8);
}
