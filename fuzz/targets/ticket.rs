//! Tickets and checkpoints: what was made with the key is genuine, and nothing else is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qms::domain::audit::{Checkpoint, ProjectKey};
use qms::domain::digest::{Digest, Timestamp};
use qms::domain::id::UserName;
use qms::domain::identity::{Call, Caller, PresentedTicket, Ticket, TicketId, argv_digest};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let key = ProjectKey::new(&[7; 32]).expect("a key");
    let present = |text: &str| PresentedTicket::parse(text, Digest::of(b"argv"), "/p".to_owned());
    if let Ok(ticket) = present(text) {
        assert!(!ticket.is_genuine(&key));
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        // The program signs checkpoints of its own logs only; others may be called anything.
        let checkpoint = Checkpoint { origin: Checkpoint::origin_of("p"), ..checkpoint };
        let signed = checkpoint.sign(&key);
        assert_eq!(Checkpoint::parse(&signed).as_ref(), Ok(&checkpoint));
        assert_eq!(Checkpoint::verify(&signed, &checkpoint.origin, &key.checkpoint_key()), Ok(checkpoint));
    }
    sealed(text, &key);
});

fn sealed(text: &str, key: &ProjectKey) {
    let words: Vec<&str> = text.split('\n').collect();
    let word = |at: usize| words.get(at).copied();
    let caller = Caller {
        session: word(0).unwrap_or_default(),
        agent: word(1),
        agent_type: word(2),
        tool_use_id: word(3),
    };
    let user = UserName::parse("qa").expect("a name");
    let argv = argv_digest(words.iter().map(|word| word.as_bytes()));
    let inputs = word(4).map(|input| Digest::of(input.as_bytes()));
    let call = Call { project: "p", argv, cwd: text, inputs };
    let ticket = Ticket::new(TicketId::from_bytes([1; 16]), caller, &user, call, Timestamp::from_millis(0));
    let sealed = ticket.seal(key);
    let presented = PresentedTicket::parse(&sealed, argv, text.to_owned()).expect("a ticket");
    assert!(presented.is_genuine(key) && presented.is_for_this_call("p"));
    assert!(!presented.is_for_this_call(text) || text == "p");
    assert_eq!(presented.ticket, ticket);
    // One letter of it is another one.
    let at = text.len() % sealed.len();
    let mut changed = sealed.into_bytes();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("letters");
    let presented = PresentedTicket::parse(&changed, argv, text.to_owned());
    assert!(!presented.is_ok_and(|presented| presented.is_genuine(key)));
}
