//! The store is written by somebody without the project key: what is verified is what is read and acted from.

use rusqlite::Connection;

use crate::project::Project;

/// A project in which everybody has a token, and `qa` is asked to review a document of `claude`.
fn in_review() -> Project {
    let project = Project::new();
    project.issue(&["claude", "qa", "tu"]);
    project.play(&["-u claude create SOP --title Mine", "-u claude route SOP-008 --review --assignees qa"]);
    project
}

fn edit(project: &Project, sql: &str) {
    let store = Connection::open(project.database()).unwrap();
    store.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
}

/// Lets an index hold only some of its rows, and has the schema say what it said before.
fn hollow(project: &Project, index: &str, left: &str) {
    let store = Connection::open(project.database()).unwrap();
    let of = |name: &str| -> String {
        let sql = "SELECT sql FROM sqlite_schema WHERE name = ?";
        store.query_row(sql, [name], |row| row.get(0)).unwrap()
    };
    let sql = of(index);
    let partial = format!("{} WHERE {left}", sql.split(" WHERE ").next().unwrap());
    store.execute_batch(&format!("DROP INDEX {index}; {partial}")).unwrap();
    rewrite(&store, &format!("sql = '{}' WHERE name = '{index}'", sql.replace('\'', "''")));
}

/// Edits what a database says that it is made of, as no statement of its own would.
fn rewrite(store: &Connection, edit: &str) {
    let version: i64 = store.query_row("PRAGMA schema_version", (), |row| row.get(0)).unwrap();
    let sql = format!(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET {edit}; PRAGMA schema_version = {}",
        version + 1
    );
    store.execute_batch(&sql).unwrap();
}

// REQ-119, REQ-181
#[test]
fn a_text_is_not_taken_in_where_another_one_is_kept_under_its_digest() {
    let project = Project::new();
    project.run("-u claude create CR --title x").is(0);
    project.fill_in("CR-001");
    let copy = project.copy("claude", "CR-001");
    let text = std::fs::read(&copy).unwrap();
    let digest = qms::domain::digest::Digest::of(&text);
    edit(
        &project,
        &format!(
            "INSERT INTO contents (digest, size, encoding, body) VALUES (x'{digest}', 1, 'plain', x'78')"
        ),
    );
    let refused = project.run("-u claude checkin CR-001").is(80);
    assert!(refused.stderr.contains("is missing or changed"), "{}", refused.stderr);
    assert_eq!(std::fs::read(&copy).unwrap(), text);
    is_found(&project, &format!("content {digest}"));
}

// REQ-119
#[test]
fn a_policy_is_not_adopted_where_others_files_are_kept_under_its_digest() {
    let project = Project::new();
    let path = project.path("workflows/policy.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("# Another.\n{text}")).unwrap();
    let candidate = project.ask("-u lead workflow diff").is(0);
    let digest = candidate["data"]["digest"].as_str().unwrap().to_owned();
    edit(
        &project,
        &format!(
            "INSERT INTO policies (digest, sources, compiled, adopted_at) VALUES (x'{digest}', '{{}}', '', 1)"
        ),
    );
    project.run("-u lead workflow adopt").is(82).says("not those that were adopted");
    project.run("-u claude create CR --title x").is(0);
    is_found(&project, "policy");
}

/// Checks that the record does not verify, and that the fault is named.
fn is_found(project: &Project, name: &str) {
    for command in ["audit verify", "audit verify --contents"] {
        let ran = project.run(&format!("-u lead {command}")).is(80);
        assert!(ran.stderr.contains(name), "{name}: {}", ran.stderr);
    }
}

// REQ-247
#[test]
fn an_index_that_lacks_rows_hides_nothing_from_an_audit() {
    let project = in_review();
    project.run("-u qa review SOP-008 --request-updates --comment unsafe").is(0);
    project.run("-u lead audit verify").is(0);
    let cases = [
        ("entries_by_document", "document IS NOT NULL AND idx < 5"),
        ("credentials_binding", "kind IN ('standing', 'key') AND user <> 'qa'"),
        ("credentials_by_user", "user <> 'qa'"),
        ("documents_by_state", "id <> 'SOP-008'"),
        ("tasks_by_user", "user <> 'qa'"),
    ];
    for (index, left) in cases {
        let project = in_review();
        hollow(&project, index, left);
        is_found(&project, index);
    }
}

// REQ-247
#[test]
fn a_schema_that_is_not_the_programs_is_named_by_an_audit() {
    let cases = [
        ("CREATE INDEX more ON entries (leaf)", "index `more` was added"),
        ("CREATE VIEW more AS SELECT * FROM users", "view `more` was added"),
        ("CREATE TABLE more (a)", "table `more` was added"),
        ("CREATE TRIGGER more AFTER INSERT ON entries BEGIN SELECT 1; END", "trigger `more` was added"),
        ("DROP INDEX tasks_by_user", "index `tasks_by_user` is missing"),
        ("DROP TRIGGER entries_stay", "trigger `entries_stay` is missing"),
        ("ALTER TABLE users ADD COLUMN more TEXT", "table `users` is not as it was made"),
        ("ALTER TABLE users ADD COLUMN more TEXT AS (name)", "table `users` is not as it was made"),
        (
            "DROP INDEX credentials_by_user; CREATE INDEX credentials_by_user ON credentials (user, id) WHERE id > 'f'",
            "index `credentials_by_user` is not as it was made",
        ),
        ("ANALYZE", "table `sqlite_stat1` was added"),
    ];
    for (sql, name) in cases {
        let project = in_review();
        edit(&project, sql);
        is_found(&project, name);
    }
}

// REQ-247
#[test]
fn what_the_lists_repeat_is_compared_by_an_audit() {
    let cases = [
        ("DELETE FROM tasks", "open tasks of `SOP-008`"),
        (
            "UPDATE documents SET sort_key = 'A' WHERE id = 'SOP-008'",
            "`SOP-008` is listed in the wrong place",
        ),
    ];
    for (sql, name) in cases {
        let project = in_review();
        edit(&project, sql);
        is_found(&project, name);
    }
}

// REQ-246
#[test]
fn a_row_that_was_another_one_for_a_verdict_is_found_when_it_is_put_back() {
    let project = in_review();
    let rows = |group: &str, who: &str| {
        edit(&project, &format!("UPDATE users SET user_group = '{group}' WHERE name = 'claude'"));
        let names = format!("authors = '{{\"{who}\":[]}}', creator = '{who}', owner = '{who}'");
        edit(&project, &format!("UPDATE documents SET {names} WHERE id = 'SOP-008'"));
    };
    rows("quality", "tu");
    project.run("-u qa assign SOP-008 --assignees claude").is(0);
    project.run("-u claude review SOP-008 --recommend --comment fine").is(0);
    rows("initiator", "claude");
    is_found(&project, "its actor was of another group");
}

// REQ-246
#[test]
fn an_author_who_was_none_for_the_moment_of_a_verdict_is_found() {
    let project = in_review();
    project.run("-u lead user add q2 --group initiator --agent").is(0);
    project.issue(&["q2"]);
    project.run("-u q2 create SOP --title Own").is(0);
    project.fill_in("SOP-009");
    project.play(&[
        "-u q2 checkin SOP-009",
        "-u lead transfer SOP-009 --to claude --reason absent",
        "-u lead user move q2 --group quality",
        "-u claude route SOP-009 --review --assignees qa",
    ]);
    let names = |who: &str| {
        let names = format!("authors = '{{\"{who}\":[]}}', creator = '{who}'");
        edit(&project, &format!("UPDATE documents SET {names} WHERE id = 'SOP-009'"));
    };
    names("claude");
    project.run("-u qa assign SOP-009 --assignees q2").is(0);
    project.run("-u q2 review SOP-009 --recommend --comment fine").is(0);
    names("q2");
    is_found(&project, "its actor was an author");
}

// REQ-246
#[test]
fn a_token_that_was_gone_for_a_moment_lets_nobody_act_by_name_unseen() {
    let project = in_review();
    let store = Connection::open(project.database()).unwrap();
    let gone = "CREATE TEMP TABLE kept AS SELECT * FROM credentials WHERE user = 'claude'; \
                DELETE FROM credentials WHERE user = 'claude'";
    store.execute_batch(gone).unwrap();
    let mut call = project.call("-u claude create SOP --title Other");
    call.command.env_remove("QMS_TOKEN_FILE");
    call.run().is(0);
    store.execute_batch("INSERT INTO credentials SELECT * FROM kept").unwrap();
    is_found(&project, "its actor had to present a credential");
}

// REQ-246
#[test]
fn a_token_that_was_not_revoked_for_a_moment_is_found() {
    let project = in_review();
    let store = Connection::open(project.database()).unwrap();
    let sql = "SELECT id, hex(tag) FROM credentials WHERE user = 'claude'";
    let (id, tag): (String, String) = store.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    project.run(&format!("-u lead token revoke {id}")).is(0);
    let kept = format!("CREATE TEMP TABLE kept AS SELECT * FROM credentials WHERE id = '{id}'");
    store.execute_batch(&kept).unwrap();
    // The row as it was before bears a tag of the project key.
    edit(&project, &format!("UPDATE credentials SET revoked_at = NULL, tag = x'{tag}' WHERE id = '{id}'"));
    project.run("-u claude create SOP --title Other").is(0);
    store.execute_batch("INSERT OR REPLACE INTO credentials SELECT * FROM kept").unwrap();
    is_found(&project, "no such credential that was valid");
}
