-- States and read models of the projections. Ids are 16 bytes, times are µs since the epoch, UTC.
-- Each rebuild writes under a generation of its own; the views show the one that the checkpoint names.

-- statement
CREATE TABLE IF NOT EXISTS projection_state (
    projection TEXT NOT NULL,
    generation INTEGER NOT NULL,
    state_key  BLOB NOT NULL,
    due_at     INTEGER,
    stopped_at INTEGER,
    state      BLOB,
    PRIMARY KEY (projection, generation, state_key)
) WITHOUT ROWID

-- statement
CREATE INDEX IF NOT EXISTS projection_state_due
ON projection_state (projection, generation, due_at) WHERE due_at IS NOT NULL

-- statement
CREATE TABLE IF NOT EXISTS session_row (
    generation     INTEGER NOT NULL,
    session_id     BLOB NOT NULL,
    participant_id BLOB NOT NULL,
    notebook_id    BLOB,
    study          TEXT,
    condition_name TEXT,
    notebook_path  TEXT NOT NULL,
    kernel_name    TEXT NOT NULL,
    opened_at      INTEGER,
    last_at        INTEGER,
    closed_at      INTEGER,
    cells          INTEGER NOT NULL,
    edits          INTEGER NOT NULL,
    keystrokes     INTEGER NOT NULL,
    runs           INTEGER NOT NULL,
    errors         INTEGER NOT NULL,
    prompts        INTEGER NOT NULL,
    answers        INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    PRIMARY KEY (generation, session_id)
) WITHOUT ROWID

-- statement
CREATE TABLE IF NOT EXISTS cell_row (
    generation  INTEGER NOT NULL,
    session_id  BLOB NOT NULL,
    cell_id     TEXT NOT NULL,
    place       INTEGER,
    cell_type   TEXT NOT NULL,
    source      TEXT NOT NULL,
    runs        INTEGER NOT NULL,
    last_status TEXT,
    edits       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    removed_at  INTEGER,
    parents     TEXT NOT NULL,
    PRIMARY KEY (generation, session_id, cell_id)
) WITHOUT ROWID

-- statement
CREATE TABLE IF NOT EXISTS run_row (
    generation      INTEGER NOT NULL,
    session_id      BLOB NOT NULL,
    run_id          BLOB NOT NULL,
    cell_id         TEXT NOT NULL,
    version         INTEGER NOT NULL,
    source          TEXT NOT NULL,
    scheduled_at    INTEGER NOT NULL,
    started_at      INTEGER,
    finished_at     INTEGER,
    status          TEXT NOT NULL,
    execution_count INTEGER,
    duration_ms     INTEGER,
    error_name      TEXT,
    position        INTEGER NOT NULL,
    PRIMARY KEY (generation, session_id, run_id)
) WITHOUT ROWID

-- statement
CREATE TABLE IF NOT EXISTS prompt_row (
    generation     INTEGER NOT NULL,
    prompt_id      BLOB NOT NULL,
    session_id     BLOB NOT NULL,
    participant_id BLOB NOT NULL,
    notebook_id    BLOB NOT NULL,
    cell_id        TEXT NOT NULL,
    run_id         BLOB,
    cell_version   INTEGER NOT NULL,
    rule           TEXT NOT NULL,
    question       TEXT NOT NULL,
    choices        TEXT NOT NULL,
    language       TEXT NOT NULL,
    deliver        TEXT NOT NULL,
    status         TEXT NOT NULL,
    issued_at      INTEGER NOT NULL,
    shown_at       INTEGER,
    ended_at       INTEGER,
    choice         TEXT,
    text           TEXT,
    position       INTEGER NOT NULL,
    PRIMARY KEY (generation, prompt_id)
) WITHOUT ROWID

-- statement
CREATE INDEX IF NOT EXISTS prompt_row_cell ON prompt_row (generation, participant_id, notebook_id, cell_id)

-- statement
CREATE VIEW IF NOT EXISTS session AS
SELECT
    r.session_id, r.participant_id, r.notebook_id, r.study, r.condition_name, r.notebook_path, r.kernel_name,
    r.opened_at, r.last_at, r.closed_at, r.cells, r.edits, r.keystrokes, r.runs, r.errors, r.prompts, r.answers,
    r.last_position
FROM session_row AS r
JOIN checkpoint AS c ON c.projection = 'current' AND c.generation = r.generation

-- statement
-- The characterization is the latest answer about this cell of this notebook, in whichever session it was given.
CREATE VIEW IF NOT EXISTS cell AS
SELECT
    r.session_id, r.cell_id, r.place, r.cell_type, r.source, r.runs, r.last_status, r.edits, r.created_at,
    r.changed_at, r.removed_at, r.parents,
    (
        SELECT COALESCE(NULLIF(p.text, ''), p.choice)
        FROM prompt_row AS p
        JOIN checkpoint AS pc ON pc.projection = 'prompts' AND pc.generation = p.generation
        WHERE p.participant_id = s.participant_id AND p.notebook_id = s.notebook_id AND p.cell_id = r.cell_id
            AND p.status = 'answered'
        ORDER BY p.ended_at DESC, p.position DESC
        LIMIT 1
    ) AS characterization
FROM cell_row AS r
JOIN checkpoint AS c ON c.projection = 'current' AND c.generation = r.generation
JOIN session_row AS s ON s.generation = r.generation AND s.session_id = r.session_id

-- statement
CREATE VIEW IF NOT EXISTS run AS
SELECT
    r.run_id, r.session_id, r.cell_id, r.version, r.source, r.scheduled_at, r.started_at, r.finished_at, r.status,
    r.execution_count, r.duration_ms, r.error_name, r.position
FROM run_row AS r
JOIN checkpoint AS c ON c.projection = 'current' AND c.generation = r.generation

-- statement
CREATE VIEW IF NOT EXISTS prompt AS
SELECT
    r.prompt_id, r.session_id, r.participant_id, r.notebook_id, r.cell_id, r.run_id, r.cell_version, r.rule, r.question,
    r.choices, r.language, r.deliver, r.status, r.issued_at, r.shown_at, r.ended_at, r.choice, r.text, r.position
FROM prompt_row AS r
JOIN checkpoint AS c ON c.projection = 'prompts' AND c.generation = r.generation
