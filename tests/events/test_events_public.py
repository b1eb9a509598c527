"""The public names of the package."""

from __future__ import annotations

import prompter_events


def test_the_public_names_are_there_and_documented() -> None:
    assert prompter_events.__all__ == sorted(
        prompter_events.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    for name in prompter_events.__all__:
        assert hasattr(prompter_events, name), name


def test_what_others_rely_on_is_public() -> None:
    promised = {
        "Batch", "Checkpoint", "Event", "Log", "NO_SESSION", "Receipt", "Relation", "START", "Transaction", "draft",
        "migrate", "notebook_digest", "open_log", "pack", "unpack", "verify",
    }  # fmt: skip
    assert promised <= set(prompter_events.__all__)
