//! Agents, launchers, runtimes and pins.

use super::Case;

/// A change of `policy.yaml`: these lines come before its users.
macro_rules! more {
    ($lines:literal) => {
        ("policy.yaml", "users:\n", concat!($lines, "users:\n"))
    };
}

pub(super) const CASES: &[Case] = &[
    Case(
        "unknown_name",
        &[more!(
            "launchers:\n  claude: { command: [/bin/x] }\nagents:\n  qa: { user: qa, launcher: cluade, started_by: [lead] }\n"
        )],
        "{ user: qa",
        "unknown launcher `cluade`, did you mean `claude`?",
    ),
    Case(
        "unknown_name",
        &[more!("runtimes: { claud: claude }\n")],
        "claude }",
        "unknown runtime `claud`, did you mean `claude`?",
    ),
    Case(
        "unknown_name",
        &[more!("launchers:\n  x: { command: [/bin/x, \"-p={breif}\"] }\n")],
        "{ command",
        "unknown placeholder `breif`, did you mean `brief`?",
    ),
    Case(
        "unknown_name",
        &[more!("launchers:\n  x: { command: [/bin/x], directory: \"{root}/{user}\" }\n")],
        "{ command",
        "unknown placeholder `user`",
    ),
    Case(
        "unknown_name",
        &[more!("agents:\n  qa: { user: qa, definition: { cluade: a.md } }\n")],
        "{ user: qa",
        "unknown runtime `cluade`, did you mean `claude`?",
    ),
    Case(
        "definition_path",
        &[more!("agents:\n  qa: { user: qa, definition: { claude: a.md, codex: ../b.toml } }\n")],
        "{ user: qa",
        "the definition of `qa` is no path in the project: `../b.toml`",
    ),
    Case(
        "definition_missing",
        &[more!(
            "launchers:\n  x: { command: [/bin/x] }\nagents:\n  qa: { user: qa, launcher: x, started_by: [lead], definition: { codex: b.toml } }\n"
        )],
        "{ user: qa",
        "`qa` has no definition for its launcher `x`",
    ),
    Case(
        "definition_missing",
        &[more!(
            "launchers:\n  x: { command: [/bin/x, \"{definition}\"] }\nagents:\n  qa: { user: qa, launcher: x, started_by: [lead] }\n"
        )],
        "{ user: qa",
        "`qa` has no definition for its launcher `x`",
    ),
    Case(
        "program_path",
        &[more!("launchers:\n  x: { command: [] }\n")],
        "{ command",
        "the command of `x` is empty",
    ),
    Case(
        "program_path",
        &[more!("launchers:\n  x: { command: [claude, -p] }\n")],
        "{ command",
        "the program of `x` needs an absolute path without placeholders, not `claude`",
    ),
    Case(
        "program_path",
        &[more!("launchers:\n  x: { command: [\"/opt/{agent}\"] }\n")],
        "{ command",
        "the program of `x` needs an absolute path without placeholders, not `/opt/{agent}`",
    ),
    Case(
        "program_directory",
        &[more!("launchers:\n  x: { command: [/bin/x], directory: work }\n")],
        "{ command",
        "the directory of `x` begins with neither `/` nor `{root}`",
    ),
    Case(
        "environment_name",
        &[more!("launchers:\n  x: { command: [/bin/x], environment: [LC-ALL] }\n")],
        "{ command",
        "`LC-ALL` is not the name of an environment variable",
    ),
    Case(
        "environment_name",
        &[more!("launchers:\n  x: { command: [/bin/x], environment: [7UP] }\n")],
        "{ command",
        "`7UP` is not the name of an environment variable",
    ),
    Case(
        "environment_name",
        &[more!("launchers:\n  x: { command: [/bin/x], environment: [HOME, QMS_TOKEN] }\n")],
        "{ command",
        "`QMS_TOKEN` cannot be passed on: what begins with `QMS_` is for this program",
    ),
    Case(
        "environment_name",
        &[more!("launchers:\n  x: { command: [/bin/x], environment: [LD_LIBRARY_PATH] }\n")],
        "{ command",
        "`LD_LIBRARY_PATH` cannot be passed on: it would load code that nobody adopted",
    ),
    Case(
        "environment_name",
        &[more!("launchers:\n  x: { command: [/bin/x], environment: [NODE_OPTIONS] }\n")],
        "{ command",
        "`NODE_OPTIONS` cannot be passed on: it would load code that nobody adopted",
    ),
    Case(
        "definition_path",
        &[more!(
            "launchers:\n  x: { command: [/bin/x] }\nagents:\n  qa: { user: qa, definition: /etc/qa.md }\n"
        )],
        "{ user: qa",
        "the definition of `qa` is no path in the project: `/etc/qa.md`",
    ),
    Case(
        "definition_path",
        &[more!(
            "launchers:\n  x: { command: [/bin/x] }\nagents:\n  qa: { user: qa, definition: agents/../../qa.md }\n"
        )],
        "{ user: qa",
        "the definition of `qa` is no path in the project: `agents/../../qa.md`",
    ),
    Case(
        "nobody",
        &[more!("launchers:\n  x: { command: [/bin/x] }\nagents:\n  qa: { user: qa, launcher: x }\n")],
        "{ user: qa",
        "nobody may start `qa`: `started_by` is empty",
    ),
    Case(
        "agent_ttl",
        &[more!("launchers:\n  x: { command: [/bin/x] }\nagents:\n  qa: { user: qa, ttl: \"90\" }\n")],
        "{ user: qa",
        "`90` is not a length of time: a number with s, m, h or d, such as 15m",
    ),
    Case(
        "agent_ttl",
        &[more!("launchers:\n  x: { command: [/bin/x] }\nagents:\n  qa: { user: qa, ttl: 25h }\n")],
        "{ user: qa",
        "`qa` may run from 1s to 24h, not `25h`",
    ),
    Case(
        "agent_ttl",
        &[more!("launchers:\n  x: { command: [/bin/x] }\nagents:\n  qa: { user: qa, ttl: 0s }\n")],
        "{ user: qa",
        "`qa` may run from 1s to 24h, not `0s`",
    ),
    Case(
        "unreadable",
        &[more!("agents:\n  QA: { user: qa }\n")],
        "QA: {",
        "`QA` is not a name of an agent: expected a lower-case letter, then up to 63 of a-z, 0-9, `_`, `-`; did you mean `qa`?",
    ),
    Case(
        "unreadable",
        &[more!("agents:\n  qa: { user: qa }\n  \"qa\": { user: tu }\n")],
        "\"qa\"",
        "`qa` stands twice",
    ),
    Case(
        "unreadable",
        &[more!("agents:\n  qa: { usr: qa }\n")],
        "usr",
        "unknown field `usr`, did you mean `user`?",
    ),
    Case(
        "unknown_pin",
        &[
            (
                "pins.yaml",
                "",
                concat!(
                    "schema: qms.pins/1\npins:\n  /bin/x: \"0000000000000000000000000000000000000000000000000000000000000000\"\n",
                    "  /bin/y: \"1111111111111111111111111111111111111111111111111111111111111111\"\n",
                ),
            ),
            more!("launchers:\n  x: { command: [/bin/x] }\n"),
        ],
        "\"1111111111111111111111111111111111111111111111111111111111111111",
        "a pin for `/bin/y`, which the policy does not name",
    ),
    Case(
        "unknown_schema",
        &[("pins.yaml", "", "schema: qms.pins/2\npins: {}\n")],
        "qms.pins/2",
        "schema is `qms.pins/2`, expected `qms.pins/1`",
    ),
    Case(
        "unreadable",
        &[
            ("pins.yaml", "", "schema: qms.pins/1\npins: { /bin/x: \"abc\" }\n"),
            more!("launchers:\n  x: { command: [/bin/x] }\n"),
        ],
        "\"abc\"",
        "`abc` is not a digest: expected 64 lower-case hexadecimal digits",
    ),
];
