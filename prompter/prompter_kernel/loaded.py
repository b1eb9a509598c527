"""Classes of libraries that the person has imported. Nothing is ever imported here."""

from __future__ import annotations

import sys
from types import ModuleType


def loaded_class(module: str, name: str) -> type | None:
    """The class, if its module is loaded and has it by now; a module's own ``__getattr__`` is not asked."""
    found = sys.modules.get(module)
    if not issubclass(type(found), ModuleType):
        return None
    there = ModuleType.__getattribute__(found, "__dict__").get(name)
    return there if issubclass(type(there), type) else None


def attributes_of(value: object) -> dict[str, object]:
    """What an object keeps under which name, without asking its class; empty if it keeps nothing so."""
    try:
        kept = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return kept if type(kept) is dict else {}


def clean(text: str, most: int) -> str:
    """At most so many characters, and nothing that UTF-8 cannot say."""
    return text[:most].encode("utf-8", "replace").decode("utf-8")
