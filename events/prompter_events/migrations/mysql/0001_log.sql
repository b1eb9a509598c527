-- The log. Ids are 16 bytes, times are µs since the epoch, UTC; log_id is part of every key.
-- Each statement may run again: MySQL commits DDL by itself.

-- statement
CREATE TABLE IF NOT EXISTS log_head (
    log_id    INT UNSIGNED NOT NULL PRIMARY KEY,
    position  BIGINT UNSIGNED NOT NULL,
    last_hash BINARY(32) NOT NULL,
    epoch     BINARY(16) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
INSERT INTO log_head (log_id, position, last_hash, epoch)
SELECT 1, 0, REPEAT(CHAR(0), 32), UNHEX(REPLACE(UUID(), '-', ''))
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM log_head WHERE log_id = 1)

-- statement
CREATE TABLE IF NOT EXISTS producer (
    log_id         INT UNSIGNED NOT NULL,
    producer_id    BINARY(16) NOT NULL,
    participant_id BINARY(16) NOT NULL,
    last_seq       BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, producer_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
CREATE TABLE IF NOT EXISTS event (
    log_id         INT UNSIGNED NOT NULL,
    position       BIGINT UNSIGNED NOT NULL,
    session_id     BINARY(16) NOT NULL,
    producer_id    BINARY(16) NOT NULL,
    producer_seq   BIGINT UNSIGNED NOT NULL,
    participant_id BINARY(16) NOT NULL,
    type           VARCHAR(64) NOT NULL,
    schema_version SMALLINT UNSIGNED NOT NULL,
    occurred_at    BIGINT UNSIGNED NOT NULL,
    recorded_at    BIGINT UNSIGNED NOT NULL,
    payload        MEDIUMBLOB,
    salt           BINARY(16),
    payload_digest BINARY(32) NOT NULL,
    hash           BINARY(32) NOT NULL,
    PRIMARY KEY (log_id, position),
    UNIQUE KEY event_producer (log_id, producer_id, producer_seq),
    KEY event_session (log_id, session_id, position)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
DROP TRIGGER IF EXISTS event_no_delete

-- statement
CREATE TRIGGER event_no_delete BEFORE DELETE ON event FOR EACH ROW
BEGIN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the log is append-only: no event may be deleted';
END

-- statement
DROP TRIGGER IF EXISTS event_only_erasure

-- statement
CREATE TRIGGER event_only_erasure BEFORE UPDATE ON event FOR EACH ROW
BEGIN
    IF NOT (
        NEW.payload IS NULL AND NEW.salt IS NULL
        AND NEW.log_id = OLD.log_id AND NEW.position = OLD.position
        AND NEW.session_id = OLD.session_id AND NEW.producer_id = OLD.producer_id
        AND NEW.producer_seq = OLD.producer_seq AND NEW.participant_id = OLD.participant_id
        AND BINARY NEW.type = BINARY OLD.type AND NEW.schema_version = OLD.schema_version
        AND NEW.occurred_at = OLD.occurred_at AND NEW.recorded_at = OLD.recorded_at
        AND NEW.payload_digest = OLD.payload_digest AND NEW.hash = OLD.hash
    ) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the log is append-only: only erasure may change an event';
    END IF;
END

-- statement
CREATE TABLE IF NOT EXISTS checkpoint (
    log_id       INT UNSIGNED NOT NULL,
    projection   VARCHAR(128) NOT NULL,
    generation   BIGINT UNSIGNED NOT NULL,
    position     BIGINT UNSIGNED NOT NULL,
    lease_holder BINARY(16),
    lease_until  BIGINT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (log_id, projection)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
CREATE TABLE IF NOT EXISTS dead_letter (
    log_id      INT UNSIGNED NOT NULL,
    projection  VARCHAR(128) NOT NULL,
    position    BIGINT UNSIGNED NOT NULL,
    session_id  BINARY(16) NOT NULL,
    traceback   MEDIUMTEXT NOT NULL,
    recorded_at BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, projection, position)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
-- Uniqueness goes by digest: utf8mb4_bin pads with blanks, and a name may be longer than a key.
CREATE TABLE IF NOT EXISTS participant (
    log_id         INT UNSIGNED NOT NULL,
    participant_id BINARY(16) NOT NULL,
    name           TEXT NOT NULL,
    name_digest    BINARY(32) NOT NULL,
    created_at     BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, participant_id),
    UNIQUE KEY participant_name (log_id, name_digest)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
-- A notebook whose path went to another file has none any more.
CREATE TABLE IF NOT EXISTS notebook (
    log_id         INT UNSIGNED NOT NULL,
    notebook_id    BINARY(16) NOT NULL,
    participant_id BINARY(16) NOT NULL,
    study          TEXT NOT NULL,
    path           TEXT,
    path_digest    BINARY(32),
    created_at     BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, notebook_id),
    UNIQUE KEY notebook_path (log_id, path_digest)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
