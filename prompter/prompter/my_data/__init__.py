"""What was recorded of one person, for that person: their events, answers, consents, notebooks and narratives."""
