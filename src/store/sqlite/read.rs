//! The reads, each one statement. A statement is prepared when it is first needed: a process that
//! shows one document pays for one.

use std::collections::BTreeMap;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, Rows, params_from_iter};

use super::fault::{Answer, Fault};
use super::rows::{self, Columns, credential_columns, document_columns, session_columns};
use crate::domain::attestation::Attestation;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::{Document, User};
use crate::domain::id::{CredentialId, DocumentId, StateName, TypeName, UserName, Version};
use crate::domain::identity::{AgentSession, Credential, Fate, TicketId};
use crate::domain::project::{PolicyRecord, VersionRecord};
use crate::store::change::number_after;
use crate::store::{
    AttestationVisitor, ContentVisitor, Credentials, DocumentVisitor, Entries, EntryVisitor, Head, ListQuery,
    OpenTask, Refusals, Sessions, StoreError, StoredEntry, TicketMark, VersionVisitor,
};

/// Reads the row that a statement finds, if any.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    key: impl rusqlite::Params,
    read: fn(&Row<'_>) -> Answer<T>,
) -> Answer<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement.query_row(key, |row| Ok(read(row))).optional()?;
    row.transpose()
}

/// Reads all rows that a statement finds.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    key: impl rusqlite::Params,
    read: fn(&Row<'_>) -> Answer<T>,
) -> Answer<Vec<T>> {
    connection.prepare_cached(sql)?.query_and_then(key, read)?.collect()
}

pub(super) fn head(connection: &Connection) -> Answer<Head> {
    let head = one(
        connection,
        "SELECT size, edge, tag, at, span, clock, boot, uptime, boot_index, boot_before FROM head",
        (),
        rows::head,
    )?;
    head.ok_or_else(|| {
        let (key, message) = ("1".to_owned(), "it is missing".to_owned());
        StoreError::Unreadable { table: "head", key, message }.into()
    })
}

pub(super) fn document(connection: &Connection, id: &DocumentId) -> Answer<Option<Document>> {
    let sql = concat!("SELECT ", document_columns!(), " FROM documents WHERE id = ?");
    one(connection, sql, [id.as_str()], rows::document)
}

pub(super) fn documents(
    connection: &Connection,
    query: &ListQuery,
    visit: &mut DocumentVisitor<'_>,
) -> Answer<()> {
    let mut sql = concat!("SELECT ", document_columns!(), " FROM documents WHERE true").to_owned();
    if query.waiting {
        // Word for word the condition of the index.
        sql.push_str(" AND requires <> '[]'");
    }
    let mut values = Vec::new();
    let mut only = |condition: &str, wanted: Option<&str>| {
        if let Some(text) = wanted {
            sql.push_str(condition);
            values.push(Value::from(text.to_owned()));
        }
    };
    only(" AND type = ?", query.document_type.as_ref().map(TypeName::as_str));
    only(" AND state = ?", query.state.as_ref().map(StateName::as_str));
    only(" AND owner = ?", query.owner.as_ref().map(UserName::as_str));
    only(" AND parent = ?", query.parent.as_ref().map(DocumentId::as_str));
    only(" AND checked_out_by = ?", query.checked_out_by.as_ref().map(UserName::as_str));
    only(
        " AND id IN (SELECT document FROM tasks WHERE user = ?)",
        query.assignee.as_ref().map(UserName::as_str),
    );
    if let Some(after) = &query.after {
        only(" AND (sort_key, id) > (?", Some(&after.sort_key()));
        only(", ?)", Some(after.as_str()));
    }
    sql.push_str(" ORDER BY sort_key, id");
    if let Some(limit) = query.limit {
        sql.push_str(" LIMIT ?");
        values.push(Value::from(i64::try_from(limit).unwrap_or(i64::MAX)));
    }
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        visit(rows::document(row)?)?;
    }
    Ok(())
}

pub(super) fn last_number(connection: &Connection, prefix: &str) -> Answer<u32> {
    let Some(parent) = prefix.strip_suffix('-').and_then(|words| DocumentId::parse(words).ok()) else {
        return last_number_of_any(connection, prefix);
    };
    // With padded numbers the highest comes first from behind; only its own children are met
    // before it. `:` is the character after `9`.
    let (low, high) = (format!("{}-0", parent.sort_key()), format!("{}-:", parent.sort_key()));
    let sql = "SELECT id FROM documents WHERE sort_key >= ? AND sort_key < ? ORDER BY sort_key DESC, id DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([low, high])?;
    while let Some(row) = rows.next()? {
        if let Some(number) = number_after(prefix, row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?) {
            return Ok(number);
        }
    }
    Ok(0)
}

/// Looks through all ids, for a prefix that is not made of whole words.
fn last_number_of_any(connection: &Connection, prefix: &str) -> Answer<u32> {
    let mut statement = connection.prepare_cached("SELECT id FROM documents WHERE id >= ?")?;
    let mut rows = statement.query([prefix])?;
    let mut last = 0;
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        last = last.max(number_after(prefix, id).unwrap_or(0));
    }
    Ok(last)
}

pub(super) fn occupied(connection: &Connection) -> Answer<Vec<(TypeName, StateName, DocumentId)>> {
    // SQLite takes the bare column `id` from the row that has the minimum.
    let sql =
        "SELECT type, state, id, min(sort_key) FROM documents GROUP BY type, state ORDER BY type, state";
    all(connection, sql, (), |row| {
        let mut columns = Columns::of("documents", row);
        Ok((columns.name()?, columns.name()?, columns.name()?))
    })
}

pub(super) fn versions(connection: &Connection, id: &DocumentId) -> Answer<Vec<VersionRecord>> {
    let sql =
        "SELECT document, version, content, author, at FROM versions WHERE document = ? ORDER BY number";
    all(connection, sql, [id.as_str()], rows::version)
}

pub(super) fn version(
    connection: &Connection,
    id: &DocumentId,
    version: Version,
) -> Answer<Option<VersionRecord>> {
    let sql =
        "SELECT document, version, content, author, at FROM versions WHERE document = ? AND version = ?";
    one(connection, sql, [id.as_str(), &version.to_string()], rows::version)
}

pub(super) fn content(connection: &Connection, digest: &Digest) -> Answer<Option<Vec<u8>>> {
    let sql = "SELECT digest, size, encoding, body FROM contents WHERE digest = ?";
    one(connection, sql, [digest.as_bytes()], rows::content)
}

pub(super) fn all_contents(connection: &Connection, visit: &mut ContentVisitor<'_>) -> Answer<()> {
    // The index of the digests has all that is asked for: no body is looked at.
    let mut statement = connection.prepare_cached("SELECT digest FROM contents ORDER BY digest")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        visit(Columns::of("contents", row).digest()?)?;
    }
    Ok(())
}

pub(super) fn all_versions(connection: &Connection, visit: &mut VersionVisitor<'_>) -> Answer<()> {
    let sql = "SELECT document, version, content, author, at FROM versions ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        visit(rows::version(row)?)?;
    }
    Ok(())
}

/// The columns of an attestation, in the order in which [`rows::attestation`] takes them.
macro_rules! attestations {
    ($where:literal) => {
        concat!(
            "SELECT document, kind, name, count, author, author_group, phase, subject, body, status, at, \
             file_name, media_type \
             FROM attestations ",
            $where,
            " ORDER BY number"
        )
    };
}

pub(super) fn attestations(connection: &Connection, id: &DocumentId) -> Answer<Vec<Attestation>> {
    all(connection, attestations!("WHERE document = ?"), [id.as_str()], rows::attestation)
}

pub(super) fn all_attestations(connection: &Connection, visit: &mut AttestationVisitor<'_>) -> Answer<()> {
    let mut statement = connection.prepare_cached(attestations!(""))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        visit(rows::attestation(row)?)?;
    }
    Ok(())
}

pub(super) fn user(connection: &Connection, name: &str) -> Answer<Option<User>> {
    let sql = "SELECT name, printed_name, user_group, kind, bound, removed_at FROM users WHERE name = ?";
    one(connection, sql, [name], rows::user)
}

pub(super) fn users(connection: &Connection) -> Answer<Vec<User>> {
    let sql = "SELECT name, printed_name, user_group, kind, bound, removed_at FROM users ORDER BY name";
    all(connection, sql, (), rows::user)
}

pub(super) fn credential(connection: &Connection, id: &CredentialId) -> Answer<Option<Credential>> {
    let sql = concat!("SELECT ", credential_columns!(), " FROM credentials WHERE id = ?");
    one(connection, sql, [id.as_str()], rows::credential)
}

pub(super) fn credentials(connection: &Connection, which: Credentials<'_>) -> Answer<Vec<Credential>> {
    macro_rules! those {
        ($where:literal) => {
            concat!("SELECT ", credential_columns!(), " FROM credentials ", $where, " ORDER BY id")
        };
    }
    match which {
        Credentials::All => all(connection, those!(""), (), rows::credential),
        Credentials::Of(user) => all(connection, those!("WHERE user = ?"), [user.as_str()], rows::credential),
        Credentials::Keys => all(connection, those!("WHERE kind = 'key'"), (), rows::credential),
        Credentials::WithVerifier(verifier) => {
            all(connection, those!("WHERE verifier = ?"), [verifier.as_bytes().as_slice()], rows::credential)
        }
        Credentials::Alarming => {
            let sql = those!("WHERE origin IN ('renewal', 'recovery') AND acknowledged_by IS NULL");
            all(connection, sql, (), rows::credential)
        }
    }
}

pub(super) fn session(connection: &Connection, id: &str) -> Answer<Option<AgentSession>> {
    let sql = concat!("SELECT ", session_columns!(), " FROM sessions WHERE id = ?");
    one(connection, sql, [id], rows::session)
}

pub(super) fn sessions(connection: &Connection, which: Sessions<'_>) -> Answer<Vec<AgentSession>> {
    macro_rules! those {
        ($where:literal) => {
            concat!("SELECT ", session_columns!(), " FROM sessions ", $where, " ORDER BY id")
        };
    }
    match which {
        Sessions::All => all(connection, those!(""), (), rows::session),
        Sessions::Open => all(connection, those!("WHERE closed_at IS NULL"), (), rows::session),
        Sessions::Of(session) => all(connection, those!("WHERE session = ?"), [session], rows::session),
    }
}

pub(super) fn ticket(connection: &Connection, id: &TicketId) -> Answer<Option<TicketMark>> {
    let sql = "SELECT id, at, fate, bearer, tag FROM tickets WHERE id = ?";
    one(connection, sql, [id.as_bytes().as_slice()], rows::ticket)
}

pub(super) fn tickets(connection: &Connection) -> Answer<Vec<TicketMark>> {
    all(connection, "SELECT id, at, fate, bearer, tag FROM tickets ORDER BY id", (), rows::ticket)
}

pub(super) fn open_tickets(connection: &Connection, bearer: &str) -> Answer<Vec<(TicketId, Fate)>> {
    let sql = "SELECT id, at, fate, bearer, tag FROM tickets \
               WHERE bearer = ? AND fate IN ('open', 'reading') ORDER BY id";
    let open = all(connection, sql, [bearer], rows::ticket)?;
    Ok(open.into_iter().map(|mark| (mark.id, mark.fate)).collect())
}

/// Asks whether a user is bound, or was given a credential of a kind that binds. The kinds are few; `Credential::binds`
/// says which, and a test holds the two together. The index `credentials_binding` is chosen by the very
/// same words.
pub(super) const IS_BOUND: &str = "SELECT EXISTS (SELECT 1 FROM credentials WHERE user = ?1 AND kind IN ('standing', 'key')) \
     OR EXISTS (SELECT 1 FROM users WHERE name = ?1 AND bound <> 0)";

pub(super) fn is_bound(connection: &Connection, user: &str) -> Answer<bool> {
    Ok(connection.prepare_cached(IS_BOUND)?.query_row([user], |row| row.get(0))?)
}

pub(super) fn task_counts(connection: &Connection) -> Answer<BTreeMap<UserName, u64>> {
    let sql = "SELECT user, count(*) FROM tasks GROUP BY user";
    let counts = all(connection, sql, (), |row| {
        let mut columns = Columns::of("tasks", row);
        Ok((columns.name()?, columns.number()?))
    })?;
    Ok(counts.into_iter().collect())
}

pub(super) fn tasks(connection: &Connection, user: &UserName) -> Answer<Vec<OpenTask>> {
    let sql = "SELECT document, assigned_by, assigned_at FROM tasks JOIN documents ON id = document \
               WHERE user = ? ORDER BY assigned_at, sort_key, id";
    all(connection, sql, [user.as_str()], rows::task)
}

pub(super) fn policy(connection: &Connection, digest: &Digest) -> Answer<Option<PolicyRecord>> {
    let sql = "SELECT digest, sources, compiled, adopted_at FROM policies WHERE digest = ?";
    one(connection, sql, [digest.as_bytes()], rows::policy)
}

pub(super) fn policies(connection: &Connection) -> Answer<Vec<PolicyRecord>> {
    let sql = "SELECT digest, sources, compiled, adopted_at FROM policies ORDER BY number";
    all(connection, sql, (), rows::policy)
}

pub(super) fn refusals(connection: &Connection, claimed: &str) -> Answer<Option<Refusals>> {
    let sql = "SELECT claimed, since, count, tag FROM refusals WHERE claimed = ?";
    one(connection, sql, [claimed], rows::refusals)
}

pub(super) fn failed_proofs(connection: &Connection, since: Timestamp) -> Answer<Vec<Refusals>> {
    let sql = "SELECT claimed, since, count, tag FROM refusals \
               WHERE since >= ? AND claimed LIKE '% %' ORDER BY claimed";
    all(connection, sql, [since.millis()], rows::refusals)
}

pub(super) fn all_refusals(connection: &Connection) -> Answer<Vec<Refusals>> {
    all(connection, "SELECT claimed, since, count, tag FROM refusals ORDER BY claimed", (), rows::refusals)
}

pub(super) fn entries(
    connection: &Connection,
    which: Entries<'_>,
    visit: &mut EntryVisitor<'_>,
) -> Answer<()> {
    match which {
        // The log has no entry beyond what fits the column.
        Entries::From(index) => {
            let sql = "SELECT idx, bytes, leaf, tag, document FROM entries WHERE idx >= ? ORDER BY idx";
            let mut statement = connection.prepare_cached(sql)?;
            visit_entries(statement.query([i64::try_from(index).unwrap_or(i64::MAX)])?, visit)
        }
        Entries::Of(id) => {
            let sql = "SELECT idx, bytes, leaf, tag, document FROM entries WHERE document = ? ORDER BY idx";
            let mut statement = connection.prepare_cached(sql)?;
            visit_entries(statement.query([id.as_str()])?, visit)
        }
    }
}

/// Lends each row to the visitor as it lies in the page: a million entries cost no allocation.
fn visit_entries(mut rows: Rows<'_>, visit: &mut EntryVisitor<'_>) -> Answer<()> {
    while let Some(row) = rows.next()? {
        let (index, bytes, leaf) = (row.get_ref(0)?, row.get_ref(1)?, row.get_ref(2)?);
        let (tag, document) = (row.get_ref(3)?, row.get_ref(4)?);
        let entry = stored(index, [bytes, leaf, tag], document).ok_or_else(|| unreadable_entry(index))?;
        visit(entry)?;
    }
    Ok(())
}

fn stored<'a>(
    index: ValueRef<'a>,
    [bytes, leaf, tag]: [ValueRef<'a>; 3],
    document: ValueRef<'a>,
) -> Option<StoredEntry<'a>> {
    Some(StoredEntry {
        index: index.as_i64().ok()?.try_into().ok()?,
        bytes: bytes.as_blob().ok()?,
        leaf: leaf.as_blob().ok()?,
        tag: tag.as_blob().ok()?,
        document: document.as_str_or_null().ok()?,
    })
}

fn unreadable_entry(index: ValueRef<'_>) -> Fault {
    let key = index.as_i64().map_or_else(|_| "?".to_owned(), |index| index.to_string());
    let message = "one of its columns is of another type or not UTF-8".to_owned();
    StoreError::Unreadable { table: "entries", key, message }.into()
}
