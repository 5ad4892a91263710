//! Working copies that are gone, broken, foreign or stale.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::Project;
use crate::project::answer::Answer;

use super::{NOBODY, document, drafted, is_refused, is_root, is_whole, is_whole_for, walk};

// REQ-015, REQ-042
#[test]
fn a_deleted_working_copy_is_missed_and_restored() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let text = fs::read(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    for line in ["-u claude checkin CR-001", "-u claude route CR-001 --review"] {
        is_refused(&project, line, 4, "copy_unsound", "the working copy of CR-001 is gone");
    }
    project.run("-u claude checkin CR-001").is(4).says("try: qms --user claude checkout CR-001");
    // Nobody is told to run what is somebody else's.
    let refused = project.ask("-u lead checkin CR-001").is(7);
    assert!(refused["error"]["reasons"].as_array().unwrap().iter().all(|one| one["remedy"].is_null()));
    project.run("-u claude checkout CR-001").is(0);
    assert_eq!(fs::read(&copy).unwrap(), text);
    project.run("-u claude checkin CR-001").is(0);
}

// REQ-042, REQ-043
#[test]
fn broken_front_matter_is_refused_with_its_line_and_kept() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let sound = fs::read_to_string(&copy).unwrap();
    for (from, to, words) in [
        ("---\n", "", "CR-001.md: does not begin with front matter"),
        ("title: \"A change\"", "title: \"A change", "CR-001.md:"),
        ("title: \"A change\"", "title: \"A change\"\ntitle: Another", "CR-001.md:6:"),
        ("title: \"A change\"", "title: 1.10", "CR-001.md:5:"),
        ("type: CR\n", "", "has no `type`"),
        ("id: CR-001", "id: CR-002", "names CR CR-002, not CR-001"),
        ("type: CR", "type: SOP", "names SOP CR-001"),
        ("template: TEMPLATE-CR", "template: TEMPLATE-SOP", "must say `template: TEMPLATE-CR`"),
        ("template: TEMPLATE-CR\n", "", "must say `template: TEMPLATE-CR`"),
        ("title: \"A change\"", "title: \"A change\"\nversion: \"9.0\"", "`version` does not belong"),
        ("title: \"A change\"", "title: \"A change\"\nstate: EFFECTIVE", "`state` does not belong"),
    ] {
        assert!(sound.contains(from));
        let broken = sound.replacen(from, to, 1);
        fs::write(&copy, &broken).unwrap();
        is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", words);
        project.call("-u claude route CR-001 --review").unfilled().run().is(4).says(words);
        // No command mends what somebody wrote.
        let refused = project.ask("-u claude checkin CR-001").is(4);
        let reason = &refused["error"]["reasons"][0];
        let said = reason["message"].as_str().unwrap();
        assert!(said.contains(&copy.display().to_string()), "{said}");
        assert!(
            said.ends_with("correct the file, or move it away and check the document out again"),
            "{said}"
        );
        assert_eq!(reason["remedy"], Value::Null);
        // Checking out again never overwrites what somebody wrote.
        project.run("-u claude checkout CR-001").is(0).says("left as it is");
        assert_eq!(fs::read_to_string(&copy).unwrap(), broken);
    }
    fs::write(&copy, sound.replace("A change", "A better change")).unwrap();
    project.run("-u claude checkin CR-001").is(0);
    assert_eq!(document(&project, "CR-001")["title"], "A better change");
    is_whole(&project);
}

// REQ-041
#[test]
fn a_working_copy_in_another_encoding_is_refused_and_kept() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let text = fs::read_to_string(&copy).unwrap();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    fs::write(&copy, &utf16).unwrap();
    is_refused(
        &project,
        "-u claude checkin CR-001",
        4,
        "copy_unsound",
        "looks like UTF-16; save it as UTF-8",
    );
    fs::write(&copy, text.replace("A change", "Caf\u{e9}").chars().map(|c| c as u8).collect::<Vec<u8>>())
        .unwrap();
    is_refused(
        &project,
        "-u claude checkin CR-001",
        4,
        "copy_unsound",
        "is not UTF-8 text (first bad byte at",
    );
    let nul = text.clone() + "\0\n";
    fs::write(&copy, &nul).unwrap();
    is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", "has a NUL character");
    assert_eq!(fs::read_to_string(&copy).unwrap(), nul);
    fs::write(&copy, &utf16).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), utf16);
    // A byte order mark and Windows line ends are somebody's editor, not a fault.
    fs::write(&copy, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    project.run("-u claude checkin CR-001").is(0);
}

// REQ-041, REQ-042
#[test]
fn a_working_copy_that_is_a_link_a_folder_a_pipe_or_huge_is_refused() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let secret = project.folder().join("secret.txt");
    fs::rename(&copy, &secret).unwrap();
    symlink(&secret, &copy).unwrap();
    let refused = |words| is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", words);
    refused("is a symbolic link");
    fs::remove_file(&copy).unwrap();

    fs::create_dir(&copy).unwrap();
    refused("is not a file");
    // The remedy moves it out of the way and gives a fresh copy.
    let restored = project.ask("-u claude checkout CR-001").is(0);
    assert_eq!(restored["warnings"][0]["code"], "copy_set_aside");
    assert!(project.path(".qms/workspace/claude/CR-001.1.old.md").is_dir());
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&secret).unwrap());
    fs::remove_file(&copy).unwrap();

    assert!(Command::new("mkfifo").arg(&copy).status().unwrap().success());
    let refused = project.ask("-u claude checkin CR-001").is(4);
    assert!(refused["error"]["message"].as_str().unwrap().contains("is not a file"));
    fs::remove_file(&copy).unwrap();

    fs::File::create(&copy).unwrap().set_len(17 * 1024 * 1024).unwrap();
    let refused = project.ask("-u claude checkin CR-001").is(4);
    assert!(refused["error"]["message"].as_str().unwrap().contains("larger than 16 MiB"));
    assert_eq!(refused["error"]["reasons"][0]["remedy"], "qms --user claude checkout CR-001");
    let restored = project.ask("-u claude checkout CR-001").is(0);
    assert_eq!(restored["warnings"][0]["code"], "copy_set_aside");
    assert_eq!(document(&project, "CR-001")["version"], "0.1");
}

// REQ-041
#[test]
fn a_working_copy_of_another_document_is_refused() {
    let project = drafted();
    project.run("-u claude create CR --title Another").is(0);
    let (one, two) = (project.copy("claude", "CR-001"), project.copy("claude", "CR-002"));
    let own = fs::read(&one).unwrap();
    fs::copy(&two, &one).unwrap();
    let line = "-u claude checkin CR-001";
    is_refused(&project, line, 4, "copy_unsound", "names CR CR-002, not CR-001");
    fs::copy(two.with_extension("json"), one.with_extension("json")).unwrap();
    is_refused(&project, line, 4, "copy_unsound", "the working copy is of CR-002, not of CR-001");
    // Without the file beside it nobody knows what the copy started from.
    fs::remove_file(one.with_extension("json")).unwrap();
    is_refused(&project, line, 4, "copy_unsound", "has lost the file beside it");
    let restored = project.ask("-u claude checkout CR-001").is(0);
    assert_eq!(restored["warnings"][0]["code"], "copy_set_aside");
    assert_eq!(fs::read(&one).unwrap(), own);
}

// REQ-041
#[test]
fn a_working_copy_of_an_earlier_check_out_is_refused() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    let sidecar = copy.with_extension("json");
    let old = (fs::read(&copy).unwrap(), fs::read(&sidecar).unwrap());
    project.edit("claude", "CR-001", "A change", "A newer change");
    project.play(&["-u claude checkin CR-001", "-u claude checkout CR-001"]);
    fs::write(&copy, &old.0).unwrap();
    fs::write(&sidecar, &old.1).unwrap();
    is_refused(&project, "-u claude checkin CR-001", 4, "copy_unsound", "started from another content");
    assert_eq!(fs::read(&copy).unwrap(), old.0);
    assert_eq!(document(&project, "CR-001")["title"], "A newer change");

    // A transfer voids the check-out; what its holder wrote stays where it is.
    project.run("-u lead transfer CR-001 --to lead --reason holiday").is(0);
    let refused = project.keeps(1, || project.ask("-u claude checkin CR-001")).is(7);
    assert_eq!(refused.reasons(), ["not_owner", "not_checked_out"]);
    assert_eq!(fs::read(&copy).unwrap(), old.0);
}

/// Runs a line that takes a working copy in, and does something when it is recorded and before the copy goes.
fn meanwhile(project: &Project, line: &str, act: impl FnOnce()) -> Answer {
    let turn = fs::File::options().write(true).open(project.path(".qms/publish.lock")).unwrap();
    turn.lock().unwrap();
    let before = project.log_size();
    let answer = std::thread::scope(|scope| {
        let running = scope.spawn(|| project.ask(line));
        // It waits for its turn to publish until we let it.
        while project.log_size() == before && !running.is_finished() {
            std::thread::yield_now();
        }
        act();
        turn.unlock().unwrap();
        running.join().unwrap()
    });
    answer.is(0)
}

/// The warnings about working copies.
fn of_copies(answer: &Answer) -> Vec<&Value> {
    let warnings = answer["warnings"].as_array().unwrap().iter();
    warnings.filter(|one| one["code"].as_str().unwrap().starts_with("copy_")).collect()
}

/// How an editor saves a text.
type Save = fn(&Path, &str);

// REQ-181
#[test]
fn what_is_saved_after_a_copy_was_read_stays_and_can_be_gone_on_with() {
    let in_place: Save = |copy, text| fs::write(copy, text).unwrap();
    let by_rename: Save = |copy, text| {
        let beside = copy.with_extension("swp");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, copy).unwrap();
    };
    let ways: [(&str, Save); 2] = [("in place", in_place), ("by rename", by_rename)];
    for line in ["-u claude checkin CR-001", "-u claude route CR-001 --review"] {
        for (way, save) in ways {
            let project = drafted();
            let copy = project.copy("claude", "CR-001");
            project.fill_in("CR-001");
            let taken = fs::read_to_string(&copy).unwrap();
            let later = taken.clone() + "\nsaved later\n";
            let answer = meanwhile(&project, line, || save(&copy, &later));
            let said = of_copies(&answer);
            assert_eq!(said[0]["code"], "copy_saved_again", "{line}, {way}: {said:?}");
            assert!(said[0]["message"].as_str().unwrap().contains(&copy.display().to_string()), "{said:?}");
            assert_eq!(fs::read_to_string(&copy).unwrap(), later, "{line}, {way}");
            let stored = project.run("-u claude read CR-001 --draft").is(0).text();
            assert_eq!(stored, taken, "{line}, {way}");
            // What it names goes on with the later save, from what was taken in.
            if line.contains("route") {
                project.run("-u claude withdraw CR-001").is(0);
            }
            let kept = project.ask("-u claude checkout CR-001").is(0);
            assert_eq!(of_copies(&kept)[0]["code"], "copy_kept", "{line}, {way}");
            assert!(of_copies(&project.ask("-u claude checkin CR-001").is(0)).is_empty());
            assert!(!copy.exists() && !copy.with_extension("json").exists());
            assert_eq!(project.run("-u claude read CR-001 --draft").is(0).text(), later);
            is_whole(&project);
        }
    }
}

// REQ-181
#[test]
fn a_copy_that_is_gone_when_it_is_to_go_is_no_trouble() {
    let project = drafted();
    let copy = project.copy("claude", "CR-001");
    project.fill_in("CR-001");
    let answer = meanwhile(&project, "-u claude checkin CR-001", || fs::remove_file(&copy).unwrap());
    assert!(of_copies(&answer).is_empty());
    assert!(!copy.exists() && !copy.with_extension("json").exists());
}

#[test]
fn a_working_copy_that_cannot_be_removed_is_checked_in_all_the_same() {
    let project = drafted();
    if !is_root() {
        eprintln!("left out: only root can act as another user");
        return;
    }
    walk(project.folder(), &|path| chown(path, Some(NOBODY), Some(NOBODY)).unwrap());
    let copy = project.copy("claude", "CR-001");
    chown(copy.parent().unwrap(), Some(0), Some(0)).unwrap();
    let mut call = project.call("-u claude checkin CR-001");
    call.command.uid(NOBODY).gid(NOBODY);
    let answer = call.ask().is(0);
    assert_eq!(answer["warnings"][0]["code"], "copy_not_removed");
    assert_eq!(answer["data"]["document"]["checked_out_by"], Value::Null);
    assert!(copy.exists());
    is_whole_for(&project, NOBODY);
}

// REQ-048
#[test]
fn a_process_that_died_after_its_commit_is_finished_by_the_next() {
    let project = drafted();
    project.edit("claude", "CR-001", "A change", "A finished change");
    project.run("-u claude checkin CR-001").is(0);
    let page = project.path("QMS/CR/CR-001-draft.md");
    let published = fs::read(&page).unwrap();
    // As if the process had died between its commit and the page.
    fs::remove_file(&page).unwrap();
    let mut marker = fs::File::create(project.path(".qms/journal/4194304-0")).unwrap();
    write!(marker, "2").unwrap();
    drop(marker);
    project.run("-u qa list").is(0);
    assert_eq!(fs::read(&page).unwrap(), published);
    assert_eq!(fs::read_dir(project.path(".qms/journal")).unwrap().count(), 0);
}

/// Leaves the marker of a process that died when the log had so many entries.
fn mark(project: &super::Project, name: &str, size: u64) {
    fs::write(project.path(".qms/journal").join(name), size.to_string()).unwrap();
}

// REQ-048, REQ-229
#[test]
fn a_page_that_cannot_be_published_keeps_no_other_from_being_completed() {
    let project = drafted();
    project.run("-u claude create SOP --title x").is(0);
    let lost = project.path("QMS/SOP/SOP-008-draft.md");
    let published = fs::read(&lost).unwrap();
    let (folder, kept) = (project.path("QMS/CR"), project.folder().join("kept"));
    fs::rename(&folder, &kept).unwrap();
    std::os::unix::fs::symlink(&kept, &folder).unwrap();
    fs::remove_file(&lost).unwrap();
    for name in ["4194304-0", "4194304-1"] {
        mark(&project, name, 1);
    }
    let markers = || fs::read_dir(project.path(".qms/journal")).unwrap().count();
    project.run("-u qa list").is(0);
    assert_eq!((fs::read(&lost).unwrap(), markers()), (published, 2));
    fs::remove_file(&folder).unwrap();
    fs::rename(&kept, &folder).unwrap();
    project.run("-u qa list").is(0);
    assert_eq!(markers(), 0);
}

// REQ-048, REQ-128
#[test]
fn whoever_looks_is_not_kept_by_somebody_who_publishes() {
    let project = drafted();
    let page = project.path("QMS/CR/CR-001-draft.md");
    let published = fs::read(&page).unwrap();
    fs::remove_file(&page).unwrap();
    mark(&project, "4194304-0", 1);
    let lock = fs::File::create(project.path(".qms/publish.lock")).unwrap();
    lock.lock().unwrap();
    for line in ["list", "status CR-001", "inbox"] {
        // Whoever publishes is waited for ten seconds.
        let call = project.call(&format!("-u qa {line}"));
        let mut timed = std::process::Command::new("timeout");
        timed.arg("9").arg(call.command.get_program()).args(call.command.get_args());
        timed.envs(call.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        assert!(timed.current_dir(project.root()).output().unwrap().status.success(), "{line}");
    }
    drop(lock);
    project.run("-u qa list").is(0);
    assert_eq!(fs::read(&page).unwrap(), published);
}
