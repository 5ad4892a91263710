//! Agents, launchers, runtimes, evidence and the files that they name.

use super::*;
use crate::domain::policy::{Agent, Definition, Evidence, Launcher};

fn changed(change: impl FnOnce(&mut Policy)) -> Vec<String> {
    let mut now = full();
    now.profile = Profile::Gxp;
    let mut next = now.clone();
    change(&mut next);
    less(&now, &next).into_iter().collect()
}

fn agent(change: impl FnOnce(&mut Agent)) -> Vec<String> {
    changed(|it| change(it.agents.get_mut("qa").unwrap()))
}

fn launcher(change: impl FnOnce(&mut Launcher)) -> Vec<String> {
    changed(|it| change(it.launchers.get_mut("claude").unwrap()))
}

fn evidence(change: impl FnOnce(&mut Evidence)) -> Vec<String> {
    changed(|it| change(it.evidence.get_mut(&name::<AttestationName>("ci-passed")).unwrap()))
}

// REQ-235
#[test]
fn whatever_gives_an_agent_more_is_less() {
    assert_eq!(agent(|it| it.user = name("lead")), ["the agent `qa` acts as lead instead of qa"]);
    let other = ["the agent `qa` is started by another launcher"];
    assert_eq!(agent(|it| it.launcher = Some("own".to_owned())), other);
    for definition in [None, Some(Definition::One("other.md".to_owned()))] {
        assert_eq!(
            agent(|it| it.definition = definition),
            ["the agent `qa` has another definition, or none"]
        );
    }
    assert_eq!(agent(|it| it.started_by.push(name("tu"))), ["tu may start the agent `qa`, too"]);
    let nobody_named = |it: &mut Agent| (it.launcher, it.started_by) = (None, Vec::new());
    assert_eq!(agent(nobody_named), ["anybody may start the agent `qa`"]);
    assert_eq!(agent(|it| it.ttl += 1), ["the agent `qa` may run for longer"]);
    let main = |it: &mut Policy| drop(it.runtimes.insert("codex".into(), name("lead")));
    assert_eq!(changed(main), ["the main thread of codex acts as lead"]);
}

// REQ-235
#[test]
fn what_is_new_is_looked_at_as_what_changed() {
    // Else two adoptions, one that drops it and one that brings it back, would change anything.
    let new = |it: &mut Policy| {
        let copy = it.agents.get("qa").unwrap().clone();
        it.agents.insert("qa2".to_owned(), copy);
        it.runtimes.insert("gemini".into(), name("lead"));
        it.pins.insert("/usr/bin/deployed".into(), Digest::of(b"x"));
    };
    let lines = [
        "`/usr/bin/deployed` is a file that the policy in force does not name",
        "the agent `qa2`, which is new, acts as qa",
        "the main thread of gemini acts as lead",
    ];
    assert_eq!(changed(new), lines);
}

// REQ-235
#[test]
fn another_program_is_less_wherever_it_is_named() {
    let what = "the launcher `claude`";
    assert_eq!(launcher(|it| it.command.push("--yolo".into())), [format!("{what} starts another command")]);
    assert_eq!(launcher(|it| it.environment.push("X".into())), [format!("{what} passes on other variables")]);
    assert_eq!(launcher(|it| it.environment.clear()), [format!("{what} passes on other variables")]);
    assert_eq!(launcher(|it| it.directory = "/tmp".into()), [format!("{what} runs in another folder")]);
    let what = "the evidence `ci-passed`";
    assert_eq!(evidence(|it| it.program.command.clear()), [format!("{what} starts another command")]);
    assert_eq!(evidence(|it| it.program.environment.clear()), [format!("{what} passes on other variables")]);
    assert_eq!(evidence(|it| it.program.directory = "/".into()), [format!("{what} runs in another folder")]);
    assert_eq!(evidence(|it| it.time += 1), [format!("{what} may take longer")]);
    assert_eq!(evidence(|it| it.contains = None), [format!("{what} may say something else")]);
    assert_eq!(
        evidence(|it| it.output = 1024),
        [format!("{what} keeps 1024 bytes (1 KiB) of its output instead of 65536 bytes (64 KiB)")]
    );
}

// REQ-236
#[test]
fn a_file_that_changed_is_less_and_one_that_is_pinned_no_more_is_not() {
    let paths: Vec<String> = full().pins.into_keys().collect();
    assert_eq!(paths.len(), 3);
    for path in &paths {
        let line = format!("`{path}` is not the file that was adopted");
        assert_eq!(changed(|it| it.pins.extend([(path.clone(), Digest::of(b"evil"))])), [line]);
        assert_eq!(changed(|it| it.pins.retain(|one, _| one != path)), <[String; 0]>::default());
    }
    // Where nobody signs, the adoption says what changed, and that is all.
    let now = full();
    let mut next = now.clone();
    next.pins.values_mut().for_each(|digest| *digest = Digest::of(b"other"));
    next.agents.values_mut().for_each(|agent| agent.ttl += 1);
    next.launchers.values_mut().for_each(|launcher| launcher.command.clear());
    assert!(!now.compares_keys() && less(&now, &next).is_empty());
}

// REQ-235
#[test]
fn what_gives_an_agent_less_is_not() {
    let none = <[String; 0]>::default();
    assert_eq!(agent(|it| it.launcher = None), none);
    assert_eq!(agent(|it| drop(it.started_by.pop())), none);
    assert_eq!(agent(|it| it.ttl -= 1), none);
    assert_eq!(evidence(|it| it.time -= 1), none);
    assert_eq!(changed(|it| drop(it.agents.remove("qa"))), none);
    assert_eq!(changed(|it| drop(it.runtimes.remove("codex"))), none);
    assert_eq!(changed(|it| it.pins.clear()), none);
}

// REQ-277
#[test]
fn a_program_for_new_evidence_is_less_only_where_something_rests_on_its_name_or_another_starts_it() {
    let now = Policy { profile: Profile::Gxp, ..full() };
    let mut next = now.clone();
    let mut first = now.evidence[&name::<AttestationName>("deployed")].clone();
    first.program.command = vec!["/opt/first".to_owned()];
    next.evidence.insert(name("first"), first);
    next.pins.insert("/opt/first".to_owned(), Digest::of(b"first"));
    let less = |next: &Policy, runs: &[&str]| {
        let files = Sources::default();
        let runs = runs.iter().map(|one| name(one)).collect();
        let found = now.less(next, (&files, &files), &UnderWay { runs, ..UnderWay::all(&now) });
        found.into_iter().collect::<Vec<_>>()
    };
    let none = <[String; 0]>::default();
    assert_eq!(less(&next, &[]), none);
    assert_eq!(less(&next, &["deployed"]), none);
    let unnamed = "`/opt/first` is a file that the policy in force does not name";
    let back = "the evidence `first` comes back, and runs of that name are recorded";
    assert_eq!(less(&next, &["first"]), [unnamed, back]);
    // A launcher starts what it likes, whatever else it is for.
    let mut started = next.clone();
    started.launchers.get_mut("own").unwrap().command = vec!["/opt/first".to_owned()];
    assert!(less(&started, &[]).contains(&unnamed.to_owned()));
    // It was adopted once: from then on it is what it was.
    let mut swapped = next.clone();
    swapped.pins.insert("/opt/first".to_owned(), Digest::of(b"second"));
    let files = Sources::default();
    let told = next.less(&swapped, (&files, &files), &UnderWay::default());
    assert_eq!(told, BTreeSet::from(["`/opt/first` is not the file that was adopted".to_owned()]));
}
