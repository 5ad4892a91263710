//! What only a person answers, and an agent that calls in that person's name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Hooked;

// REQ-082, REQ-086
#[test]
fn an_agent_in_the_name_of_a_person_sees_no_answer_of_theirs_and_opens_nothing_for_them() {
    let hooked = Hooked::new();
    let project = &hooked.project;
    for (name, from, to) in [
        (
            "executable.yaml",
            "verdict: review, quorum: all }",
            "verdict: review, quorum: all, guards: [human, opened] }",
        ),
        ("policy.yaml", "claude: claude", "claude: maria"),
    ] {
        let path = project.path(&format!("workflows/{name}"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
    }
    let phrase = project.folder().join("phrase");
    fs::write(&phrase, "correct horse\n").unwrap();
    fs::set_permissions(&phrase, fs::Permissions::from_mode(0o600)).unwrap();
    project.play(&[
        "-u lead user add maria --group quality --human",
        "-u lead user add otto --group reviewer --human",
        "-u lead workflow adopt executable.yaml policy.yaml",
        "-u lead token issue maria --out ../code",
        "--token-file ../code enrol --passphrase-file ../phrase",
        "-u claude create CR --title y",
        "-u claude route CR-002 --review --assignees maria,otto",
    ]);
    let by_agent =
        |id: &str, command: &str| hooked.sh(&Hooked::rewritten(hooked.call("s-1", None, id, command)));
    let maria = |line: &str| project.run(&format!("-u maria --passphrase-file ../phrase {line}"));

    let (status, said) = by_agent("t-1", "qms read CR-002 --draft");
    assert!(status == 0 && said.contains("the reading of CR-002 is not recorded"), "{said}");
    maria("review CR-002 --request-updates --comment Marker").is(4).says("has not opened CR-002");
    maria("read CR-002 --draft").is(0).says("`maria` has opened CR-002");
    maria("review CR-002 --request-updates --comment Marker").is(0);

    for (number, view) in ["status", "history", "comments", "list"].into_iter().enumerate() {
        let words = if view == "list" { "list -o json".to_owned() } else { format!("{view} CR-002") };
        let tells = |said: &str| said.contains("Marker") || said.contains("request_updates");
        let (status, said) = by_agent(&format!("v-{number}"), &format!("qms {words}"));
        assert!(status == 0 && !tells(&said), "{view}: {said}");
        assert!(tells(&maria(&words).is(0).text()), "{view}");
    }
}
