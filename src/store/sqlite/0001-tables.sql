-- Times are milliseconds since 1970-01-01T00:00:00Z, digests are the 32 bytes of a SHA-256.

CREATE TABLE head (              -- one row: the newest point of the log
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  size        INTEGER NOT NULL,  -- number of entries
  edge        BLOB NOT NULL,     -- roots of the complete subtrees (RFC 6962), largest first
  tag         BLOB,              -- of size and root of the tree, under the project key
  at          INTEGER,           -- of the last entry, as the record counts time
  span        INTEGER,           -- that it is of
  clock       INTEGER,           -- what the system said at the last entry that could move the time
  boot        BLOB,              -- and which start of it that was, 16 bytes
  uptime      INTEGER,           -- and how long ago
  boot_index  INTEGER,           -- first entry since that start
  boot_before INTEGER            -- time of the entry before it
) STRICT;

CREATE TABLE project (           -- one row, from the first entry on
  one             INTEGER PRIMARY KEY CHECK (one = 1),
  id              TEXT NOT NULL,
  policy          BLOB NOT NULL REFERENCES policies (digest),
  key_fingerprint TEXT NOT NULL,
  checkpoint_key  BLOB NOT NULL, -- public, Ed25519
  origin          BLOB NOT NULL, -- digest of the program that made the project
  created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE policies (          -- every policy that was ever in force
  number      INTEGER PRIMARY KEY,
  digest      BLOB NOT NULL UNIQUE,
  sources     TEXT NOT NULL,     -- JSON: file name to text
  compiled    TEXT NOT NULL,     -- a tag under the project key, then JSON: what the files mean
  adopted_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
  name         TEXT PRIMARY KEY NOT NULL,
  printed_name TEXT NOT NULL,
  user_group   TEXT NOT NULL,
  kind         TEXT NOT NULL,    -- human, agent, service
  bound        INTEGER NOT NULL, -- 1 where a proof is needed although no credential was ever given
  removed_at   INTEGER
) STRICT;

CREATE TABLE namespaces (
  name        TEXT PRIMARY KEY NOT NULL,
  added_by    TEXT NOT NULL,
  added_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE contents (          -- what documents say, each content once
  number      INTEGER PRIMARY KEY,
  digest      BLOB NOT NULL UNIQUE,
  size        INTEGER NOT NULL,  -- bytes, decoded
  encoding    TEXT NOT NULL,     -- plain
  body        BLOB NOT NULL
) STRICT;

CREATE TABLE documents (
  id               TEXT PRIMARY KEY NOT NULL,
  sort_key         TEXT NOT NULL, -- the id with its numbers padded
  type             TEXT NOT NULL,
  workflow         TEXT NOT NULL,
  title            TEXT NOT NULL,
  state            TEXT NOT NULL,
  version          TEXT NOT NULL,
  last_minor       INTEGER NOT NULL,
  content          BLOB NOT NULL REFERENCES contents (digest),
  in_force_version TEXT,
  in_force_content BLOB REFERENCES contents (digest),
  owner            TEXT,
  creator          TEXT,
  authors          TEXT NOT NULL, -- JSON: names, each with sessions, and users who started that author
  checked_out_by   TEXT,
  checkout_base    BLOB,
  parent           TEXT,
  template         TEXT,
  template_version TEXT,
  traits           TEXT NOT NULL, -- JSON: names
  requires         TEXT NOT NULL, -- JSON: `<document> is <state>`
  round            TEXT,          -- JSON: the open round with its seats
  verdicts         TEXT NOT NULL, -- JSON: phase, user, verdict
  rejected         INTEGER,       -- a revision
  revision         INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_in_order ON documents (sort_key, id);
CREATE INDEX documents_by_type ON documents (type, sort_key, id);
CREATE INDEX documents_by_state ON documents (state, sort_key, id);
CREATE INDEX documents_by_owner ON documents (owner, sort_key, id) WHERE owner IS NOT NULL;
CREATE INDEX documents_by_parent ON documents (parent, sort_key, id) WHERE parent IS NOT NULL;
CREATE INDEX documents_waiting ON documents (sort_key, id) WHERE requires <> '[]';
CREATE INDEX documents_checked_out ON documents (checked_out_by, sort_key, id) WHERE checked_out_by IS NOT NULL;

CREATE TABLE tasks (             -- the seats of open rounds that have not answered; follows documents.round
  document    TEXT NOT NULL REFERENCES documents (id),
  user        TEXT NOT NULL,
  assigned_by TEXT NOT NULL,
  assigned_at INTEGER NOT NULL,
  PRIMARY KEY (document, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_by_user ON tasks (user, assigned_at);

CREATE TABLE versions (
  number      INTEGER PRIMARY KEY,
  document    TEXT NOT NULL REFERENCES documents (id),
  version     TEXT NOT NULL,
  content     BLOB NOT NULL REFERENCES contents (digest),
  author      TEXT,
  at          INTEGER NOT NULL,
  UNIQUE (document, version)
) STRICT;

CREATE TABLE entries (           -- the log; `qms audit export` shows what the bytes say
  idx         INTEGER PRIMARY KEY,
  document    TEXT,              -- repeats what the bytes say, to be found by
  bytes       BLOB NOT NULL,     -- canonical
  leaf        BLOB NOT NULL,     -- RFC 6962
  tag         BLOB NOT NULL      -- of idx and leaf, under the project key
) STRICT;
CREATE INDEX entries_by_document ON entries (document) WHERE document IS NOT NULL;

CREATE TABLE credentials (       -- tokens and public keys; a secret is nowhere in here
  id              TEXT PRIMARY KEY NOT NULL,
  user            TEXT NOT NULL,
  kind            TEXT NOT NULL, -- standing, spawn, unlock, enrolment, key
  session         TEXT,
  runtime         TEXT,
  parent          TEXT,          -- who started the holder
  actions         TEXT NOT NULL, -- JSON: only these; empty for all
  documents       TEXT NOT NULL, -- JSON: only these; empty for all
  issued_by       TEXT,
  issued_at       INTEGER NOT NULL,
  not_before      INTEGER,
  not_after       INTEGER,
  uses            INTEGER,       -- how often it may be used
  used            INTEGER NOT NULL, -- how often it was, where that is limited
  revoked_at      INTEGER,
  origin          TEXT,          -- of a key: founder, own, code, renewal, recovery
  acknowledged_by TEXT,          -- who compared its fingerprint
  grounds         TEXT,          -- what that rests on: another, first_pair, alone
  verifier        BLOB NOT NULL, -- SHA-256 of the secret; of a key its public half (Ed25519)
  tag             BLOB NOT NULL  -- of everything else, under the project key
) STRICT;
CREATE INDEX credentials_by_user ON credentials (user, id);
CREATE INDEX credentials_by_verifier ON credentials (verifier);
CREATE INDEX credentials_alarming ON credentials (id) WHERE origin IN ('renewal', 'recovery') AND acknowledged_by IS NULL;
CREATE INDEX credentials_keys ON credentials (id) WHERE kind = 'key';
-- Asked before every command without a proof, however many tokens agents of that user were given. The
-- condition is the one of the question, word for word.
CREATE INDEX credentials_binding ON credentials (user) WHERE kind IN ('standing', 'key');

CREATE TABLE sessions (          -- agents at work, and those that were
  id          TEXT PRIMARY KEY NOT NULL,
  kind        TEXT NOT NULL,     -- launched, hooked
  session     TEXT NOT NULL,     -- as the runtime names it
  user        TEXT NOT NULL,
  parent      TEXT,              -- who started it
  origins     TEXT NOT NULL,     -- JSON: where that user came from in turn
  runtime     TEXT NOT NULL,
  agent       TEXT NOT NULL,     -- by its name in the policy
  definition  BLOB,              -- digest of what it was started with
  document    TEXT,
  task        TEXT,
  brief       BLOB,              -- digest of what it was told
  process     INTEGER,           -- of a launched agent
  started     INTEGER,           -- when that was started, in clock ticks
  launcher    INTEGER,           -- the process that started it
  launched    INTEGER,           -- when that was started
  namespaces  TEXT,              -- of both
  opened_at   INTEGER NOT NULL,
  closed_at   INTEGER,
  status      INTEGER,           -- exit status, negative for a signal
  tag         BLOB NOT NULL      -- of everything else, under the project key
) STRICT;
CREATE INDEX sessions_by_session ON sessions (session, id);
CREATE INDEX sessions_open ON sessions (id) WHERE closed_at IS NULL;

CREATE TABLE tickets (           -- what became of them, nonces of signatures among them; the log names the used ones, too
  id     BLOB PRIMARY KEY NOT NULL,
  at     INTEGER NOT NULL,
  fate   TEXT NOT NULL,          -- open, reading, used, over, not_allowed, overtaken
  bearer TEXT,                   -- the agent that it was made for, where that is remembered
  tag    BLOB NOT NULL           -- of everything else, under the project key
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_by_time ON tickets (at);
CREATE INDEX tickets_open ON tickets (bearer) WHERE fate IN ('open', 'reading');

CREATE TABLE attestations (      -- what was stated about a content: notes, runs, files
  number       INTEGER PRIMARY KEY,
  document     TEXT NOT NULL REFERENCES documents (id),
  kind         TEXT NOT NULL,    -- note, run, file
  name         TEXT NOT NULL,
  count        INTEGER NOT NULL, -- of this kind and name, from 1
  author       TEXT NOT NULL,
  author_group TEXT NOT NULL,    -- at that time
  phase        TEXT NOT NULL,    -- of the document at that time
  subject      BLOB NOT NULL REFERENCES contents (digest), -- the content that it speaks about
  body         BLOB NOT NULL REFERENCES contents (digest), -- what it says
  status       INTEGER,          -- exit status of a run
  at           INTEGER NOT NULL,
  file_name    TEXT,             -- of a file that was handed in
  media_type   TEXT,             -- of a file, after RFC 6838
  UNIQUE (document, kind, name, count)
) STRICT;
CREATE TRIGGER attestations_stay BEFORE UPDATE ON attestations BEGIN SELECT RAISE(ABORT, 'attestations are only added'); END;
CREATE TRIGGER attestations_remain BEFORE DELETE ON attestations BEGIN SELECT RAISE(ABORT, 'attestations are only added'); END;

CREATE TABLE spans (             -- stretches of the log within which no time falls
  number      INTEGER PRIMARY KEY,
  began_at    INTEGER NOT NULL,
  jump_since  INTEGER,           -- first entry by a clock that cannot have been right
  jump_before INTEGER,           -- time of the entry before it
  jump_clock  INTEGER            -- what the clock showed
) STRICT;

CREATE TABLE proposals (         -- what waits for a second person
  kind         TEXT NOT NULL,    -- policy, clock
  digest       BLOB NOT NULL,    -- of what is to be
  replaces     BLOB NOT NULL,    -- digest of what there was
  proposed_by  TEXT NOT NULL,
  at           INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  confirmed_by TEXT,
  PRIMARY KEY (kind, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE refusals (          -- like refusals, counted since the last entry about them
  claimed     TEXT PRIMARY KEY NOT NULL,
  since       INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  tag         BLOB NOT NULL      -- of everything else, under the project key
) STRICT;

CREATE TRIGGER entries_follow BEFORE INSERT ON entries
  WHEN NEW.idx <> (SELECT coalesce(max(idx), -1) + 1 FROM entries)
  BEGIN SELECT RAISE(ABORT, 'entries are only appended'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are only appended'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are only appended'); END;
CREATE TRIGGER versions_stay BEFORE UPDATE ON versions BEGIN SELECT RAISE(ABORT, 'versions are only added'); END;
CREATE TRIGGER versions_remain BEFORE DELETE ON versions BEGIN SELECT RAISE(ABORT, 'versions are only added'); END;
CREATE TRIGGER contents_stay BEFORE UPDATE ON contents BEGIN SELECT RAISE(ABORT, 'contents are only added'); END;
CREATE TRIGGER contents_remain BEFORE DELETE ON contents BEGIN SELECT RAISE(ABORT, 'contents are only added'); END;
CREATE TRIGGER policies_stay BEFORE UPDATE ON policies BEGIN SELECT RAISE(ABORT, 'policies are only added'); END;
CREATE TRIGGER policies_remain BEFORE DELETE ON policies BEGIN SELECT RAISE(ABORT, 'policies are only added'); END;

INSERT INTO head (one, size, edge) VALUES (1, 0, x'');
