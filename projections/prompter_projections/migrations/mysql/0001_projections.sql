-- States and read models of the projections. Ids are 16 bytes, times are µs since the epoch, UTC.
-- Each rebuild writes under a generation of its own; the views show the one that the checkpoint names.

-- statement
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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

-- statement
CREATE OR REPLACE SQL SECURITY INVOKER VIEW session AS
SELECT
    r.log_id, r.session_id, r.participant_id, r.notebook_id, r.study, r.condition_name, r.notebook_path, r.kernel_name,
    r.opened_at, r.last_at, r.closed_at, r.cells, r.edits, r.keystrokes, r.runs, r.errors, r.prompts, r.answers,
    r.last_position
FROM session_row AS r
JOIN checkpoint AS c ON c.log_id = r.log_id AND c.projection = 'current' AND c.generation = r.generation

-- statement
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
JOIN session_row AS s ON s.log_id = r.log_id AND s.generation = r.generation AND s.session_id = r.session_id

-- statement
CREATE OR REPLACE SQL SECURITY INVOKER VIEW run AS
SELECT
    r.log_id, r.run_id, r.session_id, r.cell_id, r.version, r.source, r.scheduled_at, r.started_at, r.finished_at, r.status,
    r.execution_count, r.duration_ms, r.error_name, r.position
FROM run_row AS r
JOIN checkpoint AS c ON c.log_id = r.log_id AND c.projection = 'current' AND c.generation = r.generation

-- statement
CREATE OR REPLACE SQL SECURITY INVOKER VIEW prompt AS
SELECT
    r.log_id, r.prompt_id, r.session_id, r.participant_id, r.notebook_id, r.cell_id, r.run_id, r.cell_version, r.rule, r.question,
    r.choices, r.language, r.deliver, r.status, r.issued_at, r.shown_at, r.ended_at, r.choice, r.text, r.position
FROM prompt_row AS r
JOIN checkpoint AS c ON c.log_id = r.log_id AND c.projection = 'prompts' AND c.generation = r.generation
