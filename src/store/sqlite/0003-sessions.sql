CREATE TABLE sessions (          -- agents at work, and those that were
  id          TEXT PRIMARY KEY NOT NULL,
  kind        TEXT NOT NULL,     -- launched, hooked
  session     TEXT NOT NULL,     -- as the runtime names it
  user        TEXT NOT NULL,
  parent      TEXT,              -- who started it
  runtime     TEXT NOT NULL,
  agent       TEXT NOT NULL,     -- by its name in the policy
  definition  BLOB,              -- digest of what it was started with
  document    TEXT,
  task        TEXT,
  brief       BLOB,              -- digest of what it was told
  process     INTEGER,           -- its processes descend from this one
  started     INTEGER,           -- which was started then, in clock ticks
  opened_at   INTEGER NOT NULL,
  closed_at   INTEGER,
  status      INTEGER,           -- exit status, negative for a signal
  tag         BLOB NOT NULL      -- of everything else, under the project key
) STRICT;
CREATE INDEX sessions_by_session ON sessions (session, id);
CREATE INDEX sessions_open ON sessions (id) WHERE closed_at IS NULL;

CREATE TABLE tickets (           -- those that were used or voided; the log names the used ones, too
  id BLOB PRIMARY KEY NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_by_time ON tickets (at);
