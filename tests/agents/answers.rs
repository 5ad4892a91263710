//! What the end of a start says: whether the task was answered.

use crate::stand_in::{RUN, Started};

// REQ-215
#[test]
fn a_start_succeeds_where_the_task_was_answered_and_nowhere_else() {
    let review = "QMS review CR-001 --recommend --comment 'read it whole' --no-interactive";
    let withdraw = "QMS AS_CLAUDE withdraw CR-001 --no-interactive";
    for (script, status, answer, words) in [
        (review.to_owned(), 0, "given", "qa has answered the review of CR-001"),
        (
            "echo 'I reviewed it, and it is fine'".to_owned(),
            1,
            "awaited",
            "CR-001 still awaits the review of qa",
        ),
        ("QMS review CR-001".to_owned(), 1, "awaited", "CR-001 still awaits the review of qa"),
        (
            format!("{withdraw} > /dev/null"),
            1,
            "over",
            "qa answered nothing, and CR-001 awaits no review of qa",
        ),
        (format!("{review} > /dev/null; exit 3"), 1, "given", "qa has answered the review of CR-001"),
        ("exit 3".to_owned(), 1, "awaited", "CR-001 still awaits the review of qa"),
    ] {
        let started = Started::new(&script);
        let ended = started.project.ask(RUN).is(status);
        let said = if status == 0 { &ended["data"]["answer"] } else { &ended["error"]["details"]["answer"] };
        assert_eq!(said, answer, "{script}");
        if status == 0 {
            assert!(!ended.value().to_string().contains("recommend"), "{script}");
        } else {
            assert!(ended["error"]["message"].as_str().unwrap().contains(words), "{script}");
        }
    }
    let started = Started::new(review);
    assert!(started.project.run(RUN).is(0).text().contains(" s: qa has answered the review of CR-001\n"));
    // Who answered before is not asked again, and answers nothing.
    assert_eq!(started.project.ask(RUN).is(1)["error"]["details"]["answer"], "over");
}
