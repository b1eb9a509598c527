"""The files of ``notebook-server/``: beside this module in the wheel, in their own folder in the sources."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ..errors import SettingInvalid
from .config import FILE_NAME

HUB_FILE = "jupyterhub_config.py"

BESIDE = (HUB_FILE, "package.json", "package-lock.json", "study.yaml")
"""What a folder needs besides its configuration to start the Hub and its proxy, and a study to begin with."""

_TEMPLATE = "config.yml.tmpl"
_PLACES = (Path(__file__).with_name("server"), Path(__file__).parents[3] / "notebook-server")


def source(name: str) -> Path:
    """Where one of the files is."""
    return next(place / name for place in _PLACES if (place / name).is_file())


def write_config(folder: Path) -> Path:
    """Write ``config.yml`` with fresh keys, and what else the folder lacks. Returns the configuration's path.

    Raises ``SettingInvalid`` if there is a configuration: its keys are those of links that people have.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE_NAME
    text = source(_TEMPLATE).read_text("utf-8")
    for mark in ("@SECRET_KEY@", "@LINK_KEY@"):
        text = text.replace(mark, secrets.token_urlsafe(32))
    if (folder.absolute().parent / "sample").is_dir():  # in the sources
        text = text.replace("# materials: ../sample ", "materials: ../sample   ")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingInvalid(
            f"{path} is there already, and people's links hang on its keys: remove it yourself to begin anew"
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    for name in BESIDE:
        if not (folder / name).exists():
            (folder / name).write_bytes(source(name).read_bytes())
    return path
