//! A project that was made before anybody had a credential: its store has the first format, its policy
//! names no profile, its log no credential.

use std::fs;

use qms::domain::audit::ProjectKey;
use qms::domain::digest::{Digest, Timestamp, to_hex};
use qms::domain::policy::{Candidate, Profile, Sources};
use qms::embedded;
use qms::session::{Founding, Installed, Session};
use qms::store::Sqlite;
use rusqlite::Connection;

use crate::project::Project;
use crate::{PASSPHRASE, bare, secret};

const ID: &str = "00112233445566778899aabbccddeeff";

/// Takes away what came after the first format, as if it had never been.
const BACK: &str = "
    DROP TABLE credentials; DROP TABLE sessions; DROP TABLE tickets; DROP TABLE attestations;
    DROP INDEX documents_waiting;
    ALTER TABLE documents DROP COLUMN author_origins;
    ALTER TABLE documents DROP COLUMN traits;
    ALTER TABLE documents DROP COLUMN requires;
    DELETE FROM migrations WHERE version > 1;
    PRAGMA user_version = 1;";

fn before() -> Project {
    let project = Project::empty();
    let secret = [7; 32];
    let folder = project.folder().join("state/qms").join(ID);
    fs::create_dir_all(&folder).unwrap();
    let key = crate::secret(&project, "key", &to_hex(&secret));
    fs::rename(key, folder.join("key")).unwrap();
    fs::write(project.path("qms.yaml"), format!("schema: qms.project/1\nproject: \"{ID}\"\n")).unwrap();
    fs::create_dir(project.path(".qms")).unwrap();
    let mut files = embedded::policy(Profile::Light).0;
    for text in files.values_mut() {
        *text = text.replace("\nprofile: light\n", "\n");
    }
    let installed = |(file, text): &(&str, &str)| Installed { file: (*file).into(), text: (*text).into() };
    let founding = Founding {
        id: ID.to_owned(),
        policy: Candidate::new(Sources(files), &embedded::procedures()).unwrap(),
        documents: embedded::SOPS.iter().chain(embedded::TEMPLATES).map(installed).collect(),
        credentials: Vec::new(),
        origin: Digest::of(b"a program of before"),
    };
    let clock = || Timestamp::from_millis(1_700_000_000_000);
    let store = Box::new(Sqlite::create(&project.database()).unwrap());
    drop(Session::found(store, ProjectKey::new(&secret).unwrap(), Box::new(clock), founding).unwrap());
    Connection::open(project.database()).unwrap().execute_batch(BACK).unwrap();
    project
}

// REQ-055, REQ-129
#[test]
fn a_project_of_before_goes_on_as_light_and_its_people_enrol() {
    let project = before();
    project.run("-u qa doctor --repair").is(0);
    project.ask("-u qa audit verify").is(0);
    // Everybody is believed, and warned; nobody manages anything unproved.
    project.run("-u claude create CR --title x").is(0).says("No token for actor 'claude'");
    assert_eq!(
        project.ask("-u lead user add maria --human --group quality").is(8).reasons(),
        ["assurance_too_low"]
    );
    assert_eq!(project.ask("-u lead token issue qa --out x").is(8).reasons(), ["assurance_too_low"]);
    // Whoever holds the project key gives the administrator a key.
    let phrase = secret(&project, "phrase", PASSPHRASE);
    project.run(&format!("recover lead --new-passphrase-file {}", phrase.display())).is(0);
    let lead = format!("-u lead --passphrase-file {}", phrase.display());
    let code = project.folder().join("maria.code").display().to_string();
    for line in [
        "user add maria --human --group quality".to_owned(),
        format!("token issue maria --out {code}"),
        format!("token issue claude --out {}", project.folder().join("claude.token").display()),
    ] {
        bare(&project, &format!("{lead} {line}")).run().is(0);
    }
    bare(&project, &format!("--token-file {code} enrol --passphrase-file {}", phrase.display())).run().is(0);
    project.ask("-u claude status CR-001").is(8);
    // A policy with a profile is adopted like any other.
    for (name, text) in embedded::policy(Profile::Team).0 {
        let path = project.path(&Sources::path(&name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    bare(&project, &format!("{lead} workflow adopt")).run().is(0);
    assert_eq!(project.ask("-u qa create CR --title y").is(8).reasons()[0], "assurance_too_low");
    bare(&project, &format!("{lead} audit verify")).ask().is(0);
}
