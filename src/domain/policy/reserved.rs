//! Words of the command line that no policy can take.

/// Verbs that the command line keeps for itself; a policy cannot define them.
pub const RESERVED_VERBS: &[&str] = &[
    "agent",
    "audit",
    "blocked",
    "brief",
    "comments",
    "completion",
    "demo",
    "diff",
    "doctor",
    "enrol",
    "evidence",
    "explain",
    "help",
    "history",
    "hook",
    "hooks",
    "inbox",
    "init",
    "item",
    "key",
    "list",
    "metrics",
    "namespace",
    "next",
    "read",
    "recover",
    "sop",
    "status",
    "note",
    "token",
    "trait",
    "unlock",
    "user",
    "whoami",
    "why",
    "workflow",
    "workspace",
];

/// Commands of two words that the command line keeps for itself, in groups in which a policy can have verbs beside them.
pub const RESERVED_COMMANDS: &[&str] = &[
    "agent list",
    "agent run",
    "agent stop",
    "audit checkpoint",
    "audit clock",
    "audit export",
    "audit proof",
    "audit verify",
    "evidence list",
    "evidence show",
    "hooks install",
    "hooks remove",
    "item file",
    "item list",
    "key acknowledge",
    "key create",
    "key list",
    "key revoke",
    "metrics reviews",
    "namespace add",
    "namespace list",
    "note list",
    "note show",
    "sop list",
    "sop show",
    "token issue",
    "token list",
    "token revoke",
    "token rotate",
    "trait list",
    "user add",
    "user list",
    "user move",
    "user remove",
    "user show",
    "user unbind",
    "workflow adopt",
    "workflow diff",
    "workflow graph",
    "workflow lint",
    "workflow show",
    "workflow test",
];

/// Tells whether the words of a verb are those of a command of the program, or begin with one that has no others beside
/// it: whoever types them would reach the one and mean the other.
pub fn is_reserved(words: &str) -> bool {
    let is_group = |word: &str| {
        RESERVED_COMMANDS.iter().any(|it| it.split_once(' ').is_some_and(|(group, _)| group == word))
    };
    match words.split_once(' ') {
        Some((group, _)) => {
            RESERVED_COMMANDS.contains(&words) || (RESERVED_VERBS.contains(&group) && !is_group(group))
        }
        None => RESERVED_VERBS.contains(&words),
    }
}

/// Flags that every verb has anyway; no input of a verb can take them.
pub const RESERVED_FLAGS: &[&str] = &[
    "color",
    "dry_run",
    "help",
    "json",
    "no_interactive",
    "output",
    "passphrase_file",
    "quiet",
    "root",
    "ticket",
    "token_file",
    "user",
];
