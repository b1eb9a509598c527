-- Notebooks as they stood at some positions of long sessions, so that a replay need not begin anew.
-- The first of a chain is kept as a whole, the others as what changed since the one before.

-- statement
CREATE TABLE IF NOT EXISTS notebook_snapshot (
    generation INTEGER NOT NULL,
    session_id BLOB NOT NULL,
    chain      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    fold       BLOB NOT NULL,
    whole_at   INTEGER NOT NULL,
    event_hash BLOB NOT NULL,
    notebook   BLOB NOT NULL,
    PRIMARY KEY (generation, session_id, chain, position)
) WITHOUT ROWID
