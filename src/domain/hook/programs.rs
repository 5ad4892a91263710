//! Words and programs that run what is written after them.

use super::word::Word;

/// How a program comes to run another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// It runs its own arguments.
    Wrapper {
        /// Short options that take a value.
        values: &'static str,
        /// The most operands before the command.
        operands: usize,
    },
    /// It runs its arguments, with more added to them, so that its command alone says little.
    Completes {
        /// Short options that take a value.
        values: &'static str,
    },
    /// It runs what follows certain options.
    Search,
    /// It is a shell.
    Shell,
    /// The shell reads its arguments as commands.
    Eval,
    /// The shell reads its first argument as commands, later.
    Trap,
    /// The shell reads commands from a file.
    Source,
    /// It names commands.
    Alias,
    /// It runs programs in a language of its own.
    Interpreter,
    /// It takes words for what they are, and runs none of them.
    TakesWords,
    /// Nobody knows what it runs.
    Other,
}

/// Long options whose value is a command line. Programs take each by its beginning, too.
const SCRIPT_OPTIONS: [&str; 4] = ["--command", "--init-command", "--session-command", "--split-string"];

/// Short options whose value is a command line, of programs and of shells.
pub(super) const SCRIPT_LETTERS: &[char] = &['c', 'S'];
pub(super) const SHELL_LETTERS: &[char] = &['c', 'C'];

/// Short options with which an interpreter is told to run its argument, or that begin a long one.
const CODE_LETTERS: &[char] = &['c', 'C', 'e', 'E', 'r', 'p'];

/// Long options of that kind.
const CODE_OPTIONS: [&str; 2] = ["--eval", "--print"];

/// Words with which code starts a program.
pub(super) const STARTS: [&str; 6] = ["subprocess", "system", "popen", "exec", "spawn", "os.run"];

/// Tells whether code of one language starts a program in a way of its own.
pub(super) fn starts_by_itself(interpreter: &str, code: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    let opens_pipe = || code.contains("open") && code.contains('|');
    match interpreter {
        "perl" | "ruby" | "php" => has(&["`", "qx", "%x", "passthru", "proc_open"]) || opens_pipe(),
        "awk" | "gawk" | "mawk" | "nawk" => has(&["getline", "|\"", "| \""]),
        "node" | "nodejs" | "deno" | "bun" => has(&["Command(", "$`"]),
        "tclsh" | "expect" => opens_pipe(),
        "osascript" => has(&["do shell script"]),
        _ => false,
    }
}

/// Options of a search that a command follows.
pub(super) const SEARCH_OPTIONS: [&str; 8] =
    ["-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"];

/// Those of them that can be one of several letters, and have a value joined to them.
pub(super) const SEARCH_LETTERS: &[char] = &['x', 'X'];
pub(super) const SEARCH_LONG: [&str; 2] = ["--exec", "--exec-batch"];

/// Finds what follows a short option of these letters in a word that joins several, or joins a value to them: nothing
/// where the value is the next word. A letter behind one that takes a value (`values`) is no option.
pub(super) fn joined<'a>(
    text: &'a str,
    letters: &'a [char],
    values: &'a str,
) -> impl Iterator<Item = &'a str> {
    let cluster = text.strip_prefix(['-', '+']).unwrap_or_default();
    let options = cluster.char_indices().take_while(|(_, c)| c.is_ascii_alphanumeric());
    let last = move |c: char| values.contains(c) && !letters.contains(&c);
    let mut is_over = false;
    let options = options.take_while(move |(_, c)| !std::mem::replace(&mut is_over, last(*c)));
    let found = options.filter(move |(_, c)| letters.contains(c));
    // Some programs take a value behind `=` here, too.
    let value = move |(at, c): (usize, char)| cluster.get(at + c.len_utf8()..);
    found.filter_map(value).map(|value| value.strip_prefix('=').unwrap_or(value))
}

/// Finds the value that is joined to a long option whose value is a command line: `None` where it is another one, and
/// nothing where the value is the next word.
pub(super) fn script_of_long(text: &str) -> Option<&str> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let is_one = name.len() > 2 && SCRIPT_OPTIONS.iter().any(|option| option.starts_with(name));
    is_one.then_some(value)
}

/// Tells whether a word tells an interpreter to run its argument.
pub(super) fn is_code(text: &str) -> bool {
    match text.strip_prefix("--") {
        Some(_) => CODE_OPTIONS.contains(&text.split('=').next().unwrap_or_default()),
        None => joined(text, CODE_LETTERS, "").next().is_some(),
    }
}

/// Names of standard input where a file is meant.
pub(super) const INPUTS: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// Tells whether it is a reserved word after which a command word stands (POSIX.1-2017, XCU 2.4).
pub(super) fn is_reserved(word: &Word) -> bool {
    const RESERVED: [&str; 14] =
        ["!", "{", "}", "if", "then", "elif", "else", "fi", "do", "done", "while", "until", "coproc", "esac"];
    RESERVED.iter().any(|reserved| word.is_bare(reserved))
}

/// Tells whether it is a word after which no command stands at once, but a list that one follows.
pub(super) fn begins_list(word: &Word) -> bool {
    ["for", "select", "case"].iter().any(|list| word.is_bare(list))
}

/// Tells whether a program of this name is a shell, of whatever version; one that is many programs is a shell, too.
pub fn is_name_of_shell(name: &str) -> bool {
    let bare = name.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    program(bare) == Program::Shell || ["busybox", "toybox"].contains(&bare)
}

/// Looks a program up by the last part of its path.
pub(super) fn program(name: &str) -> Program {
    let wrapper = |values, operands| Program::Wrapper { values, operands };
    match name {
        "sudo" => wrapper("aCDghpRrTtUu", 0),
        "doas" => wrapper("auC", 0),
        "env" => wrapper("auCSP", 0),
        "timeout" | "gtimeout" => wrapper("ks", 1),
        "nice" => wrapper("n", 0),
        "ionice" => wrapper("cnpPu", 0),
        "time" | "gtime" => wrapper("fo", 0),
        "exec" => wrapper("a", 0),
        "stdbuf" => wrapper("ioe", 0),
        // A letter that takes a value in one of them alone is none here: what follows it is looked at.
        "strace" | "ltrace" => wrapper("aeoOpPsuU", 0),
        "watch" => wrapper("nq", 0),
        "flock" => wrapper("wEc", 1),
        "su" | "runuser" => wrapper("cCgGsuw", 2),
        "script" => wrapper("cBEImoOT", 1),
        "taskset" | "chroot" | "faketime" => wrapper("", 1),
        "chrt" => wrapper("DPT", 1),
        "systemd-run" => wrapper("EHMpu", 0),
        "xvfb-run" => wrapper("efnpsw", 0),
        "unshare" => wrapper("GRSw", 0),
        "nsenter" => wrapper("GStW", 0),
        "torsocks" => wrapper("aPpu", 0),
        "proxychains" | "proxychains4" => wrapper("f", 0),
        "caffeinate" => wrapper("tw", 0),
        "nohup" | "command" | "builtin" | "setsid" | "busybox" | "toybox" | "unbuffer" | "firejail"
        | "dbus-run-session" | "rtk" | "noglob" | "nocorrect" => wrapper("", 0),
        "xargs" => Program::Completes { values: "aEdILnPsJRS" },
        "parallel" => Program::Completes { values: "aCdEIjLNnPSsT" },
        "entr" => Program::Completes { values: "" },
        "find" | "fd" | "fdfind" | "gfind" => Program::Search,
        "sh" | "bash" | "rbash" | "dash" | "ash" | "zsh" | "ksh" | "ksh93" | "mksh" | "yash" | "fish"
        | "csh" | "tcsh" => Program::Shell,
        "eval" => Program::Eval,
        "trap" => Program::Trap,
        "source" | "." => Program::Source,
        "alias" => Program::Alias,
        "perl" | "ruby" | "node" | "nodejs" | "php" | "lua" | "deno" | "bun" | "awk" | "gawk" | "mawk"
        | "nawk" | "tclsh" | "expect" | "osascript" | "pwsh" | "powershell" => Program::Interpreter,
        "cat" | "cd" | "cp" | "diff" | "echo" | "git" | "grep" | "head" | "ls" | "mkdir" | "mv"
        | "printf" | "rg" | "rm" | "tail" | "test" | "[" | "wc" => Program::TakesWords,
        name if name.starts_with("python") => Program::Interpreter,
        _ => Program::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-213
    #[test]
    fn a_shell_is_known_by_the_name_of_its_program_whatever_its_version() {
        for name in
            ["sh", "dash", "bash", "bash-5.2", "zsh5", "ksh93u+m", "fish", "busybox", "bash (deleted)"]
        {
            assert!(is_name_of_shell(name), "{name}");
        }
        for name in ["claude", "node", "codex", "2.1.332", "shed", "bashful", "python3.11", ""] {
            assert!(!is_name_of_shell(name), "{name}");
        }
    }
}
