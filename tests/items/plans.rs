//! Plans: what has to stand in them before anybody reviews them.

use std::fs;

use super::{ROWS, plan, record, release, released};
use crate::project::Project;

// REQ-102, REQ-162
#[test]
fn a_plan_is_not_reviewed_before_its_items_can_be_read_and_nothing_of_them_is_done() {
    let project = Project::new();
    project.run("-u claude create CR --title Pump").is(0);
    let [one, two, three] = ROWS;
    for (rows, name, said) in [
        (String::new(), "items_unreadable", "line 88: the items table has no rows"),
        (one.replace("EI-1", "1"), "items_unreadable", "line 90: `1` is no item id"),
        (one.repeat(2), "items_unreadable", "line 91: EI-1 stands in line 90 already"),
        (one.replace("Stop the pump", " "), "items_unplanned", "EI-1 in line 90 has no task"),
        (one.replace("It stands", ""), "items_unplanned", "EI-1 in line 90 has no expected result"),
        (
            one.replace("[Pass or Fail]", "Pass"),
            "items_unplanned",
            "the outcome of EI-1 in line 90 is filled in before its execution",
        ),
        (
            one.to_owned() + &two.replacen("| ", "<i></i>", 1),
            "items_unreadable",
            "line 91: `<i></i>EI-2` is no item id",
        ),
        (format!("{one}\n{two}"), "items_unreadable", "line 92: this row stands outside of the items table"),
        (
            format!("{one}\n### 8.3 More\n\n{two}"),
            "items_unreadable",
            "line 94: this row stands outside of the items table",
        ),
        ("EI-1, then EI-2\n".to_owned(), "items_unreadable", "line 90: 1 cells in a table of 8 columns"),
    ] {
        plan(&project, "CR-001", &rows);
        project.run("-u claude checkin CR-001").is(0);
        let refused = project.ask("-u claude route CR-001 --review").is(4);
        assert_eq!(refused.reasons(), [name], "{rows}");
        let told = refused["error"]["message"].as_str().unwrap();
        assert!(told.contains(said), "{said}\n{told}");
        project.run("-u claude checkout CR-001").is(0);
        // What was refused is taken out again by the next plan.
        let path = project.copy("claude", "CR-001");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace(&rows, "")).unwrap();
    }
    plan(&project, "CR-001", &[two, three].concat());
    release(&project, "CR-001");
}

#[test]
fn a_plan_of_ten_thousand_items_is_carried_out_like_any_other() {
    let project = Project::new();
    project.run("-u claude create CR --title Pumps").is(0);
    let row = |number: usize| ROWS[0].replace("EI-1", &format!("EI-{number}"));
    plan(&project, "CR-001", &(1..=10_000).map(row).collect::<String>());
    release(&project, "CR-001");
    project.record("claude", "CR-001", &["EI-10000"]);
    let refused = project.ask("-u claude route CR-001 --review").is(4);
    assert_eq!(refused["error"]["reasons"].as_array().unwrap().len(), 6);
    assert_eq!(refused["error"]["reasons"][5]["message"], "and 9994 more");
    let listed = project.ask("-u tu item list CR-001").is(0);
    assert_eq!(listed["data"]["items"].as_array().unwrap().len(), 10_000);
    assert_eq!(listed["data"]["items"][9_999]["outcome"], "pass");
    // A menu offers what can be looked through.
    let menu = project.ask("-u claude next CR-001").is(0);
    let line = &menu["data"]["next"].as_array().unwrap().iter().find(|line| line["action"] == "item_record");
    assert_eq!(line.unwrap()["inputs"][0]["one_of"], serde_json::json!([]));
}

#[test]
fn cells_of_a_megabyte_are_read_and_not_repeated() {
    let project = Project::new();
    project.run("-u claude create CR --title Pump").is(0);
    let long = "X".repeat(1_000_000);
    plan(&project, "CR-001", &ROWS[0].replace("EI-1", &long));
    let refused = project.call("-u claude route CR-001 --review").unfilled().ask().is(4);
    assert_eq!(refused.reasons(), ["items_unreadable"]);
    assert!(refused["error"]["message"].as_str().unwrap().len() < 500);
    project.edit("claude", "CR-001", &long, "EI-1");
    project.edit("claude", "CR-001", "Stop the pump", &"stop ".repeat(200_000));
    release(&project, "CR-001");
    project.record("claude", "CR-001", &["EI-1"]);
    let listed = project.ask("-u tu item list CR-001").is(0);
    assert_eq!(listed["data"]["items"][0]["task"].as_str().unwrap().len(), 999_999);
}

#[test]
fn types_without_items_have_none_and_say_so() {
    let project = released();
    let refused = project.ask("-u claude item list SOP-001").is(5);
    assert_eq!(refused["error"]["message"], "SOP-001 is of type SOP, which has no execution items");
    project.run("-u claude item list CR-999").is(5);
    record(&project, "EI-9", "--outcome pass --evidence log").run().is(4).says("CR-001 has no item EI-9");
    record(&project, "ei-1", "--outcome pass --evidence log").run().is(2).says("did you mean `EI-1`?");
    record(&project, "EI-1", "--outcome done --evidence log").run().is(2);
}
