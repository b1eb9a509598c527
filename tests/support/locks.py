"""What the lock files of the image hold, and whether it still is what was asked for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .documents import ROOT

LOCKS = ROOT / "image"
NAMES = ("build", "single-user", "hub")

#: The Pythons that a base image may have, for which each lock must hold.
PYTHONS = ("3.11.2", "3.11.14", "3.12.9", "3.13.9")

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def read_lock(name: str) -> str:
    """The text of a lock file."""
    return (LOCKS / f"{name}.lock").read_text("utf-8")


def asked_for(name: str) -> list[str]:
    """The requirements that a lock file was made from."""
    own = [line.partition("#")[0].strip() for line in (LOCKS / f"{name}.in").read_text("utf-8").splitlines()]
    project = PROJECT["project"]
    wheel = {
        "build": PROJECT["build-system"]["requires"],
        "single-user": project["dependencies"] + project["optional-dependencies"]["sample"],
        "hub": project["dependencies"] + project["optional-dependencies"]["hub"],
    }
    return [*wheel[name], *filter(None, own)]


def locked(text: str, python: str) -> dict[str, str]:
    """The versions by canonical name, as pip under Linux takes them.

    Raises ``ValueError`` for an entry without a hash or without its one version.
    """
    versions = {}
    for entry in re.split(r"\n(?=\S)", text):
        if entry.startswith("#"):
            continue
        head, *rest = (line.strip().removesuffix("\\").strip() for line in entry.splitlines())
        if not any(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in rest):
            raise ValueError(f"{head} has no hash")
        requirement = Requirement(head)
        [pin] = requirement.specifier
        if pin.operator != "==":
            raise ValueError(f"{head} is no single version")
        if requirement.marker is None or requirement.marker.evaluate(_linux(python)):
            versions[canonicalize_name(requirement.name)] = pin.version
    return versions


def unmet(requirements: Iterable[str], versions: Mapping[str, str]) -> list[str]:
    """The requirements that these versions do not satisfy."""
    read = map(Requirement, requirements)
    return [
        str(one)
        for one in read
        if not one.specifier.contains(versions.get(canonicalize_name(one.name), "0.dev0"), prereleases=False)
    ]


def _linux(python: str) -> dict[str, str]:
    return {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
