ALTER TABLE documents ADD COLUMN author_origins TEXT NOT NULL DEFAULT '[]'; -- JSON: sessions, and users who started authors

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
  recovered       INTEGER NOT NULL, -- 1 where it was made by the project key alone
  acknowledged_by TEXT,          -- who looked into that
  verifier        BLOB NOT NULL, -- SHA-256 of the secret; of a key its public half (Ed25519)
  tag             BLOB NOT NULL  -- of everything else, under the project key
) STRICT;
CREATE INDEX credentials_by_user ON credentials (user, id);
CREATE INDEX credentials_alarming ON credentials (id) WHERE recovered = 1 AND acknowledged_by IS NULL;
CREATE INDEX credentials_keys ON credentials (id) WHERE kind = 'key';
