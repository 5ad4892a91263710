//! Where nobody sits, nothing waits; where a person sits, the menu does.

use std::fs;
use std::process::Command;

use qms::cli::AGENT_VARIABLES;

use super::{PROGRAM, Terminal, in_review};

// REQ-134, REQ-179
#[test]
fn nothing_waits_for_programs_agents_and_scripts() {
    let project = in_review();
    let of_agents = AGENT_VARIABLES.iter().map(|name| (*name, "1"));
    let values = [("CI", "true"), ("AGENT", "amp"), ("CODEX_SANDBOX", "seatbelt"), ("CLINE_ACTIVE", "TRUE")];
    for variable in of_agents.chain(values) {
        let mut terminal = Terminal::open(&project, "-u qa next CR-001", &[variable]);
        let (status, said) = terminal.ends();
        assert_eq!(status, 0, "{variable:?}");
        assert!(said.contains("[1] Submit your review") && !said.contains("Select action"), "{said}");
    }
    for flag in ["--no-interactive", "-q", "-o json", "-o yaml", "--json"] {
        let mut terminal = Terminal::open(&project, &format!("-u qa status CR-001 {flag}"), &[]);
        let (status, said) = terminal.ends();
        assert_eq!(status, 0, "{flag}");
        assert!(!said.contains("Select action") && !said.contains("Available"), "{flag}: {said}");
    }
    let mut terminal = Terminal::open(&project, "-u qa status CR-001", &[("QMS_NO_INTERACTIVE", "1")]);
    assert!(!terminal.ends().1.contains("Available"));
    // Whoever asks for the menu alone gets it, and is not asked either.
    let mut terminal = Terminal::open(&project, "-u qa next CR-001 --no-interactive", &[]);
    let (status, said) = terminal.ends();
    assert!(status == 0 && said.contains("[1] Submit your review") && !said.contains("Select"), "{said}");
    let mut terminal = Terminal::open(&project, "-u claude approve CR-001", &[("CI", "1")]);
    assert_eq!(terminal.ends().0, 7);
}

// REQ-179
#[test]
fn a_variable_that_says_no_and_a_setting_of_a_person_keep_nobody_from_being_asked() {
    let project = in_review();
    let no = |value| AGENT_VARIABLES.iter().chain(&["CI"]).map(|name| (*name, value)).collect::<Vec<_>>();
    let settings = [
        "CODEX_HOME",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CONFIG_DIR",
        "GEMINI_API_KEY",
        "OPENCODE_CONFIG",
        "CURSOR_TRACE_ID",
        "COPILOT_GITHUB_TOKEN",
        "GOOSE_PROVIDER",
        "AGENTS",
    ];
    let settings = settings.map(|name| (name, "1")).to_vec();
    for variables in [no(""), no("0"), no("false"), no("False"), settings, vec![("QMS_NO_INTERACTIVE", "0")]]
    {
        let mut terminal = Terminal::open(&project, "-u qa next CR-001", &variables);
        terminal.asks();
        terminal.enter("");
        assert_eq!(terminal.ends().0, 0);
    }
}

// REQ-134
#[test]
fn the_menu_waits_only_where_all_three_streams_are_terminals() {
    let project = in_review();
    for redirection in ["</dev/null", ">out.txt", "2>err.txt", ">out.txt 2>&1", "</dev/null >out.txt"] {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec \"$0\" -u qa next CR-001 {redirection}"), PROGRAM]);
        let mut terminal = Terminal::start(&project, command, &[]);
        let (status, said) = terminal.ends();
        assert_eq!(status, 0, "{redirection}");
        assert!(!said.contains("Select action"), "{redirection}: {said}");
    }
    assert!(fs::read_to_string(project.path("out.txt")).unwrap().contains("[1] Submit your review"));
}
