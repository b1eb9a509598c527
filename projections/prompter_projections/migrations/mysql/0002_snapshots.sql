-- Notebooks as they stood at some positions of long sessions, so that a replay need not begin anew.
-- The first of a chain is kept as a whole, the others as what changed since the one before.

-- statement
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
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
