ALTER TABLE documents ADD COLUMN traits TEXT NOT NULL DEFAULT '[]';   -- JSON: names
ALTER TABLE documents ADD COLUMN requires TEXT NOT NULL DEFAULT '[]'; -- JSON: `<document> is <state>`
CREATE INDEX documents_waiting ON documents (sort_key, id) WHERE requires <> '[]';

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
  UNIQUE (document, kind, name, count)
) STRICT;
CREATE TRIGGER attestations_stay BEFORE UPDATE ON attestations BEGIN SELECT RAISE(ABORT, 'attestations are only added'); END;
CREATE TRIGGER attestations_remain BEFORE DELETE ON attestations BEGIN SELECT RAISE(ABORT, 'attestations are only added'); END;
