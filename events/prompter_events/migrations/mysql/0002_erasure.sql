-- Who was erased: what they send is refused from then on.
-- catalogue: 359898936b320da56de117edf06a151f

-- statement
CREATE TABLE IF NOT EXISTS erased (
    log_id         INT UNSIGNED NOT NULL,
    participant_id BINARY(16) NOT NULL,
    erased_at      BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (log_id, participant_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
