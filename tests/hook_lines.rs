//! What a hook makes of a shell line: a table to read, and a real shell to compare with.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::process::{Command, Stdio};

use proptest::prelude::*;
use qms::domain::hook::{Line, Refused, examine, render};

/// What a line of the table is expected to be.
#[derive(Debug)]
enum Expected {
    /// No business of the hook.
    Silent,
    /// A call, with these words.
    Words(&'static [&'static str]),
    /// Refused, without an example.
    No(Refused),
    /// Refused, with the call as it would pass.
    But(Refused, &'static str),
}

use Expected::{But, No, Silent, Words};
use Refused as R;

/// Lines in which nothing could be the program.
const SILENT: &[(&str, Expected)] = &[
    ("", Silent),
    ("   ", Silent),
    ("ls qms/", Silent),
    ("ls -la .qms", Silent),
    ("grep qms README.md", Silent),
    ("grep -rn 'qms approve' docs | head -5", Silent),
    ("rg \"qms (approve|review)\" src", Silent),
    ("cargo build -p qms", Silent),
    ("cargo run --bin qms-demo", Silent),
    ("echo \"about qms\"", Silent),
    ("echo qms; echo qms", Silent),
    ("git commit -m \"qms: x\"", Silent),
    ("git commit -m 'first; qms approve CR-001'", Silent),
    ("git add -A && git commit -m \"$(cat <<'EOF'\nqms: a change\n\nqms approve is faster\nEOF\n)\"", Silent),
    ("cat > notes.md <<'EOF'\nqms approve CR-001\n$(qms approve CR-001)\nEOF", Silent),
    ("cat <<-EOF\n\tqms approve\n\tEOF\necho done", Silent),
    ("cd qms && ls", Silent),
    ("which qms", Silent),
    ("command -v qms", Silent),
    ("man qms | cat", Silent),
    ("ls # qms approve CR-001", Silent),
    ("for word in qms git; do echo \"$word\"; done > list", Silent),
    ("if [ -d qms ]; then echo qms; fi", Silent),
    ("find . -name qms -type d", Silent),
    ("find . -name '*.md' -exec grep -l qms {} +", Silent),
    ("sudo -u lead grep qms README.md", Silent),
    ("flock /tmp -c'grep qms README.md'", Silent),
    ("env -uS ls qms/", Silent),
    ("env --chdir=qms ls", Silent),
    ("bash -ec 'ls qms'", Silent),
    ("find . -xdev -name qms", Silent),
    ("python3 -m pytest -x tests/test_qms.py", Silent),
    ("${EDITOR-vi} qms.md", Silent),
    ("git ls-files | xargs -n 1 grep -l qms", Silent),
    ("sed -i 's/qms/QMS/' README.md", Silent),
    ("FOO=qms make", Silent),
    ("export NAME=qms", Silent),
    ("./qms.sh approve", Silent),
    ("qms-demo run", Silent),
    ("my_qms approve", Silent),
    ("python3 scripts/count.py qms", Silent),
    ("python3 -c 'print(\"qms\")'", Silent),
    ("bash scripts/build.sh qms", Silent),
    ("$EDITOR qms.md", Silent),
    ("awk '/qms/ {print $1}' README.md", Silent),
    ("awk -F'|' '/qms/ {print $1}' README.md | head", Silent),
    ("perl -ne 'print if /qms/' README.md | head", Silent),
    ("python3 -c 'print(open(\"qms.md\").read())' | head", Silent),
    ("sudo -E grep qms README.md", Silent),
    ("git ls-files | xargs -0 grep -l qms", Silent),
    ("systemd-run -t grep qms README.md", Silent),
    ("parallel grep -l x ::: docs/qms.md", Silent),
    ("fd -x=grep qms", Silent),
    ("echo 'unbalanced", Silent),
    ("docker build -t qms . && echo built", Silent),
    ("docker run --name qms -d alpine", Silent),
    ("helm upgrade qms chart", Silent),
    ("ls qms SOP", Silent),
    ("git grep qms SOP-001", Silent),
    ("grep -rn qms SOP CR-001", Silent),
    ("deploy 'qms approve CR-001'", Silent),
];

/// Calls that are one simple command.
const CALLS: &[(&str, Expected)] = &[
    ("qms", Words(&["qms"])),
    ("qms status", Words(&["qms", "status"])),
    ("  qms\tstatus  CR-001 \n", Words(&["qms", "status", "CR-001"])),
    ("/usr/local/bin/qms status", Words(&["/usr/local/bin/qms", "status"])),
    ("./target/debug/qms -o json status", Words(&["./target/debug/qms", "-o", "json", "status"])),
    ("'/opt/my tools/qms' status", Words(&["/opt/my tools/qms", "status"])),
    ("qms --user qa approve CR-001", Words(&["qms", "--user", "qa", "approve", "CR-001"])),
    (
        "qms review CR-001 --recommend --comment \"Scope and impact are complete\"",
        Words(&["qms", "review", "CR-001", "--recommend", "--comment", "Scope and impact are complete"]),
    ),
    (
        "qms comment --comment='it'\\''s; fine & \"good\" | $HOME'",
        Words(&["qms", "comment", "--comment=it's; fine & \"good\" | $HOME"]),
    ),
    ("qms comment \"a \\\"b\\\" \\$c \\\\ \\d\"", Words(&["qms", "comment", "a \"b\" $c \\ \\d"])),
    ("qms comment a\\ b\\;c\\'d", Words(&["qms", "comment", "a b;c'd"])),
    ("qms comment ''", Words(&["qms", "comment", ""])),
    ("qms comment \"\"a''b", Words(&["qms", "comment", "ab"])),
    ("qms comment 'two\nlines'", Words(&["qms", "comment", "two\nlines"])),
    ("qms review CR-001 \\\n  --recommend", Words(&["qms", "review", "CR-001", "--recommend"])),
    ("qms comment 'really!?'", Words(&["qms", "comment", "really!?"])),
    ("qms comment \"done!\"", Words(&["qms", "comment", "done!"])),
    ("qms comment \"costs 5$\" 5$ $", Words(&["qms", "comment", "costs 5$", "5$", "$"])),
    ("qms comment a#b a=b x~y", Words(&["qms", "comment", "a#b", "a=b", "x~y"])),
    ("qms comment \"Prüfung «gut» ✓\"", Words(&["qms", "comment", "Prüfung «gut» ✓"])),
    ("qms comment --comment-file -", Words(&["qms", "comment", "--comment-file", "-"])),
    (
        "qms comment '# not a comment' -- if then }",
        Words(&["qms", "comment", "# not a comment", "--", "if", "then", "}"]),
    ),
];

/// Lines that run the program, or could, and are more than one simple command.
const REFUSED: &[(&str, Expected)] = &[
    ("cd x && qms approve CR-001", But(R::Several, "qms approve CR-001")),
    ("qms status; qms approve CR-001", But(R::Several, "qms status")),
    ("qms status || true", But(R::Several, "qms status")),
    ("qms status | head -5", But(R::Several, "qms status")),
    ("qms status |& tee log", But(R::Several, "qms status")),
    ("qms status &", But(R::Several, "qms status")),
    ("qms status;", But(R::Several, "qms status")),
    ("cd project\nqms status", But(R::Several, "qms status")),
    ("echo text | qms comment CR-001 --comment-file -", No(R::Several)),
    ("echo $(qms status)", But(R::Several, "qms status")),
    ("echo \"`qms status`\"", But(R::Several, "qms status")),
    ("diff <(qms status) old", But(R::Several, "qms status")),
    ("cat <<EOF\n$(qms approve CR-001)\nEOF", But(R::Several, "qms approve CR-001")),
    ("qms approve $(cat id)", No(R::Several)),
    ("qms approve `cat id`", No(R::Several)),
    ("x=$(qms status -o json)", But(R::Several, "qms status -o json")),
    ("qms status > out.txt", But(R::Redirection, "qms status")),
    ("qms status 2>&1", But(R::Redirection, "qms status")),
    ("qms status 2>/dev/null", But(R::Redirection, "qms status")),
    ("qms status &> log", But(R::Redirection, "qms status")),
    (">log qms status", But(R::Redirection, "qms status")),
    ("qms comment CR-001 --comment-file - < text", No(R::Redirection)),
    ("qms comment CR-001 --comment-file - <<'EOF'\nlooks good\nEOF", No(R::Redirection)),
    ("qms comment CR-001 --comment-file - <<< text", No(R::Redirection)),
    ("qms approve $DOC", No(R::Expansion)),
    ("qms approve \"$DOC\"", No(R::Expansion)),
    ("qms approve ${DOC:-CR-001}", No(R::Expansion)),
    ("qms approve $((1+1))", No(R::Expansion)),
    ("qms comment $'a\\nb'", No(R::Expansion)),
    ("qms comment $\"a\"", No(R::Expansion)),
    ("Q=qms; $Q approve CR-001", No(R::Several)),
    ("$HOME/bin/qms status", No(R::Expansion)),
    ("$'\\x71ms' approve CR-001", No(R::Expansion)),
    ("q${x}ms approve CR-001", No(R::Expansion)),
    ("q?s approve CR-001", No(R::Expansion)),
    ("{q,}ms approve", No(R::Expansion)),
    ("~/bin/qms status", No(R::Pattern)),
    ("qms comment really?", But(R::Pattern, "qms comment 'really?'")),
    ("qms attach *.md", But(R::Pattern, "qms attach '*.md'")),
    ("qms comment [done]", But(R::Pattern, "qms comment '[done]'")),
    ("qms approve CR-00{1,2}", No(R::Pattern)),
    ("qms comment {}", But(R::Pattern, "qms comment '{}'")),
    ("qms --root ~/project status", No(R::Pattern)),
    ("qms comment \"a!b\"", But(R::History, "qms comment 'a!b'")),
    ("qms approve !$", But(R::History, "qms approve '!$'")),
    ("qms status # how far is it", But(R::Comment, "qms status")),
    ("# first\nqms status", But(R::Comment, "qms status")),
    ("QMS_ROOT=/x qms status", But(R::Environment, "qms status")),
    ("A=1 B+=2 qms status", But(R::Environment, "qms status")),
    ("a[0]=x qms status", But(R::Environment, "qms status")),
    ("sudo qms status", But(R::Wrapper, "qms status")),
    ("setarch x86_64 qms create SOP --title w", But(R::Wrapper, "qms create SOP --title w")),
    ("prlimit --nofile=9 -- qms approve CR-001", But(R::Wrapper, "qms approve CR-001")),
    ("no-such-wrapper -x y qms approve CR-001", But(R::Wrapper, "qms approve CR-001")),
    ("docker exec box qms approve CR-001", But(R::Wrapper, "qms approve CR-001")),
    ("sudo -u lead -- qms approve CR-001", But(R::Wrapper, "qms approve CR-001")),
    ("sudo --user lead qms approve CR-001", But(R::Wrapper, "qms approve CR-001")),
    ("env qms status", But(R::Wrapper, "qms status")),
    ("env -i A=b \"C=d e\" qms status", But(R::Wrapper, "qms status")),
    ("env -S 'qms status'", But(R::Script, "qms status")),
    ("env -S'qms status'", But(R::Script, "qms status")),
    ("env -vS \"qms status\"", But(R::Script, "qms status")),
    ("env -uCLAUDECODE -S\"qms status\"", But(R::Script, "qms status")),
    ("env --split-string='qms status'", But(R::Script, "qms status")),
    ("env --sp 'qms status'", But(R::Script, "qms status")),
    ("script -qc 'qms status' /dev/null", But(R::Script, "qms status")),
    ("script --comm='qms status'", But(R::Script, "qms status")),
    ("flock /tmp -c'qms status'", But(R::Script, "qms status")),
    ("su -lc'qms status' qa", But(R::Script, "qms status")),
    ("su --session-command='qms status'", But(R::Script, "qms status")),
    ("fish -c'qms status'", But(R::Script, "qms status")),
    ("fish -C 'qms status' x", But(R::Script, "qms status")),
    ("fish --command='qms status'", But(R::Script, "qms status")),
    ("env -S'-i qms status'", But(R::Script, "qms status")),
    ("env -S 'qms\\_status'", But(R::Script, "qms status")),
    ("env --split-string='-uX qms status'", But(R::Script, "qms status")),
    ("env -a other qms status", But(R::Wrapper, "qms status")),
    ("xvfb-run -a qms status", But(R::Wrapper, "qms status")),
    ("systemd-run -t qms status", But(R::Wrapper, "qms status")),
    ("strace -n qms status", But(R::Wrapper, "qms status")),
    ("nsenter -t 1 qms status", But(R::Wrapper, "qms status")),
    ("unshare -R / qms status", But(R::Wrapper, "qms status")),
    ("chrt -rT 5 1 qms status", But(R::Wrapper, "qms status")),
    ("torsocks -u me qms status", But(R::Wrapper, "qms status")),
    ("parallel ::: 'qms status'", No(R::Script)),
    ("parallel sh -c ::: ls 'qms status'", No(R::Script)),
    ("eval -- 'qms status'", But(R::Script, "qms status")),
    (". -- /dev/stdin <<< 'qms status'", No(R::Script)),
    ("coproc X { qms status; }", But(R::Several, "qms status")),
    ("coproc X while qms status; do :; done", But(R::Several, "qms status")),
    ("perl -e 'print `qms status`'", No(R::Script)),
    ("perl -e 'open F, \"qms status|\"'", No(R::Script)),
    ("ruby -e 'puts `qms status`'", No(R::Script)),
    ("awk 'BEGIN{\"qms status\"|getline x; print x}'", No(R::Script)),
    ("awk '{print | \"qms status\"}' x", No(R::Script)),
    ("fd -x=qms", No(R::Script)),
    ("fd -Hx qms status", No(R::Wrapper)),
    ("fd -Hxqms status", No(R::Script)),
    ("fd --exec=qms status", No(R::Script)),
    ("python3 -c'import os; os.system(\"qms approve CR-001\")' x", No(R::Script)),
    ("perl -we 'system qw(qms approve CR-001)' x", No(R::Script)),
    ("${x-qms} status", No(R::Expansion)),
    ("${1-${y-qms}} status", No(R::Expansion)),
    ("${x-q\"m\"s} status", No(R::Expansion)),
    ("\"${x-qms}\" status", No(R::Expansion)),
    ("eval \"${x-qms} status\"", No(R::Script)),
    ("timeout 5 qms status", But(R::Wrapper, "qms status")),
    ("timeout -k 5 10s /usr/bin/qms status", But(R::Wrapper, "/usr/bin/qms status")),
    ("time qms status", But(R::Wrapper, "qms status")),
    ("nohup qms status", But(R::Wrapper, "qms status")),
    ("exec qms status", But(R::Wrapper, "qms status")),
    ("command qms status", But(R::Wrapper, "qms status")),
    ("nice -n 5 ionice -c 2 qms status", But(R::Wrapper, "qms status")),
    ("echo CR-001 | xargs qms approve", No(R::Several)),
    ("xargs -n 1 -I {} qms approve {} < ids", No(R::Wrapper)),
    ("find . -name qms -exec {} approve CR-001 \\;", No(R::Wrapper)),
    ("find . -exec qms approve {} \\;", No(R::Wrapper)),
    ("bash -c 'qms approve CR-001'", But(R::Script, "qms approve CR-001")),
    ("bash -lc \"cd x && qms approve CR-001\"", But(R::Several, "qms approve CR-001")),
    ("sh -c \"$X qms\"", No(R::Script)),
    ("sudo bash -c 'qms approve CR-001'", But(R::Script, "qms approve CR-001")),
    ("echo 'qms approve CR-001' | sh", No(R::Several)),
    ("bash <<EOF\nqms approve CR-001\nEOF", No(R::Script)),
    ("bash <<< 'qms approve CR-001'", No(R::Script)),
    ("source <(echo qms approve CR-001)", No(R::Several)),
    ("eval qms approve CR-001", But(R::Script, "qms approve CR-001")),
    ("eval \"$(echo qms approve)\"", No(R::Several)),
    ("trap 'qms approve CR-001' EXIT", No(R::Script)),
    ("alias q=qms; q approve", No(R::Several)),
    ("watch 'qms status'", But(R::Script, "qms status")),
    ("su qa -c 'qms approve CR-001'", But(R::Script, "qms approve CR-001")),
    ("python3 -c 'import os; os.system(\"qms approve CR-001\")'", No(R::Script)),
    ("(qms status)", But(R::Grouping, "qms status")),
    ("{ qms status; }", But(R::Several, "qms status")),
    ("! qms status", But(R::Grouping, "qms status")),
    ("if qms status; then echo yes; fi", But(R::Several, "qms status")),
    ("for id in 1 2; do qms approve CR-00$id; done", No(R::Several)),
    ("while qms status; do sleep 1; done", But(R::Several, "qms status")),
    ("f() { qms approve CR-001; }; f", But(R::Several, "qms approve CR-001")),
    ("function qms { echo hidden; }", No(R::Several)),
    ("case x in a) qms approve CR-001;; esac", But(R::Several, "qms approve CR-001")),
    ("echo $(case x in a) qms approve CR-001;; esac)", But(R::Several, "qms approve CR-001")),
    ("\\qms status", But(R::Quoted, "qms status")),
    ("'qms' status", But(R::Quoted, "qms status")),
    ("q\"m\"s status", But(R::Quoted, "qms status")),
    ("qms comment 'unbalanced", No(R::Unbalanced)),
    ("qms comment \"unbalanced", No(R::Unbalanced)),
    ("echo $(qms status", No(R::Unbalanced)),
    ("echo ) qms", No(R::Unbalanced)),
    ("qms status >", No(R::Unbalanced)),
    ("qms status \\", No(R::Unbalanced)),
    ("echo 'about qms", No(R::Unbalanced)),
    ("qms status\r\n", No(R::Invisible)),
    ("qms comment 'a\u{200b}b'", No(R::Invisible)),
    ("qms comment a\u{a0}b", But(R::Invisible, "qms comment 'a\u{a0}b'")),
    ("qms approve CR-001\u{0}", No(R::Invisible)),
    ("qms approve \u{202e}100-RC", No(R::Invisible)),
    ("q\u{200b}ms approve CR-001", No(R::Invisible)),
    ("qmѕ approve CR-001", No(R::LookAlike)),
    ("ｑｍｓ approve CR-001", No(R::LookAlike)),
    ("QMS approve CR-001", No(R::LookAlike)),
];

// REQ-079
#[test]
fn each_line_of_the_table_is_what_it_says() {
    let mut faults = Vec::new();
    for (line, expected) in SILENT.iter().chain(CALLS).chain(REFUSED) {
        let wanted = match expected {
            Silent => Line::Foreign,
            Words(words) => Line::Qms(words.iter().map(|word| (*word).to_owned()).collect()),
            No(why) => Line::Refused { why: *why, example: None },
            But(why, example) => Line::Refused { why: *why, example: Some((*example).to_owned()) },
        };
        let found = examine(line);
        if found != wanted {
            faults.push(format!("{line:?}\n  expected {wanted:?}\n  found    {found:?}"));
        }
    }
    assert!(faults.is_empty(), "{} lines:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn an_example_passes() {
    for (line, _) in REFUSED {
        if let Line::Refused { example: Some(example), .. } = examine(line) {
            assert!(matches!(examine(&example), Line::Qms(_)), "{line:?} offers {example:?}");
        }
    }
}

#[test]
fn each_refusal_stands_in_the_table() {
    let shown = |why: Refused| {
        REFUSED
            .iter()
            .any(|(line, _)| matches!(examine(line), Line::Refused { why: found, .. } if found == why))
    };
    // These come from a tool that is no shell, from a line that no shell is given, or beside another fault.
    let elsewhere = [R::Unreadable, R::TooLong, R::Substitution];
    for why in Refused::ALL.iter().filter(|why| !elsewhere.contains(why)) {
        assert!(shown(*why), "{why}");
    }
}

#[test]
fn a_line_without_an_end_is_not_read() {
    let long = format!("qms comment {}", "x".repeat(200_000));
    assert_eq!(examine(&long), Line::Refused { why: R::TooLong, example: None });
    assert_eq!(examine(&long.replace("qms", "git")), Line::Foreign);
    let deep = format!("{}qms status{}", "$(".repeat(5000), ")".repeat(5000));
    assert_eq!(examine(&deep), Line::Refused { why: R::TooLong, example: None });
    let too_long = Line::Refused { why: R::TooLong, example: None };
    let read = |part: &str| examine(&part.repeat(100_000 / part.len()));
    for part in ["[", "{", "`", "<<a\n", "bash -c "] {
        assert_eq!(read(part), Line::Foreign, "{part}");
    }
    // What is not looked at could be anything.
    for part in ["(", "$(", "\"$(", "sudo --a ", "env --a eval --a ", "find -exec ", "eval "] {
        assert_eq!(read(part), too_long, "{part}");
    }
}

// REQ-255
#[test]
fn a_call_behind_what_is_not_read_to_its_end_is_held_up() {
    let too_long = Line::Refused { why: R::TooLong, example: None };
    for call in [r"$'\x71ms' inbox", "a=q; ${a}ms inbox"] {
        for before in [
            format!("#{}\n", "a".repeat(200_000)),
            format!("{}ls; ", "sudo --a ".repeat(10_000)),
            "nohup ".repeat(30),
            format!("{}ls\n", "env --command=x ".repeat(7_000)),
        ] {
            let found = examine(&format!("{before}{call}"));
            assert!(matches!(found, Line::Refused { .. }), "{before:.40} {call}");
        }
        let deep = format!("{}{call}{}", "$(".repeat(50), ")".repeat(50));
        assert_eq!(examine(&deep), too_long, "{call}");
        // A shell runs a line before it reads the next one.
        for after in ["\n(", "\nfi )", "; echo 'x", "\"x"] {
            let unbalanced = Line::Refused { why: R::Unbalanced, example: None };
            assert_eq!(examine(&format!("{call}{after}")), unbalanced, "{call}{after}");
        }
    }
    assert_eq!(examine("${a}nd inbox\n("), Line::Foreign);
}

// REQ-079
#[test]
fn what_a_shell_runs_within_arithmetic_is_found() {
    for line in [
        "((true); ${a}ms inbox)",
        "echo $((true); ${a}ms inbox)",
        "(( $(${a}ms inbox) ))",
        "echo $(( 1 + `${a}ms inbox` ))",
        "echo $[ $(${a}ms inbox) ]",
    ] {
        assert!(matches!(examine(line), Line::Refused { .. }), "{line}");
    }
    for line in ["(( a + 1 ))", "echo $(( (a) + (b) ))", "echo $[ a + 1 ]", "((true); ls)"] {
        assert_eq!(examine(line), Line::Foreign, "{line}");
    }
}

/// Runs a line in a shell in which `qms` prints its words; `None` where the shell does not like it.
fn words_in(shell: &str, line: &str) -> Option<Vec<String>> {
    // The line is of a test; that it finds no program all the same costs nothing.
    let script = format!("PATH=; qms() {{ printf '%s\\0' qms \"$@\"; }}\n{line}\n");
    let output = Command::new(shell)
        .args(["-c", &script])
        .env("LC_ALL", "C.UTF-8")
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).ok()?;
    let words = text.strip_suffix('\0')?.split('\0').map(str::to_owned).collect();
    output.status.success().then_some(words)
}

#[test]
fn a_shell_reads_a_call_as_the_hook_does() {
    for (line, expected) in CALLS {
        let Words(words) = expected else { continue };
        if words[0] == "qms" {
            for shell in ["bash", "sh"] {
                let wanted = words.iter().map(|word| (*word).to_owned()).collect();
                assert_eq!(words_in(shell, line), Some(wanted), "{shell}: {line:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shell_reads_back_what_was_written(arguments in prop::collection::vec("[ -~\n\täß€]{0,12}", 0..5)) {
        let argv: Vec<String> = std::iter::once("qms".to_owned()).chain(arguments).collect();
        let line = render(&argv);
        prop_assert_eq!(words_in("bash", &line), Some(argv.clone()), "{:?}", line);
        prop_assert_eq!(words_in("sh", &line), Some(argv), "{:?}", line);
    }

    // REQ-079
    #[test]
    fn what_passes_means_to_a_shell_what_it_means_to_the_hook(rest in "([ab \t'\"\\\\$!#~=:*?{},.\n-]|\\\\\n){0,14}") {
        let line = format!("qms {rest}");
        if let Line::Qms(argv) = examine(&line) {
            prop_assert_eq!(words_in("bash", &line), Some(argv.clone()), "{:?}", line);
            prop_assert_eq!(words_in("sh", &line), Some(argv), "{:?}", line);
        }
    }
}
