-- Creates or upgrades the tables, triggers and views of the database `prompter`, and gives its users their rights, as
-- `prompter migrate` would: for an administrator who does not give the program an account of their own.
--
-- First make_db.sql, which makes the database and its users; then
--     mysql --user=root --password < make_tables.sql
--
-- It may run again, and does so after an upgrade of the program: make_db.sql first, then this. What is there already
-- stays. If you gave the users another host than '%' in make_db.sql, give them the same one here.
--
-- Generated from the migrations by `python -m prompter.make_tables`; do not edit.

USE prompter;

SET NAMES utf8mb4;

SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

CREATE TABLE IF NOT EXISTS migration (
    package    VARCHAR(64) NOT NULL,
    number     INT NOT NULL,
    name       VARCHAR(128) NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (package, number)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

DROP PROCEDURE IF EXISTS prompter_before_migration;

DELIMITER $$
CREATE PROCEDURE prompter_before_migration()
BEGIN
    IF NOT COALESCE(GET_LOCK('prompter migrate prompter', 60), 0) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the database is being migrated by somebody else; try again';
    END IF;
    IF EXISTS (SELECT 1 FROM migration WHERE (package = 'prompter_events' AND number > 5) OR (package = 'prompter_projections' AND number > 2)) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the tables are of a newer program: run its make_tables.sql';
    END IF;
END$$
DELIMITER ;

CALL prompter_before_migration();

DROP PROCEDURE prompter_before_migration;

-- prompter_events 0001 log

CREATE TABLE IF NOT EXISTS log_head (
    log_id    INT UNSIGNED NOT NULL PRIMARY KEY,
    position  BIGINT UNSIGNED NOT NULL,
    last_hash BINARY(32) NOT NULL,
    epoch     BINARY(16) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO log_head (log_id, position, last_hash, epoch)
SELECT 1, 0, REPEAT(CHAR(0), 32), UNHEX(REPLACE(UUID(), '-', ''))
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM log_head WHERE log_id = 1);

CREATE TABLE IF NOT EXISTS producer (
    log_id         INT UNSIGNED NOT NULL,
    producer_id    BINARY(16) NOT NULL,
    participant_id BINARY(16) NOT NULL,
    last_seq       BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, producer_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

DROP TRIGGER IF EXISTS event_no_delete;

DELIMITER $$
CREATE TRIGGER event_no_delete BEFORE DELETE ON event FOR EACH ROW
BEGIN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the log is append-only: no event may be deleted';
END$$
DELIMITER ;

DROP TRIGGER IF EXISTS event_only_erasure;

DELIMITER $$
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
END$$
DELIMITER ;

CREATE TABLE IF NOT EXISTS checkpoint (
    log_id       INT UNSIGNED NOT NULL,
    projection   VARCHAR(128) NOT NULL,
    generation   BIGINT UNSIGNED NOT NULL,
    position     BIGINT UNSIGNED NOT NULL,
    lease_holder BINARY(16),
    lease_until  BIGINT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (log_id, projection)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS dead_letter (
    log_id      INT UNSIGNED NOT NULL,
    projection  VARCHAR(128) NOT NULL,
    position    BIGINT UNSIGNED NOT NULL,
    session_id  BINARY(16) NOT NULL,
    traceback   MEDIUMTEXT NOT NULL,
    recorded_at BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, projection, position)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Uniqueness goes by digest: utf8mb4_bin pads with blanks, and a name may be longer than a key.
CREATE TABLE IF NOT EXISTS participant (
    log_id         INT UNSIGNED NOT NULL,
    participant_id BINARY(16) NOT NULL,
    name           TEXT NOT NULL,
    name_digest    BINARY(32) NOT NULL,
    created_at     BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, participant_id),
    UNIQUE KEY participant_name (log_id, name_digest)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO migration (package, number, name, applied_at)
SELECT 'prompter_events', 1, 'log', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = 'prompter_events' AND number = 1);

-- prompter_events 0002 erasure

CREATE TABLE IF NOT EXISTS erased (
    log_id         INT UNSIGNED NOT NULL,
    participant_id BINARY(16) NOT NULL,
    erased_at      BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, participant_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO migration (package, number, name, applied_at)
SELECT 'prompter_events', 2, 'erasure', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = 'prompter_events' AND number = 2);

-- prompter_events 0003 capture

INSERT INTO migration (package, number, name, applied_at)
SELECT 'prompter_events', 3, 'capture', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = 'prompter_events' AND number = 3);

-- prompter_events 0004 prompting

INSERT INTO migration (package, number, name, applied_at)
SELECT 'prompter_events', 4, 'prompting', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = 'prompter_events' AND number = 4);

-- prompter_events 0005 studies

INSERT INTO migration (package, number, name, applied_at)
SELECT 'prompter_events', 5, 'studies', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = 'prompter_events' AND number = 5);

-- prompter_projections 0001 projections

CREATE TABLE IF NOT EXISTS projection_state (
    log_id     INT UNSIGNED NOT NULL,
    projection VARCHAR(128) NOT NULL,
    generation BIGINT UNSIGNED NOT NULL,
    state_key  VARBINARY(64) NOT NULL,
    due_at     BIGINT UNSIGNED,
    stopped_at BIGINT UNSIGNED,
    state      LONGBLOB,
    PRIMARY KEY (log_id, projection, generation, state_key),
    KEY projection_state_due (log_id, projection, generation, due_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS session_row (
    log_id         INT UNSIGNED NOT NULL,
    generation     BIGINT UNSIGNED NOT NULL,
    session_id     BINARY(16) NOT NULL,
    participant_id BINARY(16) NOT NULL,
    notebook_id    BINARY(16),
    study          VARCHAR(512),
    condition_name VARCHAR(512),
    notebook_path  MEDIUMTEXT NOT NULL,
    kernel_name    VARCHAR(512) NOT NULL,
    opened_at      BIGINT UNSIGNED,
    last_at        BIGINT UNSIGNED,
    closed_at      BIGINT UNSIGNED,
    cells          BIGINT UNSIGNED NOT NULL,
    edits          BIGINT UNSIGNED NOT NULL,
    keystrokes     BIGINT UNSIGNED NOT NULL,
    runs           BIGINT UNSIGNED NOT NULL,
    errors         BIGINT UNSIGNED NOT NULL,
    prompts        BIGINT UNSIGNED NOT NULL,
    answers        BIGINT UNSIGNED NOT NULL,
    last_position  BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, generation, session_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS cell_row (
    log_id      INT UNSIGNED NOT NULL,
    generation  BIGINT UNSIGNED NOT NULL,
    session_id  BINARY(16) NOT NULL,
    cell_id     VARCHAR(256) NOT NULL,
    place       BIGINT UNSIGNED,
    cell_type   VARCHAR(16) NOT NULL,
    source      MEDIUMTEXT NOT NULL,
    runs        BIGINT UNSIGNED NOT NULL,
    last_status VARCHAR(16),
    edits       BIGINT UNSIGNED NOT NULL,
    created_at  BIGINT UNSIGNED NOT NULL,
    changed_at  BIGINT UNSIGNED NOT NULL,
    removed_at  BIGINT UNSIGNED,
    parents     MEDIUMTEXT NOT NULL,
    PRIMARY KEY (log_id, generation, session_id, cell_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS run_row (
    log_id          INT UNSIGNED NOT NULL,
    generation      BIGINT UNSIGNED NOT NULL,
    session_id      BINARY(16) NOT NULL,
    run_id          BINARY(16) NOT NULL,
    cell_id         VARCHAR(256) NOT NULL,
    version         BIGINT UNSIGNED NOT NULL,
    source          MEDIUMTEXT NOT NULL,
    scheduled_at    BIGINT UNSIGNED NOT NULL,
    started_at      BIGINT UNSIGNED,
    finished_at     BIGINT UNSIGNED,
    status          VARCHAR(16) NOT NULL,
    execution_count BIGINT UNSIGNED,
    duration_ms     BIGINT UNSIGNED,
    error_name      VARCHAR(512),
    position        BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, generation, session_id, run_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS prompt_row (
    log_id         INT UNSIGNED NOT NULL,
    generation     BIGINT UNSIGNED NOT NULL,
    prompt_id      BINARY(16) NOT NULL,
    session_id     BINARY(16) NOT NULL,
    participant_id BINARY(16) NOT NULL,
    notebook_id    BINARY(16) NOT NULL,
    cell_id        VARCHAR(256) NOT NULL,
    run_id         BINARY(16),
    cell_version   BIGINT UNSIGNED NOT NULL,
    rule           VARCHAR(512) NOT NULL,
    question       MEDIUMTEXT NOT NULL,
    choices        MEDIUMTEXT NOT NULL,
    language       VARCHAR(512) NOT NULL,
    deliver        VARCHAR(16) NOT NULL,
    status         VARCHAR(16) NOT NULL,
    issued_at      BIGINT UNSIGNED NOT NULL,
    shown_at       BIGINT UNSIGNED,
    ended_at       BIGINT UNSIGNED,
    choice         VARCHAR(512),
    text           MEDIUMTEXT,
    position       BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, generation, prompt_id),
    KEY prompt_row_cell (log_id, generation, participant_id, notebook_id, cell_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW session AS
SELECT
    r.log_id, r.session_id, r.participant_id, r.notebook_id, r.study, r.condition_name, r.notebook_path, r.kernel_name,
    r.opened_at, r.last_at, r.closed_at, r.cells, r.edits, r.keystrokes, r.runs, r.errors, r.prompts, r.answers,
    r.last_position
FROM session_row AS r
JOIN checkpoint AS c ON c.log_id = r.log_id AND c.projection = 'current' AND c.generation = r.generation;

-- The characterization is the latest answer about this cell of this notebook, in whichever session it was given.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW cell AS
SELECT
    r.log_id, r.session_id, r.cell_id, r.place, r.cell_type, r.source, r.runs, r.last_status, r.edits, r.created_at,
    r.changed_at, r.removed_at, r.parents,
    (
        SELECT COALESCE(NULLIF(p.text, ''), p.choice)
        FROM prompt_row AS p
        JOIN checkpoint AS pc ON pc.log_id = p.log_id AND pc.projection = 'prompts' AND pc.generation = p.generation
        WHERE p.log_id = r.log_id AND p.participant_id = s.participant_id AND p.notebook_id = s.notebook_id AND p.cell_id = r.cell_id
            AND p.status = 'answered'
        ORDER BY p.ended_at DESC, p.position DESC
        LIMIT 1
    ) AS characterization
FROM cell_row AS r
JOIN checkpoint AS c ON c.log_id = r.log_id AND c.projection = 'current' AND c.generation = r.generation
JOIN session_row AS s ON s.log_id = r.log_id AND s.generation = r.generation AND s.session_id = r.session_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW run AS
SELECT
    r.log_id, r.run_id, r.session_id, r.cell_id, r.version, r.source, r.scheduled_at, r.started_at, r.finished_at, r.status,
    r.execution_count, r.duration_ms, r.error_name, r.position
FROM run_row AS r
JOIN checkpoint AS c ON c.log_id = r.log_id AND c.projection = 'current' AND c.generation = r.generation;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW prompt AS
SELECT
    r.log_id, r.prompt_id, r.session_id, r.participant_id, r.notebook_id, r.cell_id, r.run_id, r.cell_version, r.rule, r.question,
    r.choices, r.language, r.deliver, r.status, r.issued_at, r.shown_at, r.ended_at, r.choice, r.text, r.position
FROM prompt_row AS r
JOIN checkpoint AS c ON c.log_id = r.log_id AND c.projection = 'prompts' AND c.generation = r.generation;

INSERT INTO migration (package, number, name, applied_at)
SELECT 'prompter_projections', 1, 'projections', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = 'prompter_projections' AND number = 1);

-- prompter_projections 0002 snapshots

CREATE TABLE IF NOT EXISTS notebook_snapshot (
    log_id     INT UNSIGNED NOT NULL,
    generation BIGINT UNSIGNED NOT NULL,
    session_id BINARY(16) NOT NULL,
    chain      BIGINT UNSIGNED NOT NULL,
    position   BIGINT UNSIGNED NOT NULL,
    fold       BINARY(16) NOT NULL,
    whole_at   BIGINT UNSIGNED NOT NULL,
    event_hash BINARY(32) NOT NULL,
    notebook   LONGBLOB NOT NULL,
    PRIMARY KEY (log_id, generation, session_id, chain, position)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO migration (package, number, name, applied_at)
SELECT 'prompter_projections', 2, 'snapshots', CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)
FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM migration WHERE package = 'prompter_projections' AND number = 2);

-- The application: it can neither change nor remove an event.
GRANT SELECT ON prompter.migration TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.log_head TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.producer TO 'prompter_user'@'%';
GRANT SELECT, INSERT ON prompter.event TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.checkpoint TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.dead_letter TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.participant TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.notebook TO 'prompter_user'@'%';
GRANT SELECT ON prompter.erased TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.projection_state TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.session_row TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.cell_row TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.run_row TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.prompt_row TO 'prompter_user'@'%';
GRANT SELECT ON prompter.session TO 'prompter_user'@'%';
GRANT SELECT ON prompter.cell TO 'prompter_user'@'%';
GRANT SELECT ON prompter.run TO 'prompter_user'@'%';
GRANT SELECT ON prompter.prompt TO 'prompter_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.notebook_snapshot TO 'prompter_user'@'%';

-- The account of `prompter erase`: it can remove payloads too.
GRANT SELECT ON prompter.migration TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.log_head TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.producer TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE (payload, salt) ON prompter.event TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.checkpoint TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.dead_letter TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.participant TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.notebook TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT ON prompter.erased TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.projection_state TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.session_row TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.cell_row TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.run_row TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.prompt_row TO 'prompter_eraser'@'%';
GRANT SELECT ON prompter.session TO 'prompter_eraser'@'%';
GRANT SELECT ON prompter.cell TO 'prompter_eraser'@'%';
GRANT SELECT ON prompter.run TO 'prompter_eraser'@'%';
GRANT SELECT ON prompter.prompt TO 'prompter_eraser'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON prompter.notebook_snapshot TO 'prompter_eraser'@'%';
