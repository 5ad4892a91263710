//! The first page of the help: what moves documents, what looks at them, what looks after the rest.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::StyledStr;

/// The program's own commands by what they are about; everything else is a verb of the policy.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Look at documents",
        &[
            "status",
            "next",
            "list",
            "inbox",
            "brief",
            "workspace",
            "read",
            "diff",
            "history",
            "comments",
            "note",
            "item",
            "trait",
            "why",
            "blocked",
            "sop",
        ],
    ),
    ("Show that it is so", &["evidence"]),
    (
        "Prove who is calling",
        &["whoami", "token", "key", "enrol", "unlock", "recover", "agent", "hooks", "hook"],
    ),
    ("Look after the project", &["init", "user", "namespace", "workflow", "audit", "metrics", "doctor"]),
    ("About the program", &["explain", "completion", "demo"]),
];

/// Lists the commands under headings.
pub fn grouped(command: Command) -> Command {
    let styles = command.get_styles().clone();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let is_own = |name: &&str| GROUPS.iter().any(|(_, group)| group.contains(name));
    let verbs: Vec<&str> = names.iter().filter(|name| !is_own(name)).copied().collect();
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut list = String::new();
    for (heading, group) in [("Move documents", verbs.as_slice())].iter().chain(GROUPS) {
        let _ = writeln!(list, "{header}{heading}:{header:#}");
        for name in *group {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(list, "  {literal}{name:width$}{literal:#}  {about}");
        }
        list.push('\n');
    }
    // Braces would be taken for places of the template.
    let list = list.replace(['{', '}'], "");
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{list}{header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    command.help_template(StyledStr::from(template))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{dispatch, grammar};
    use crate::domain::policy::{RESERVED_COMMANDS, RESERVED_FLAGS, RESERVED_VERBS};
    use crate::embedded;

    #[test]
    fn every_command_stands_in_the_help_once_and_under_its_heading() {
        let actions = embedded::actions();
        let mut command = grammar::command(&actions, grammar::Extent::Whole);
        let help = command.render_long_help().to_string();
        let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("no {text:?} in {help}"));
        for name in command.get_subcommands().map(Command::get_name) {
            let line = |line: &&str| line.split_whitespace().next() == Some(name) && line.starts_with("  ");
            assert_eq!(help.lines().filter(line).count(), 1, "{name} in {help}");
        }
        assert!(place("Move documents:") < place("  checkout"));
        assert!(place("  transfer") < place("Look at documents:"));
        assert!(place("Look at documents:") < place("  status"));
        assert!(place("Prove who is calling:") < place("  whoami"));
        assert!(place("Options:") < place("`qms next"));
    }

    #[test]
    fn a_verb_that_the_program_takes_over_is_one_of_its_commands() {
        let command = grammar::command(&[], grammar::Extent::Whole);
        for words in grammar::OWN_VERBS {
            let (group, name) = words.split_once(' ').unwrap();
            assert!(
                command.find_subcommand(group).and_then(|it| it.find_subcommand(name)).is_some(),
                "{words}"
            );
        }
    }

    // REQ-006
    #[test]
    fn the_commands_of_the_program_win_over_verbs_that_are_called_like_them() {
        for words in RESERVED_COMMANDS.iter().copied().chain(["status me", "inbox all"]) {
            let mut actions = embedded::actions();
            let checkin = actions.iter_mut().find(|it| it.name.as_str() == "checkin").unwrap();
            checkin.command = Some(words.to_owned());
            assert!(!dispatch::is_verb(checkin), "{words}");
            let (group, name) = words.split_once(' ').unwrap();
            for command in
                [grammar::command(&actions, grammar::Extent::Whole), grammar::only(&actions, group).unwrap()]
            {
                command.clone().debug_assert();
                let mut command = command;
                command.build();
                let found = command.find_subcommand(group).and_then(|it| it.find_subcommand(name));
                let about = found.and_then(|it| it.get_about()).map(ToString::to_string);
                assert_ne!(about.as_deref(), Some("Store the working copy as the next version"), "{words}");
            }
        }
    }

    #[test]
    fn what_the_program_takes_for_itself_no_policy_can_take() {
        let command = grammar::command(&[], grammar::Extent::Whole);
        let mut taken = Vec::new();
        let mut command = command;
        command.build();
        for own in command.get_subcommands() {
            assert!(RESERVED_VERBS.contains(&own.get_name()), "{}", own.get_name());
            assert_eq!(own.get_all_aliases().count(), 0, "{}", own.get_name());
            let within = own.get_subcommands().filter(|it| it.get_name() != "help");
            taken.extend(within.map(|it| format!("{} {}", own.get_name(), it.get_name())));
        }
        taken.retain(|words| !grammar::OWN_VERBS.contains(&words.as_str()));
        taken.sort();
        assert_eq!(taken, RESERVED_COMMANDS);
        for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(RESERVED_FLAGS.contains(&flag.replace('-', "_").as_str()) || flag == "version", "{flag}");
        }
    }
}
