"""The key of the pseudonyms, for every command that shows people by them."""

from __future__ import annotations

from pathlib import Path

from ..exports.key import pseudonym_key
from .output import stderr


def key_of(url: str, key_file: Path | None) -> bytes:
    """The key in ``key_file``, else the log's own; says so where it is made. Raises ``SettingInvalid``."""
    key = pseudonym_key(url, key_file)
    if key.made:
        stderr.print(
            f"{key.path} is the new key of the pseudonyms: keep it, apart from what you pass on. Without it people "
            "have other names the next time.",
            markup=False,
            soft_wrap=True,
        )
    return key.secret
