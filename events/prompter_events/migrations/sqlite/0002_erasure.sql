-- Who was erased: what they send is refused from then on.
-- catalogue: 359898936b320da56de117edf06a151f

-- statement
CREATE TABLE IF NOT EXISTS erased (
    participant_id BLOB PRIMARY KEY CHECK (length(participant_id) = 16),
    erased_at      INTEGER NOT NULL
) WITHOUT ROWID
