//! One table: what is named and does not exist is 5, what is no name is 2, whoever is unknown is 8.

use serde_json::json;

use super::furnished;

/// Commands that name something which does not exist, and the hint.
const NOT_THERE: &[(&str, &str)] = &[
    ("status CR-999", "list"),
    ("next CR-999", "list"),
    ("read CR-999", "list"),
    ("diff CR-999", "list"),
    ("history CR-999", "list"),
    ("comments CR-999", "list"),
    ("checkout CR-999", "list"),
    ("approve CR-999 --dry-run", "list"),
    ("create TP --parent CR-999 --title x", "list"),
    ("list --parent CR-999", "list"),
    ("create NOPE --title x", "workflow show"),
    ("list --type NOPE", "workflow show"),
    ("list --state NOPE", "workflow show"),
    ("list --owner nope", "user list"),
    ("list --assignee nope", "user list"),
    ("user show nope", "user list"),
    ("user move nope --group quality", "user list"),
    ("user remove nope", "user list"),
    ("route CR-002 --review --assignees nope", "user list"),
    ("assign CR-001 --assignees tu,nope", "user list"),
    ("transfer CR-001 --to nope --reason x", "user list"),
    ("user add eve --group kings --agent", ""),
    ("user move tu --group kings", ""),
    ("create RS --namespace NOPE --title x", "namespace add NOPE"),
    ("workflow show nope", "workflow show"),
    ("workflow graph nope", "workflow show"),
    ("workflow adopt nope.yaml", "workflow diff"),
    ("read SOP-001 --version 7.7", "history SOP-001"),
    ("diff SOP-001 --from 7.7", "history SOP-001"),
    ("diff SOP-001 --since-my-review", "history SOP-001"),
    ("audit proof 9999", ""),
];

/// Commands that name something by what is no name, and the name that is suggested.
const NO_NAME: &[(&str, &str)] = &[
    ("status cr-001", "CR-001"),
    ("checkout cr-001", "CR-001"),
    ("create cr --title x", "CR"),
    ("create TP --parent cr-001 --title x", "CR-001"),
    ("create RS --namespace core --title x", "CORE"),
    ("list --type cr", "CR"),
    ("list --state draft", "DRAFT"),
    ("list --owner CLAUDE", "claude"),
    ("list --parent cr-001", "CR-001"),
    ("user show TU", "tu"),
    ("user add EVE --group quality --agent", "eve"),
    ("user add eve --group QUALITY --agent", "quality"),
    ("user move TU --group quality", "tu"),
    ("user remove TU", "tu"),
    ("route CR-002 --review --assignees TU", "tu"),
    ("transfer CR-001 --to TU --reason x", "tu"),
    ("namespace add core", "CORE"),
    ("read SOP-001 --version one", ""),
];

// REQ-132
#[test]
fn what_does_not_exist_is_5_and_what_is_no_name_is_2_whatever_the_command() {
    let project = furnished();
    project.keeps(0, || {
        for (line, hint) in NOT_THERE {
            let answer = project.ask(&format!("-u lead {line}")).is(5);
            let hints = if hint.is_empty() { json!([]) } else { json!([format!("qms --user lead {hint}")]) };
            assert_eq!(answer["error"]["hints"], hints, "{line}");
            assert_eq!(answer["error"]["reasons"], json!([]), "{line}");
        }
        for (line, name) in NO_NAME {
            let answer = project.ask(&format!("-u lead {line}")).is(2);
            let message = answer["error"]["message"].as_str().unwrap();
            let suggested = message.contains(&format!("did you mean `{name}`?"));
            assert_eq!(suggested, !name.is_empty(), "{line}: {message}");
        }
    });
}

// REQ-049
#[test]
fn whoever_is_unknown_is_told_that_and_nothing_else() {
    let project = furnished();
    let lines = NOT_THERE.iter().map(|(line, _)| *line).chain(["status CR-001", "list", "checkout CR-001"]);
    for line in lines {
        let answer = project.ask(&format!("-u nobody {line}")).is(8);
        let message = "`nobody` is not a user of this project";
        let reason = json!({"name": "unknown_user", "class": "identity", "message": message, "remedy": null});
        assert_eq!(answer["error"]["reasons"], json!([reason]), "{line}");
        assert_eq!(answer["error"]["message"], message, "{line}");
        assert_eq!([&answer["error"]["hints"], &answer["data"]["next"]], [&json!([]), &json!([])], "{line}");
    }
}
