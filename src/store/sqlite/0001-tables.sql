-- Times are milliseconds since 1970-01-01T00:00:00Z, digests are the 32 bytes of a SHA-256.

CREATE TABLE head (              -- one row: the newest point of the log
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  size        INTEGER NOT NULL,  -- number of entries
  edge        BLOB NOT NULL,     -- roots of the complete subtrees (RFC 6962), largest first
  tag         BLOB,              -- of size and root of the tree, under the project key
  at          INTEGER            -- time of the last entry
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
  authors          TEXT NOT NULL, -- JSON: names
  checked_out_by   TEXT,
  checkout_base    BLOB,
  parent           TEXT,
  template         TEXT,
  template_version TEXT,
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

CREATE TABLE refusals (          -- like refusals, counted since the last entry about them
  claimed     TEXT PRIMARY KEY NOT NULL,
  since       INTEGER NOT NULL,
  count       INTEGER NOT NULL
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
