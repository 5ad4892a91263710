//! The clock of a caller: it ends nobody's credential, and brings none back.

use std::path::Path;

use super::clock::{HOUR, MINUTE, NOON, at, expired, last_at, lead};
use super::{PASSPHRASE, issue, last_issued, log, secret};
use crate::project::Project;

const YEAR: i64 = 366 * 24 * HOUR;

// REQ-168
#[test]
fn a_caller_without_a_proof_ends_nobodys_token_by_a_clock_ahead() {
    for ahead in [HOUR, 300 * 24 * HOUR, 3 * YEAR, NOON] {
        let project = Project::new();
        issue(&project, "token", "claude --ttl 30m");
        let time = last_at(&project);
        let clock = if ahead == NOON { NOON } else { time + ahead };
        // Permitted, and refused.
        assert_eq!(at(&project, clock, "", "-u tu create SOP --title x").0, 7);
        assert_eq!(at(&project, clock, "", "-u qa status SOP-001").0, 0);
        assert_eq!(at(&project, clock, "", "-u tu user add x --group quality --agent").0, 8, "{ahead}");
        assert_eq!(at(&project, time + MINUTE, "token", "create CR --title y").0, 0, "{ahead}");
        assert_eq!(at(&project, time + MINUTE, "token", "whoami").0, 0, "{ahead}");
        // Where the clock of who is believed by name could be right, the record followed it, until it is set right.
        let (lead, ended) = (lead(&project), time + 2 * MINUTE);
        let jumps = log(&project).iter().filter(|entry| entry["action"] == "clock_jump").count();
        let status = at(&project, ended, &lead, "audit clock --reason x").0;
        assert_eq!((jumps, status), if clock - time < YEAR { (1, 0) } else { (0, 4) }, "{ahead}");
        assert_eq!(at(&project, time + 3 * MINUTE, "token", "create CR --title z").0, 0, "{ahead}");
        assert_eq!(last_at(&project), time + 3 * MINUTE, "{ahead}");
        project.run("-u lead audit verify").is(0);
    }
}

// REQ-168
#[test]
fn the_time_goes_on_where_nobody_has_a_proof() {
    let project = Project::new();
    let time = last_at(&project);
    for minutes in [1, 10, 24 * 60] {
        assert_eq!(at(&project, time + minutes * MINUTE, "", "-u claude create CR --title x").0, 0);
        assert_eq!(last_at(&project), time + minutes * MINUTE);
    }
    project.run("-u lead audit verify").is(0);
}

// REQ-124
#[test]
fn a_token_that_was_refused_as_expired_stays_so_by_any_clock() {
    let project = Project::new();
    for name in ["shown", "used"] {
        issue(&project, name, "claude --ttl 30m");
    }
    let end = last_at(&project) + HOUR;
    assert_eq!(at(&project, end, "shown", "whoami"), expired());
    assert_eq!(at(&project, end, "used", "create CR --title x"), expired());
    for behind in [MINUTE, 4 * MINUTE, HOUR, YEAR] {
        for name in ["shown", "used"] {
            for line in ["whoami", "create CR --title x", "list"] {
                let (status, reasons) = at(&project, end - behind, name, line);
                assert_eq!(status, 8, "{behind} {name} {line}");
                assert!(["credential_expired", "credential_revoked"].contains(&reasons[0].as_str()));
            }
        }
    }
    project.run("-u lead audit verify").is(0);
}

// REQ-124, REQ-197
#[test]
fn a_clock_that_cannot_be_right_ends_no_token_for_good() {
    let project = Project::new();
    issue(&project, "token", "claude --ttl 1h");
    let time = last_at(&project);
    assert_eq!(at(&project, NOON, "token", "whoami"), expired());
    assert_eq!(at(&project, time + MINUTE, "token", "create CR --title x").0, 0);
}

// REQ-242
#[test]
fn what_was_given_its_end_by_a_clock_that_was_wrong_ends_with_the_jump() {
    for (presented, line, goes_on) in [
        ("lead", "token issue claude --ttl 1h", &[("out", false)][..]),
        ("lead", "token issue claude", &[("out", true)]),
        ("turned", "token rotate --grace 1h", &[("turned", false), ("out", true)]),
    ] {
        let project = Project::new();
        issue(&project, "turned", "tu");
        let (lead, time) = (lead(&project), last_at(&project));
        let presented = if presented == "lead" { &lead } else { presented };
        let out = project.folder().join("out").display().to_string();
        assert_eq!(at(&project, NOON, presented, &format!("{line} --out {out}")).0, 0, "{line}");
        for (name, _) in goes_on {
            assert_eq!(at(&project, NOON + MINUTE, name, "whoami").0, 0, "{line} {name}");
        }
        assert_eq!(at(&project, time + MINUTE, &lead, "audit clock --reason battery").0, 0, "{line}");
        for clock in [time + MINUTE, time + 30 * 24 * HOUR, NOON] {
            for (name, goes_on) in goes_on {
                let status = if *goes_on { 0 } else { 8 };
                assert_eq!(at(&project, clock, name, "whoami").0, status, "{line} {name} {clock}");
            }
        }
        project.run("-u lead audit verify").is(0);
    }
}

// REQ-168, REQ-191
#[test]
fn what_a_clock_ahead_calls_expired_can_still_be_taken_back() {
    let project = Project::new();
    issue(&project, "token", "claude --ttl 30d");
    project.run("-u lead user add maria --group quality --human").is(0);
    let code = issue(&project, "code", "maria --ttl 30d");
    let start = last_at(&project);
    // Who is believed by name acts under a clock that is 300 days ahead, since another boot: it is recorded so.
    let review = "-u tu review SOP-001 --recommend --comment x";
    assert_ne!(at(&project, start + 300 * 24 * HOUR, "", review).0, 0);
    let soon = start + HOUR;
    assert_eq!(at(&project, soon, "token", "create CR --title x").0, 0);
    let lead = lead(&project);
    let other = project.folder().join("other");
    let line = format!("token issue maria --out {}", other.display());
    assert_eq!(at(&project, soon, &lead, &line).0, 0);
    let line = format!("token revoke {}", last_issued(&project, "claude"));
    assert_eq!(at(&project, soon, &lead, &line).0, 0);
    assert_eq!(at(&project, soon, "token", "whoami").1, ["credential_revoked"]);
    // Of two codes only the newest opens anything.
    let phrase = secret(&project, "maria.phrase", PASSPHRASE);
    let enrol = |code: &Path| {
        let line = format!("--token-file {} enrol --passphrase-file {}", code.display(), phrase.display());
        at(&project, soon, "", &line)
    };
    assert_eq!(enrol(&code).1, ["credential_revoked"]);
    assert_eq!(enrol(&other).0, 0);
}
