-- The log: one file is one log. Ids are 16 bytes, times are µs since the epoch, UTC.

-- statement
CREATE TABLE IF NOT EXISTS log_head (
    only_row  INTEGER PRIMARY KEY CHECK (only_row = 1),
    position  INTEGER NOT NULL,
    last_hash BLOB NOT NULL CHECK (length(last_hash) = 32),
    epoch     BLOB NOT NULL CHECK (length(epoch) = 16)
)

-- statement
INSERT INTO log_head (only_row, position, last_hash, epoch)
SELECT 1, 0, zeroblob(32), randomblob(16)
WHERE NOT EXISTS (SELECT 1 FROM log_head)

-- statement
CREATE TABLE IF NOT EXISTS producer (
    producer_id    BLOB PRIMARY KEY CHECK (length(producer_id) = 16),
    participant_id BLOB NOT NULL CHECK (length(participant_id) = 16),
    last_seq       INTEGER NOT NULL
) WITHOUT ROWID

-- statement
CREATE TABLE IF NOT EXISTS event (
    position       INTEGER PRIMARY KEY,
    session_id     BLOB NOT NULL CHECK (length(session_id) = 16),
    producer_id    BLOB NOT NULL CHECK (length(producer_id) = 16),
    producer_seq   INTEGER NOT NULL,
    participant_id BLOB NOT NULL CHECK (length(participant_id) = 16),
    type           TEXT NOT NULL CHECK (length(type) <= 64),
    schema_version INTEGER NOT NULL CHECK (schema_version BETWEEN 0 AND 65535),
    occurred_at    INTEGER NOT NULL CHECK (occurred_at >= 0),
    recorded_at    INTEGER NOT NULL CHECK (recorded_at >= 0),
    payload        BLOB,
    salt           BLOB,
    payload_digest BLOB NOT NULL CHECK (length(payload_digest) = 32),
    hash           BLOB NOT NULL CHECK (length(hash) = 32)
)

-- statement
CREATE UNIQUE INDEX IF NOT EXISTS event_producer ON event (producer_id, producer_seq)

-- statement
CREATE INDEX IF NOT EXISTS event_session ON event (session_id, position)

-- statement
CREATE TRIGGER IF NOT EXISTS event_no_delete BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only: no event may be deleted');
END

-- statement
CREATE TRIGGER IF NOT EXISTS event_only_erasure BEFORE UPDATE ON event
WHEN NOT (
    NEW.payload IS NULL AND NEW.salt IS NULL
    AND NEW.position IS OLD.position AND NEW.session_id IS OLD.session_id
    AND NEW.producer_id IS OLD.producer_id AND NEW.producer_seq IS OLD.producer_seq
    AND NEW.participant_id IS OLD.participant_id AND NEW.type IS OLD.type
    AND NEW.schema_version IS OLD.schema_version AND NEW.occurred_at IS OLD.occurred_at
    AND NEW.recorded_at IS OLD.recorded_at AND NEW.payload_digest IS OLD.payload_digest
    AND NEW.hash IS OLD.hash
)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only: only erasure may change an event');
END

-- statement
-- INSERT OR REPLACE deletes without asking the other triggers.
CREATE TRIGGER IF NOT EXISTS event_no_replace BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE position = NEW.position)
    OR EXISTS (SELECT 1 FROM event WHERE producer_id = NEW.producer_id AND producer_seq = NEW.producer_seq)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only: the event is there already');
END

-- statement
CREATE TABLE IF NOT EXISTS checkpoint (
    projection   TEXT PRIMARY KEY,
    generation   INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    lease_holder BLOB,
    lease_until  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID

-- statement
CREATE TABLE IF NOT EXISTS dead_letter (
    projection  TEXT NOT NULL,
    position    INTEGER NOT NULL,
    session_id  BLOB NOT NULL,
    traceback   TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (projection, position)
) WITHOUT ROWID

-- statement
CREATE TABLE IF NOT EXISTS participant (
    participant_id BLOB PRIMARY KEY CHECK (length(participant_id) = 16),
    name           TEXT NOT NULL UNIQUE,
    created_at     INTEGER NOT NULL
) WITHOUT ROWID

-- statement
-- A notebook whose path went to another file has none any more.
CREATE TABLE IF NOT EXISTS notebook (
    notebook_id    BLOB PRIMARY KEY CHECK (length(notebook_id) = 16),
    participant_id BLOB NOT NULL CHECK (length(participant_id) = 16),
    study          TEXT NOT NULL,
    path           TEXT,
    created_at     INTEGER NOT NULL,
    UNIQUE (participant_id, study, path)
) WITHOUT ROWID
