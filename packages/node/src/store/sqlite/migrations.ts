/**
 * The schema, one step per release that changed it; `user_version` counts the steps taken.
 * A step is never edited once released: a store that took it must look like one that takes it now.
 */

export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE flags (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  blind BLOB NOT NULL CHECK (length(blind) = 32),
  sealed BLOB NOT NULL,
  taxonomy TEXT NOT NULL,
  evidence TEXT NOT NULL,
  reports INTEGER NOT NULL,
  since INTEGER NOT NULL,
  expires INTEGER,
  state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn', 'bezwaar')),
  import_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  withdrawn_at INTEGER
) STRICT;
CREATE UNIQUE INDEX flags_by_blind ON flags (kind, blind);
CREATE INDEX flags_by_state ON flags (kind, state, id);

CREATE TABLE tags (
  kind TEXT NOT NULL,
  epoch TEXT NOT NULL,
  flag INTEGER NOT NULL REFERENCES flags (id) ON DELETE CASCADE,
  sealed BLOB NOT NULL,
  PRIMARY KEY (kind, epoch, flag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_flag ON tags (flag);

CREATE TABLE contributions (
  kind TEXT NOT NULL,
  blind BLOB NOT NULL CHECK (length(blind) = 32),
  left_at INTEGER,
  PRIMARY KEY (kind, blind)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_epochs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  epoch TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'retired', 'dropped')),
  transcript BLOB NOT NULL,
  sealed_share BLOB,
  signatures TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (kind, epoch)
) STRICT;

CREATE TABLE generations (
  kind TEXT NOT NULL,
  epoch TEXT NOT NULL,
  data BLOB NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE rounds (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  role TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('announced', 'collecting', 'computing', 'opening', 'published', 'failed')),
  coordinator TEXT NOT NULL,
  data BLOB NOT NULL,
  reason TEXT,
  culprit TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rounds_open ON rounds (number) WHERE state NOT IN ('published', 'failed');

CREATE TABLE lists (
  kind TEXT NOT NULL,
  rule TEXT NOT NULL,
  round TEXT NOT NULL,
  epoch TEXT NOT NULL,
  salt BLOB NOT NULL,
  key_bits INTEGER NOT NULL,
  keys BLOB NOT NULL,
  contributors INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  signatures TEXT NOT NULL,
  PRIMARY KEY (kind, rule)
) STRICT;

CREATE TABLE list_history (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  rule TEXT NOT NULL,
  round TEXT NOT NULL,
  epoch TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX list_history_by_rule ON list_history (kind, rule, number);

CREATE TABLE convenants (
  version INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  document BLOB NOT NULL,
  installed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  origin TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  note TEXT NOT NULL
) STRICT;

CREATE TABLE log_entries (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  log INTEGER NOT NULL REFERENCES logs (id),
  position INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  sealed BLOB NOT NULL,
  txid TEXT,
  type TEXT NOT NULL,
  UNIQUE (log, position)
) STRICT;
CREATE INDEX log_entries_by_txid ON log_entries (txid, number) WHERE txid IS NOT NULL;

CREATE TABLE log_hashes (
  log INTEGER NOT NULL REFERENCES logs (id),
  level INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (log, level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE nonces (
  member TEXT NOT NULL,
  nonce TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (member, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_by_expiry ON nonces (expires_at);

CREATE TABLE usage (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  used INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE served (
  asker TEXT NOT NULL,
  txid TEXT NOT NULL,
  PRIMARY KEY (asker, txid)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
`,
  `
CREATE TABLE witnessed (
  log TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32),
  note TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log_conflicts (
  log TEXT PRIMARY KEY,
  code TEXT NOT NULL CHECK (code IN ('LOG_FORKED', 'LOG_ROLLED_BACK')),
  first TEXT NOT NULL,
  second TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cosigned (
  origin TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE asked (
  blind BLOB NOT NULL CHECK (length(blind) = 16),
  txid TEXT NOT NULL,
  item INTEGER NOT NULL,
  period TEXT NOT NULL,
  PRIMARY KEY (blind, txid, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE subject_cases (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL CHECK (type IN ('access', 'rectification', 'erasure', 'objection')),
  kind TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  extended_at INTEGER,
  closed_at INTEGER,
  outcome TEXT CHECK (outcome IN ('granted', 'refused', 'withdrawn')),
  sealed BLOB NOT NULL
) STRICT;

CREATE TABLE watched_answers (
  txid TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  rule TEXT NOT NULL,
  epoch TEXT NOT NULL,
  round TEXT NOT NULL,
  until INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recalls (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  raised_at INTEGER NOT NULL,
  closed_at INTEGER,
  sealed BLOB NOT NULL
) STRICT;

CREATE TABLE erased_flags (
  kind TEXT NOT NULL,
  blind BLOB NOT NULL CHECK (length(blind) = 32),
  at INTEGER NOT NULL,
  PRIMARY KEY (kind, blind)
) STRICT, WITHOUT ROWID;

ALTER TABLE flags ADD COLUMN withdrawn_reason TEXT;
`,
  `
CREATE TABLE proposals (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  act TEXT NOT NULL CHECK (act IN ('open', 'shred', 'ask')),
  subject TEXT NOT NULL,
  sealed BLOB NOT NULL,
  proposer TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  decided_by TEXT,
  approved INTEGER,
  decided_at INTEGER,
  decision_sealed BLOB,
  begun_at INTEGER,
  ended_at INTEGER
) STRICT;
`,
  `
CREATE TABLE alerts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  once TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  code TEXT NOT NULL,
  member TEXT,
  purpose TEXT,
  kind TEXT,
  seen_by TEXT,
  seen_at INTEGER
) STRICT;
`,
  `
CREATE TABLE comparisons (
  member TEXT PRIMARY KEY,
  origin TEXT NOT NULL,
  position INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE anchored (
  log TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE discrepancies (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  member TEXT NOT NULL,
  txid TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('one-sided', 'mismatch', 'late')),
  fields TEXT NOT NULL,
  minutes INTEGER,
  at INTEGER NOT NULL,
  UNIQUE (member, txid, kind)
) STRICT;
`,
  `
CREATE TABLE feedback (
  txid TEXT NOT NULL,
  item INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (txid, item)
) STRICT, WITHOUT ROWID;
`,
  // Random names over all entries dirty a page each; over some thousands at a time, few (log.ts).
  `
DROP INDEX log_entries_by_txid;
CREATE INDEX log_entries_by_txid ON log_entries (number >> 13, txid) WHERE txid IS NOT NULL;
`,
  // Of the tree, the levels of tiles are kept; what is between is made of them.
  'DELETE FROM log_hashes WHERE level % 8 <> 0',
  `
CREATE TABLE psi (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  side TEXT NOT NULL CHECK (side IN ('proposer', 'partner')),
  peer TEXT NOT NULL,
  purpose TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (
    state IN ('drafted', 'proposed', 'committed', 'running', 'done', 'refused', 'failed')
  ),
  sealed BLOB NOT NULL,
  list BLOB CHECK (length(list) = 32),
  committed_at INTEGER,
  reason TEXT,
  culprit TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX psi_by_pair ON psi (purpose, peer, committed_at);

CREATE TABLE psi_parts (
  name TEXT NOT NULL,
  part INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (name, part)
) STRICT;
`,
  // What a quarter's summary still counts of flags that expired; nothing says which they were.
  `
CREATE TABLE expired_flags (
  kind TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
CREATE INDEX flags_by_expiry ON flags (expires) WHERE state = 'active' AND expires IS NOT NULL;
`,
  // Lists masked ahead of intersections.
  `
CREATE TABLE psi_prepared (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  side TEXT NOT NULL CHECK (side IN ('owner', 'asker')),
  peer TEXT NOT NULL,
  purpose TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('masking', 'ready', 'ended')),
  sealed BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
`,
  // One row for a batch of entries, without indexes; transactions are indexed in runs (txids.ts).
  `
CREATE TABLE log_batches (
  id INTEGER PRIMARY KEY,
  hashes BLOB NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0),
  events TEXT NOT NULL,
  leaves BLOB NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
INSERT INTO log_batches (id, hashes, events, leaves, sealed)
  SELECT (entry.log << 40) + entry.position, coalesce(hash, zeroblob(32)),
    json_array(json_array(type, txid, length(leaf))), leaf, sealed
  FROM log_entries AS entry LEFT JOIN log_hashes AS node
  ON node.log = entry.log AND node.level = 0 AND node.position = entry.position
  ORDER BY entry.log, entry.position;
CREATE TABLE log_runs (id INTEGER PRIMARY KEY, until INTEGER NOT NULL) STRICT;
INSERT INTO log_runs (id, until)
  SELECT (log << 40) + ((position >> 12) << 12), (log << 40) + max(position) + 1
  FROM log_entries GROUP BY log, position >> 12;
CREATE TABLE log_txids (
  run INTEGER NOT NULL,
  txid TEXT NOT NULL,
  entry INTEGER NOT NULL,
  PRIMARY KEY (run, txid, entry)
) STRICT, WITHOUT ROWID;
INSERT INTO log_txids (run, txid, entry)
  SELECT (log << 40) + ((position >> 12) << 12), txid, (log << 40) + position
  FROM log_entries WHERE txid IS NOT NULL ORDER BY 1, 2, 3;
DELETE FROM log_hashes WHERE level = 0;
DROP TABLE log_entries;
`,
  // Sixteen names of a run are one row, under the first of them.
  `
ALTER TABLE log_txids RENAME TO single_txids;
CREATE TABLE log_txids (
  run INTEGER NOT NULL,
  txid TEXT NOT NULL,
  names TEXT NOT NULL,
  PRIMARY KEY (run, txid)
) STRICT, WITHOUT ROWID;
INSERT INTO log_txids (run, txid, names)
  SELECT run, min(txid), json_group_array(json(places)) FROM (
    SELECT run, txid, '[' || json_quote(txid) || ',' || group_concat(entry - run) || ']' AS places,
      (row_number() OVER (PARTITION BY run ORDER BY txid) - 1) / 16 AS part
    FROM single_txids GROUP BY run, txid
  ) GROUP BY run, part;
DROP TABLE single_txids;
`,
  // Of an older release's entries all records lie under the quarter's key; days that had a key get no other.
  `
ALTER TABLE logs ADD COLUMN quartered INTEGER NOT NULL DEFAULT 0;
UPDATE logs SET quartered = size;
CREATE TABLE log_days (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`,
  // The end of a log lies under a MAC of its owner's; of older ones the signed checkpoint stays.
  `
ALTER TABLE logs ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
ALTER TABLE logs DROP COLUMN root;
`,
  // Rows that are there before the log says what they say, until it does.
  `
ALTER TABLE rounds ADD COLUMN entered INTEGER NOT NULL DEFAULT 1;
ALTER TABLE alerts ADD COLUMN entered INTEGER NOT NULL DEFAULT 1;
ALTER TABLE log_conflicts ADD COLUMN entered INTEGER NOT NULL DEFAULT 1;
CREATE INDEX rounds_unentered ON rounds (number) WHERE entered = 0;
CREATE INDEX alerts_unentered ON alerts (number) WHERE entered = 0;
`,
  `
CREATE TABLE comparison_troubles (
  member TEXT PRIMARY KEY,
  asked_ms INTEGER NOT NULL,
  tried_at INTEGER,
  told_at INTEGER
) STRICT, WITHOUT ROWID;
`,
  // Few, and looked for where the convenant names no licence for them.
  `
CREATE INDEX flags_of_courts ON flags (kind, id) WHERE evidence = 'rechterlijk';
`,
  // Intersections that ended here, of which the other side has yet to hear.
  `
ALTER TABLE psi ADD COLUMN untold INTEGER NOT NULL DEFAULT 0;
CREATE INDEX psi_untold ON psi (number) WHERE untold = 1;
`,
]
