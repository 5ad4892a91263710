//! What a choice asks for, and how it is told.

use serde_json::json;

use super::{Project, Terminal};

// REQ-014, REQ-138, REQ-167
#[test]
fn a_failed_item_is_recorded_from_the_menu_which_asks_what_came_about() {
    let project = Project::new();
    project.play(&[
        "-u claude create CR --title x",
        "-u claude route CR-001 --review",
        "-u qa review CR-001 --recommend --comment fine",
        "-u claude route CR-001 --approval",
        "-u qa approve CR-001",
        "-u claude release CR-001",
    ]);
    let mut terminal = Terminal::open(&project, "-u claude next CR-001", &[]);
    let menu = terminal.asks();
    assert!(menu.contains("--outcome <pass|fail> [--actual <text>] --evidence <text>"), "{menu}");
    let lines = menu.lines().filter(|line| line.trim_start().starts_with('['));
    let number = 1 + lines.take_while(|line| !line.contains("item record")).count();
    let choose = |terminal: &mut Terminal, item: &str| {
        terminal.enter(&number.to_string());
        terminal.until("item: ");
        terminal.until(": ");
        terminal.enter(item);
    };
    choose(&mut terminal, "EI-99");
    assert!(terminal.asks().contains("nothing was done: `item` was not told"));
    // A value can be written out as well as its number.
    for (item, outcome, actual) in [("EI-2", "pass", None), ("1", "2", Some("it leaks"))] {
        choose(&mut terminal, item);
        terminal.until("outcome: [1] pass  [2] fail: ");
        terminal.enter(outcome);
        terminal.until("evidence: ");
        terminal.enter("run.log");
        if let Some(actual) = actual {
            terminal.until("actual: ");
            terminal.enter(actual);
        }
        let said = terminal.asks();
        assert!(said.contains("Item of CR-001 recorded"), "{said}");
    }
    terminal.enter("");
    assert_eq!(terminal.ends().0, 0);
    let items = project.ask("-u claude item list CR-001").is(0)["data"]["items"].clone();
    let of = |item: usize| [items[item]["outcome"].clone(), items[item]["actual"].clone()];
    assert_eq!(of(0), [json!("fail"), json!("it leaks")], "{items:#}");
    assert_eq!(of(1)[0], "pass");
}
