//! Golden vectors: every byte that is hashed, tagged or signed, against committed text.
//!
//! A difference is a change of the format: whoever means it prints the actual text with
//! `cargo test --test vectors -- --ignored` and commits it by hand, with a new format number.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write as _;

use qms::domain::attestation::{Attestation, AttestationKind};
use qms::domain::audit::{
    Attribution, Checkpoint, Entry, EntryResult, Frontier, Meaning, NONCE_BYTES, ProjectKey, RanBy, Row,
    SALT_BYTES, Sealed, SealedReason, Signature, Statement, consistency_proof, inclusion_proof, leaf_hash,
    row_delta, verify_consistency, verify_inclusion,
};
use qms::domain::clock::{Boot, Jump, Moment, Span};
use qms::domain::digest::{Digest, Timestamp, from_hex, to_hex};
use qms::domain::document::{
    Answer, Checkout, Document, InForce, Kind, Outcome, Round, Seat, Task, TemplateVersion, User, Verdict,
};
use qms::domain::id::Version;
use qms::domain::identity::{
    Acknowledgement, Assurance, Credential, CredentialKind, Grounds, Isolation, KeyOrigin, OpenKey, TicketId,
};
use qms::domain::offer::Offer;
use qms::domain::project::{Namespace, PolicyRecord, Project, Proposal, ProposalKind, VersionRecord};

type Outcomes<T = ()> = Result<T, Box<dyn Error>>;

const KEYS: &str = include_str!("vectors/keys.txt");
const ENTRIES: &str = include_str!("vectors/entries.txt");
const ROWS: &str = include_str!("vectors/rows.txt");
const TREE: &str = include_str!("vectors/tree.txt");
const CHECKPOINT: &str = include_str!("vectors/checkpoint.txt");

/// The id of the project that all vectors are of.
const PROJECT: &str = "000102030405060708090a0b0c0d0e0f";

/// The leaves that certificate-transparency publishes with their trees.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// Returns the lines of a committed file; those that begin with `#` are for people.
fn lines(file: &str) -> Vec<&str> {
    file.lines().filter(|line| !line.starts_with('#')).collect()
}

/// A secret that nobody uses: the bytes 0 to 31.
fn key() -> Outcomes<ProjectKey> {
    let secret: Vec<u8> = (0..32).collect();
    Ok(ProjectKey::new(&secret).ok_or("32 bytes are a key")?)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + seconds * 1000)
}

fn published_leaves() -> Outcomes<Vec<Digest>> {
    LEAVES.iter().map(|leaf| Ok(leaf_hash(&from_hex(leaf).ok_or("not hexadecimal")?))).collect()
}

fn frontier(leaves: &[Digest]) -> Frontier {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier
}

fn actual_keys() -> Outcomes<Vec<String>> {
    let (key, leaves) = (key()?, published_leaves()?);
    let leaf = leaves.first().ok_or("no leaf")?;
    Ok(vec![
        format!("fingerprint: {}", key.fingerprint().as_str()),
        format!("checkpoint public key: {}", key.checkpoint_key()),
        format!(
            "tag of entry 7 with the first published leaf: {}",
            to_hex(key.tag_entry(7, leaf).as_bytes())
        ),
        format!("tag of the empty head: {}", to_hex(key.tag_head(&Frontier::default()).as_bytes())),
        format!(
            "tag of the head of the published tree: {}",
            to_hex(key.tag_head(&frontier(&leaves)).as_bytes())
        ),
    ])
}

fn actual_tree() -> Outcomes<Vec<String>> {
    let leaves = published_leaves()?;
    let hex = |proof: &[Digest]| proof.iter().map(Digest::to_string).collect::<Vec<_>>().join(" ");
    let mut lines = Vec::new();
    for size in 0..=leaves.len() {
        let some = leaves.get(..size).ok_or("no such tree")?;
        lines.push(format!("root of {size}: {}", frontier(some).root()));
    }
    for (index, size) in [(0, 8), (5, 8), (2, 3), (1, 5)] {
        let some = leaves.get(..size).ok_or("no such tree")?;
        let proof = inclusion_proof(some, index).ok_or("no such leaf")?;
        let leaf = some.get(usize::try_from(index)?).ok_or("no such leaf")?;
        assert!(verify_inclusion(leaf, index, size as u64, &proof, &frontier(some).root()));
        lines.push(format!("inclusion of leaf {index} in {size}: {}", hex(&proof)));
    }
    for (old, new) in [(1, 8), (6, 8), (2, 5)] {
        let (before, after) =
            (leaves.get(..old).ok_or("no such tree")?, leaves.get(..new).ok_or("no such tree")?);
        let proof = consistency_proof(after, old as u64).ok_or("no such tree")?;
        let roots = (frontier(before).root(), frontier(after).root());
        assert!(verify_consistency(old as u64, new as u64, &roots.0, &roots.1, &proof));
        lines.push(format!("consistency of {old} with {new}: {}", hex(&proof)));
    }
    Ok(lines)
}

/// A document in which everything is there that can be there.
fn full_document() -> Outcomes<Document> {
    let content = Digest::of(b"content");
    let seat = |answer| -> Outcomes<_> {
        Ok(Seat { assigned_by: "claude".parse()?, assigned_at: at(60), answer, opened_at: None })
    };
    let answer = Answer { outcome: Outcome::Recommend, at: at(90) };
    let verdict = Verdict { outcome: Outcome::Recommend, group: "quality".parse()?, at: at(90), revision: 8 };
    Ok(Document {
        id: "CR-001-VAR-002".parse()?,
        document_type: "VAR".parse()?,
        workflow: "executable".parse()?,
        title: "Wärmebehandlung".to_owned(),
        state: "IN_PRE_REVIEW".parse()?,
        version: Version::new(1, 10),
        last_minor: 10,
        content,
        in_force: Some(InForce { version: Version::new(1, 0), content: Digest::of(b"in force") }),
        owner: Some("claude".parse()?),
        creator: Some("lead".parse()?),
        authors: BTreeMap::from([("claude".parse()?, BTreeSet::new()), ("lead".parse()?, BTreeSet::new())]),
        checkout: Some(Checkout { by: "claude".parse()?, base: content }),
        parent: Some("CR-001".parse()?),
        template: Some(TemplateVersion { id: "TEMPLATE-VAR".parse()?, version: Version::new(2, 0) }),
        traits: BTreeSet::new(),
        requires: BTreeSet::new(),
        round: Some(Round {
            task: Task::Review,
            phase: "pre_review".parse()?,
            origin: "DRAFT".parse()?,
            asked_by: "claude".parse()?,
            opened_at: at(60),
            content,
            policy: Digest::of(b"policy"),
            dossier: None,
            seats: BTreeMap::from([("qa".parse()?, seat(Some(answer))?), ("tu".parse()?, seat(None)?)]),
        }),
        verdicts: BTreeMap::from([(("pre_review".parse()?, "qa".parse()?), verdict)]),
        rejected: Some(6),
        revision: 8,
        created_at: at(0),
        updated_at: at(90),
    })
}

/// The same with what came later: its traits, what it waits for, what was read and routed.
fn governed_document() -> Outcomes<Document> {
    let mut document = Document { id: "CR-001-VAR-003".parse()?, ..full_document()? };
    document.traits = BTreeSet::from(["needs-security-review".parse()?, "customer-facing".parse()?]);
    document.requires = BTreeSet::from(["SDLC-X-RTM is EFFECTIVE".parse()?, "INV-003 is CLOSED".parse()?]);
    if let Some(round) = &mut document.round {
        round.dossier = Some(Digest::of(b"dossier"));
        for seat in round.seats.values_mut() {
            seat.opened_at = Some(at(70));
        }
    }
    Ok(document)
}

/// An attestation in which everything is there that can be there.
fn full_attestation() -> Outcomes<Attestation> {
    Ok(Attestation {
        document: "CR-001".parse()?,
        kind: AttestationKind::Run,
        name: "ci-passed".parse()?,
        number: 2,
        author: "claude".parse()?,
        group: "initiator".parse()?,
        phase: "execution".parse()?,
        subject: Digest::of(b"content"),
        body: Digest::of(b"output"),
        status: Some(-9),
        file_name: Some("Wägeprotokoll 7.pdf".to_owned()),
        media_type: Some("application/pdf".to_owned()),
        at: at(80),
    })
}

/// The public half of a key that nobody uses: the seed is the bytes 32 to 63.
fn own_key() -> Outcomes<OpenKey> {
    let seed: Vec<u8> = (32..64).collect();
    Ok(OpenKey::from_seed(&seed).ok_or("32 bytes are a seed")?)
}

/// A credential in which everything is there that can be there.
fn full_credential() -> Outcomes<Credential> {
    let open = own_key()?;
    let kind = CredentialKind::Key;
    let mut credential = Credential::new(open.id().clone(), "lead".parse()?, kind, open.public(), at(5));
    credential.session = Some("s-1".to_owned());
    credential.runtime = Some("claude".to_owned());
    credential.parent = Some("claude".parse()?);
    credential.scope.actions = BTreeSet::from(["approve".parse()?, "review".parse()?]);
    credential.scope.documents = BTreeSet::from(["CR-001".parse()?]);
    credential.issued_by = Some("lead".parse()?);
    credential.not_before = Some(at(6));
    credential.not_after = Some(at(7));
    credential.uses = Some(9);
    credential.used = 8;
    credential.revoked_at = Some(at(6));
    credential.origin = Some(KeyOrigin::Recovery);
    credential.acknowledged = Some(Acknowledgement { by: "qa".parse()?, grounds: Grounds::Alone });
    credential.tag = Some(key()?.tag_credential(&credential));
    Ok(credential)
}

fn actual_rows() -> Outcomes<Vec<String>> {
    let document = full_document()?;
    let version = VersionRecord {
        document: document.id.clone(),
        version: document.version,
        content: document.content,
        author: Some("claude".parse()?),
        at: at(30),
    };
    let user = User {
        name: "qa".parse()?,
        printed_name: "Quality Assurance".to_owned(),
        group: "quality".parse()?,
        kind: Kind::Agent,
        is_bound: true,
        removed_at: Some(at(900)),
    };
    let namespace = Namespace { name: "CORE".parse()?, added_by: "lead".parse()?, added_at: at(10) };
    let policy = PolicyRecord {
        digest: Digest::of(b"policy"),
        sources: "{\"a.yaml\":\"a: 1\\n\"}".to_owned(),
        compiled: "{\"a\":1}".to_owned(),
        adopted_at: at(0),
    };
    let project = Project {
        id: PROJECT.to_owned(),
        policy: policy.digest,
        key_fingerprint: key()?.fingerprint().as_str().to_owned(),
        checkpoint_key: key()?.checkpoint_key(),
        origin: Digest::of(b"program"),
        created_at: at(0),
    };
    let credential = full_credential()?;
    let jump = Jump { since: 40, before: Some(at(80)), clock: at(900_000) };
    let spans = [
        Span { number: 0, began_at: at(0), jump: Some(Jump { before: None, ..jump }) },
        Span { number: 7, began_at: at(90), jump: Some(jump) },
    ];
    let proposal = Proposal {
        kind: ProposalKind::Policy,
        digest: Digest::of(b"candidate"),
        replaces: policy.digest,
        by: "lead".parse()?,
        at: at(95),
        reason: "fewer gates".to_owned(),
        confirmed_by: Some("maria".parse()?),
    };
    let (governed, attestation) = (governed_document()?, full_attestation()?);
    let rows = [
        Row::Credential(&credential),
        Row::Document(&document),
        Row::Version(&version),
        Row::User(&user),
        Row::Namespace(&namespace),
        Row::Policy(&policy),
        Row::Project(&project),
        Row::Document(&governed),
        Row::Attestation(&attestation),
        Row::Span(&spans[0]),
        Row::Span(&spans[1]),
        Row::Proposal(&proposal),
    ];
    let mut lines = Vec::new();
    for row in rows {
        let (table, key) = (row.table(), row.key());
        for field in row_delta(None, row).into_iter().flat_map(|delta| delta.fields) {
            let value = to_hex(&field.new.unwrap_or_default());
            lines.push(format!("{table} {key} {}: {value}", field.name).trim_end().to_owned());
        }
    }
    lines.push(format!("document {} flat: {}", document.id, to_hex(&Row::Document(&document).flat())));
    Ok(lines)
}

fn minimal_entry() -> Entry {
    Entry::new("genesis", Digest::of(b"policy"))
}

/// What a review leaves behind.
fn usual_entry() -> Outcomes<Entry> {
    let mut old = full_document()?;
    old.revision = 7;
    old.updated_at = at(60);
    old.verdicts.clear();
    old.round.iter_mut().flat_map(|round| round.seats.values_mut()).for_each(|seat| seat.answer = None);
    let new = full_document()?;
    Ok(Entry {
        index: 41,
        at: at(90),
        moment: Moment { clock: at(90), boot: Some(Boot { id: [1; 16], since: 5000 }) },
        salt: [2; SALT_BYTES],
        host: Some("desk-1".to_owned()),
        uid: Some(1000),
        actor: Some("qa".parse()?),
        claimed: Some("qa".to_owned()),
        actor_kind: Some(Kind::Agent),
        group: Some("quality".parse()?),
        assurance: Some(Assurance::Token),
        action: "review".to_owned(),
        inputs: BTreeMap::from([("outcome".to_owned(), "recommend".to_owned())]),
        document: Some(new.id.clone()),
        version: Some(new.version),
        from: Some(new.state.clone()),
        to: Some(new.state.clone()),
        verdict: Some(Outcome::Recommend),
        comment: Some("complete".to_owned()),
        content_digest: Some(new.content),
        deltas: row_delta(Some(Row::Document(&old)), Row::Document(&new)).into_iter().collect(),
        ..minimal_entry()
    })
}

/// Everything at once, long lengths and a field without a code too.
fn full_entry() -> Outcomes<Entry> {
    let usual = usual_entry()?;
    let mut deltas = usual.deltas.clone();
    let new = full_document()?;
    deltas.extend(row_delta(None, Row::Document(&new)));
    if let Some(field) = deltas.last_mut().and_then(|delta| delta.fields.first_mut()) {
        field.name = String::from("mood");
    }
    let reason = |remedy: Option<Offer>| SealedReason {
        name: "not_assigned".to_owned(),
        message: "you have no open task here".to_owned(),
        remedy,
    };
    let offer = Offer::of("assign").about(&new.id).with("assignees", "qa").asking("comment");
    Ok(Entry {
        index: u64::MAX,
        at: Timestamp::from_millis(-1),
        isolation: Isolation::Broker,
        span: 3,
        claimed_actor: Some("qa-lead".to_owned()),
        attribution: Some(Attribution::Downgraded),
        session: Some("s-1".to_owned()),
        agent: Some("a-1".to_owned()),
        parent: Some("lead".parse()?),
        credential: Some(own_key()?.id().clone()),
        token_id: Some("jti-1".to_owned()),
        ticket: Some(TicketId::from_bytes([9; 16])),
        client_id: Some("client-1".to_owned()),
        occurred_at: Some(at(70)),
        ran_by: Some(RanBy::Runner),
        observed: BTreeMap::from([("dossier".to_owned(), Digest::of(b"dossier").to_string())]),
        result: EntryResult::Denied,
        inputs: BTreeMap::from([
            ("assignees".to_owned(), "qa,tu".to_owned()),
            ("target".to_owned(), "review".to_owned()),
        ]),
        comment: Some("ä".repeat(200)),
        reasons: vec![reason(None), reason(Some(offer))],
        count: 3,
        deltas,
        ..usual
    })
}

/// What a person signed: the usual entry with a key instead of a token.
fn signed_entry() -> Outcomes<(Entry, Vec<u8>)> {
    let open = own_key()?;
    let mut entry = Entry {
        assurance: Some(Assurance::Signature),
        credential: Some(open.id().clone()),
        ..usual_entry()?
    };
    let statement = Statement {
        project: PROJECT.to_owned(),
        user: "qa".parse()?,
        key: open.id().clone(),
        action: entry.action.clone(),
        document: entry.document.clone(),
        round: Some(format!("pre_review {}", at(60).millis())),
        version: entry.version,
        content: entry.content_digest,
        dossier: Some(Digest::of(b"dossier")),
        policy: entry.policy_digest,
        inputs: Statement::digests(&entry.inputs, entry.comment.as_deref()),
        meaning: Some(Meaning::Reviewed),
        signed_at: at(88),
        nonce: [7; NONCE_BYTES],
    };
    let signed = statement.encode();
    entry.signature = Some(Signature { statement, bytes: open.sign(&signed) });
    Ok((entry, signed))
}

fn actual_entries() -> Outcomes<Vec<String>> {
    let mut lines = Vec::new();
    let (signed, statement) = signed_entry()?;
    let entries = [
        ("minimal", minimal_entry()),
        ("usual", usual_entry()?),
        ("full", full_entry()?),
        ("signed", signed),
    ];
    for (name, entry) in entries {
        let sealed = Sealed::new(entry, &key()?);
        lines.push(format!("{name} bytes: {}", to_hex(&sealed.bytes)));
        lines.push(format!("{name} leaf: {}", sealed.leaf));
        lines.push(format!("{name} tag: {}", to_hex(sealed.tag.as_bytes())));
    }
    lines.push(format!("signed statement: {}", to_hex(&statement)));
    Ok(lines)
}

fn actual_checkpoint() -> Outcomes<String> {
    Ok(Checkpoint::new(PROJECT, &frontier(&published_leaves()?)).sign(&key()?))
}

// REQ-121
#[test]
fn keys_and_tags_are_as_published() -> Outcomes {
    assert_eq!(actual_keys()?, lines(KEYS));
    Ok(())
}

// REQ-121
#[test]
fn trees_and_proofs_are_those_of_certificate_transparency() -> Outcomes {
    assert_eq!(actual_tree()?, lines(TREE));
    Ok(())
}

// REQ-121
#[test]
fn values_of_rows_are_as_published() -> Outcomes {
    assert_eq!(actual_rows()?, lines(ROWS));
    Ok(())
}

// REQ-121
#[test]
fn canonical_bytes_are_as_published() -> Outcomes {
    assert_eq!(actual_entries()?, lines(ENTRIES));
    let published: BTreeMap<_, _> = lines(ENTRIES).iter().filter_map(|line| line.split_once(": ")).collect();
    for (name, entry) in
        [("minimal", minimal_entry()), ("usual", usual_entry()?), ("signed", signed_entry()?.0)]
    {
        let bytes = published.get(format!("{name} bytes").as_str()).and_then(|hex| from_hex(hex));
        assert_eq!(Entry::decode(&bytes.ok_or("not hexadecimal")?)?, entry);
    }
    Ok(())
}

// REQ-169
#[test]
fn a_signature_is_checked_with_the_public_half_alone() -> Outcomes {
    let (entry, _) = signed_entry()?;
    let public = own_key()?.public();
    let signature = entry.signature.clone().ok_or("it is signed")?;
    assert!(signature.is_made_with(public.as_bytes()));
    assert!(!signature.is_made_with(Digest::of(b"another key").as_bytes()));
    let is_about = |entry: &Entry| signature.statement.is_about(entry, PROJECT);
    assert!(is_about(&entry));
    assert!(!signature.statement.is_about(&entry, "another project"));
    // What the signer does not know: its place in the log and in time, and what changed by it.
    assert!(is_about(&Entry { index: 7, at: at(91), deltas: Vec::new(), ..entry.clone() }));
    let other = Digest::of(b"other");
    let moved = [
        ("document", Entry { document: Some("CR-002".parse()?), ..entry.clone() }),
        ("action", Entry { action: "approve".to_owned(), ..entry.clone() }),
        ("content", Entry { content_digest: Some(other), ..entry.clone() }),
        ("policy", Entry { policy_digest: other, ..entry.clone() }),
        ("comment", Entry { comment: Some("other".to_owned()), ..entry.clone() }),
        ("no comment", Entry { comment: None, ..entry.clone() }),
        ("actor", Entry { actor: Some("tu".parse()?), ..entry.clone() }),
        ("inputs", Entry { inputs: BTreeMap::new(), ..entry.clone() }),
        ("key", Entry { credential: None, ..entry.clone() }),
    ];
    for (what, moved) in moved {
        assert!(!is_about(&moved), "{what}");
    }
    let changed = [
        ("meaning", Statement { meaning: Some(Meaning::Approved), ..signature.statement.clone() }),
        ("version", Statement { version: Some(Version::new(1, 11)), ..signature.statement.clone() }),
        ("round", Statement { round: None, ..signature.statement.clone() }),
        ("time", Statement { signed_at: at(89), ..signature.statement.clone() }),
        ("nonce", Statement { nonce: [8; NONCE_BYTES], ..signature.statement.clone() }),
        ("dossier", Statement { dossier: None, ..signature.statement.clone() }),
    ];
    for (what, statement) in changed {
        let changed = Signature { statement, bytes: signature.bytes };
        assert!(!changed.is_made_with(public.as_bytes()), "{what}");
    }
    Ok(())
}

// REQ-121
#[test]
fn checkpoint_is_as_published() -> Outcomes {
    assert_eq!(actual_checkpoint()?, CHECKPOINT);
    let origin = Checkpoint::origin_of(PROJECT);
    let read = Checkpoint::verify(CHECKPOINT, &origin, &key()?.checkpoint_key())?;
    assert_eq!(read, Checkpoint::new(PROJECT, &frontier(&published_leaves()?)));
    Ok(())
}

#[test]
#[ignore = "prints the actual text of every vector"]
fn print() -> Outcomes {
    let files = [
        ("keys", actual_keys()?),
        ("tree", actual_tree()?),
        ("rows", actual_rows()?),
        ("entries", actual_entries()?),
        ("checkpoint", vec![actual_checkpoint()?]),
    ];
    let mut out = std::io::stdout().lock();
    for (file, lines) in files {
        writeln!(out, "--- tests/vectors/{file}.txt\n{}", lines.join("\n"))?;
    }
    Ok(())
}
