//! Whoever touches an entry, the head, or the past.

use super::*;

/// Gives entries the places that they stand in, as somebody who hides a gap would.
fn renumber(log: &mut Log) {
    for (index, stored) in (0..).zip(&mut log.entries) {
        stored.index = index;
    }
}

// REQ-122
#[test]
fn sound_log_verifies() {
    let log = Log::sample();
    let verified = log.verify();
    let expected = Verified {
        entries: 20,
        bytes: log.entries.iter().map(|stored| stored.bytes.len() as u64).sum(),
        root: log.head.root(),
        head_tag: HeadTag::Verified,
        rows: 10,
    };
    assert_eq!(verified, Ok(expected.clone()));
    let without_key = log.verify_with(None, None);
    assert_eq!(without_key, Ok(Verified { head_tag: HeadTag::Unchecked, ..expected }));
}

#[test]
fn empty_log_verifies() {
    let replay = Verifier::new(Some(&key()), None).finish(&Frontier::default(), None, None);
    assert_eq!(replay.and_then(Replay::finish).map(|verified| verified.entries), Ok(0));
}

// REQ-117
#[test]
fn every_flipped_bit_is_found_at_its_entry() {
    let log = Log::sample();
    let key = key();
    for with_key in [Some(&key), None] {
        let mut verifier = Verifier::new(with_key, None);
        for stored in &log.entries {
            let flip = |column: fn(&mut Stored) -> &mut Vec<u8>| {
                let mut damaged = stored.clone();
                let length = column(&mut damaged).len();
                (0..length * 8).map(move |bit| {
                    let mut damaged = damaged.clone();
                    if let Some(byte) = column(&mut damaged).get_mut(bit / 8) {
                        *byte ^= 1 << (bit % 8);
                    }
                    damaged
                })
            };
            let altered = Err(Failure::Altered { index: stored.index });
            for damaged in flip(|stored| &mut stored.bytes).chain(flip(|stored| &mut stored.leaf)) {
                assert_eq!(push(&mut verifier, &damaged), altered);
            }
            if with_key.is_some() {
                for damaged in flip(|stored| &mut stored.tag) {
                    assert_eq!(push(&mut verifier, &damaged), Err(Failure::Tag { index: stored.index }));
                }
            }
            assert_eq!(push(&mut verifier, stored), Ok(()));
        }
    }
}

// REQ-117
#[test]
fn dropped_entry_is_found_where_it_is_missing() {
    for missing in 0..20 {
        let mut log = Log::sample();
        log.entries.remove(missing);
        let at = Some(missing as u64);
        assert_eq!(log.failure().index(), at);
        renumber(&mut log);
        assert_eq!(log.failure().index(), at);
        assert_eq!(log.verify_with(None, None).err().and_then(|failure| failure.index()), at);
    }
}

// REQ-117
#[test]
fn swapped_entries_are_found_at_the_first() {
    for first in 0..19 {
        let mut log = Log::sample();
        log.entries.swap(first, first + 1);
        let expected = first as u64;
        assert_eq!(log.failure(), Failure::OutOfOrder { expected, found: expected + 1 });
        renumber(&mut log);
        assert_eq!(log.failure(), Failure::Tag { index: expected });
        let without_key = log.verify_with(None, None).err();
        assert_eq!(without_key, Some(Failure::Displaced { index: expected, sealed: expected + 1 }));
    }
}

// REQ-117
#[test]
fn doubled_entry_is_found_at_the_second() {
    for twice in 0..20 {
        let mut log = Log::sample();
        let again = log.entry(twice).clone();
        log.entries.insert(twice + 1, again);
        let second = twice as u64 + 1;
        assert_eq!(log.failure(), Failure::OutOfOrder { expected: second, found: second - 1 });
        renumber(&mut log);
        assert_eq!(log.failure().index(), Some(second));
    }
}

// REQ-117
#[test]
fn cut_off_end_is_found_where_it_is_missing() {
    for length in 0..20 {
        let mut log = Log::sample();
        log.entries.truncate(length);
        let size = length as u64;
        assert_eq!(log.failure(), Failure::HeadSize { size, head: 20 });
        assert_eq!(log.failure().index(), Some(size));
    }
}

#[test]
fn entry_beyond_the_head_is_found() {
    let mut log = Log::sample();
    let head = (log.head.clone(), log.head_tag, log.course);
    log.append(plain_entry(20, time(20), "note"));
    (log.head, log.head_tag, log.course) = head;
    assert_eq!(log.failure(), Failure::HeadSize { size: 21, head: 20 });
    assert_eq!(log.failure().index(), Some(20));
}

// REQ-117
#[test]
fn entry_that_was_sealed_again_without_the_key_is_found() {
    let mut log = Log::sample();
    let stored = log.entry(5);
    let mut entry = Entry::decode(&stored.bytes).unwrap_or_else(|error| panic!("{error}"));
    entry.comment = Some("it was always so".to_owned());
    stored.bytes = entry.encode();
    stored.leaf = leaf_hash(&stored.bytes).as_bytes().to_vec();
    assert_eq!(log.failure(), Failure::Tag { index: 5 });
    // Without the key the entry itself looks sound, and the tree does not.
    assert_eq!(log.verify_with(None, None), Err(Failure::Head { size: 20 }));
}

#[test]
fn edited_document_column_is_found() {
    let mut log = Log::sample();
    log.entry(7).document = None;
    assert_eq!(log.failure(), Failure::DocumentColumn { index: 7 });
    let mut log = Log::sample();
    log.entry(0).document = Some("SOP-001".to_owned());
    assert_eq!(log.failure(), Failure::DocumentColumn { index: 0 });
}

#[test]
fn edited_head_is_found() {
    let sound = Log::sample();
    let other = Log {
        head: Log::sample_of(20).head,
        course: sound.course.map(|it| Course { at: time(99), ..it }),
        ..sound.clone()
    };
    assert_eq!(other.failure(), Failure::Head { size: 20 });
    let edge = sound.head.edge().iter().rev().copied().collect();
    let swapped = Log { head: Frontier::from_parts(20, edge).unwrap_or_default(), ..sound.clone() };
    assert_eq!(swapped.failure(), Failure::Head { size: 20 });
    for head_tag in [None, Some(Tag::from_bytes([0; 32]))] {
        let untagged = Log { head_tag, ..sound.clone() };
        assert_eq!(untagged.failure(), Failure::HeadTag { size: 20 });
        assert!(untagged.verify_with(None, None).is_ok());
    }
}

// REQ-124
#[test]
fn time_does_not_go_backwards() {
    let mut log = Log::sample();
    log.append(plain_entry(20, time(19), "note"));
    assert!(log.verify().is_ok());
    log.append(plain_entry(21, time(18), "note"));
    assert_eq!(log.failure(), Failure::Time { index: 21 });
}

#[test]
fn entry_that_says_nothing_is_found() {
    let mut log = Log::sample();
    let bytes = b"Q\x01 and so on".to_vec();
    let leaf = leaf_hash(&bytes);
    let tag = key().tag_entry(20, &leaf).as_bytes().to_vec();
    log.entries.push(Stored { index: 20, bytes, leaf: leaf.as_bytes().to_vec(), tag, document: None });
    assert!(matches!(log.failure(), Failure::Unreadable { index: 20, .. }));
}

// REQ-120
#[test]
fn checkpoint_shows_a_log_that_was_rolled_back() {
    let checkpoint = Checkpoint::new("p", &Log::sample().head);
    let key = key();
    let rolled_back = Log::sample_of(12);
    assert!(rolled_back.read(Some(&key), None).is_ok());
    let failure = rolled_back.read(Some(&key), Some(&checkpoint)).err();
    assert_eq!(failure, Some(Failure::RolledBack { size: 12, checkpoint: 20 }));
}

// REQ-120
#[test]
fn checkpoint_shows_a_log_with_another_past() {
    let key = key();
    for size in 0..=20 {
        let then = Checkpoint::new("p", &Log::sample_of(size).head);
        assert!(Log::sample().verify_with(Some(&key), Some(&then)).is_ok(), "{size}");
        let other = Checkpoint { root: Digest::of(b"another past"), ..then };
        let failure = Log::sample().verify_with(Some(&key), Some(&other)).err();
        assert_eq!(failure, Some(Failure::Rewritten { size: size as u64 }));
    }
}
