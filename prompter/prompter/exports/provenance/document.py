"""A provenance document that is being filled: records with attributes, and the relations between them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from uuid import UUID

from prov.constants import PROV
from prov.identifier import QualifiedName
from prov.model import ProvDocument

from ..session import clean
from .names import RELEASE, TERMS, moment, of_session, term

Value = str | int | float | bool | None


class Document:
    """One session's provenance after W3C PROV. Each record is declared once; relations may be told in any order."""

    def __init__(self, session_id: UUID) -> None:
        self.session = of_session(session_id)
        self.prov = ProvDocument()
        for namespace in (TERMS, RELEASE, self.session):
            self.prov.add_namespace(namespace)
        self._known: set[QualifiedName] = set()

    def entity(self, name: QualifiedName, kind: str, attributes: Mapping[str, Value]) -> QualifiedName:
        """Something that was used or made."""
        if self._is_new(name):
            self.prov.entity(name, _attributes(kind, attributes))
        return name

    def collection(self, name: QualifiedName, kind: str, attributes: Mapping[str, Value]) -> QualifiedName:
        """An entity that has members."""
        if self._is_new(name):
            self.prov.entity(name, [("prov:type", PROV["Collection"]), *_attributes(kind, attributes)])
        return name

    def activity(
        self, name: QualifiedName, kind: str, began: int | None, ended: int | None, attributes: Mapping[str, Value]
    ) -> QualifiedName:
        """Something that went on. Times in µs since the epoch."""
        if self._is_new(name):
            if began is not None and ended is not None:
                # Two clocks may disagree by a moment; an activity does not end before it begins.
                ended = max(began, ended)
            self.prov.activity(name, moment(began), moment(ended), _attributes(kind, attributes))
        return name

    def agent(self, name: QualifiedName, kind: str, attributes: Mapping[str, Value]) -> QualifiedName:
        """Somebody or some program. ``kind`` is ``Person`` or ``SoftwareAgent``."""
        if self._is_new(name):
            told = _attributes("", attributes)
            self.prov.agent(name, [("prov:type", PROV[kind]), *told])
        return name

    def used(self, activity: QualifiedName, entity: QualifiedName, at: int | None = None, role: str = "") -> None:
        """An activity used an entity."""
        self.prov.usage(activity, entity, moment(at), other_attributes=_role(role))

    def made(self, entity: QualifiedName, activity: QualifiedName, at: int | None = None) -> None:
        """An activity made an entity."""
        self.prov.generation(entity, activity, moment(at))

    def derived(self, entity: QualifiedName, of: QualifiedName, *, revision: bool = False) -> None:
        """An entity came of another one."""
        kind = [("prov:type", PROV["Revision"])] if revision else []
        self.prov.derivation(entity, of, other_attributes=kind)

    def by(self, entity: QualifiedName, agent: QualifiedName) -> None:
        """An entity is somebody's."""
        self.prov.attribution(entity, agent)

    def with_agent(
        self, activity: QualifiedName, agent: QualifiedName, role: str, plan: QualifiedName | None = None
    ) -> None:
        """Somebody had a part in an activity; ``plan`` is what they went by, such as a program."""
        self.prov.association(activity, agent, plan, other_attributes=_role(role))

    def special(self, entity: QualifiedName, of: QualifiedName) -> None:
        """An entity is another one as it was for a while: a version of a cell."""
        self.prov.specialization(entity, of)

    def member(self, collection: QualifiedName, entity: QualifiedName) -> None:
        """An entity is part of a collection: a cell of a notebook."""
        self.prov.membership(collection, entity)

    def informed(self, activity: QualifiedName, by: QualifiedName, attributes: Mapping[str, Value]) -> None:
        """An activity used something that another one made."""
        self.prov.communication(activity, by, other_attributes=_attributes("", attributes))

    def _is_new(self, name: QualifiedName) -> bool:
        if name in self._known:
            return False
        self._known.add(name)
        return True


def _role(role: str) -> list[tuple[str, QualifiedName]]:
    return [("prov:role", term(role))] if role else []


def _attributes(kind: str, attributes: Mapping[str, Value]) -> list[tuple[QualifiedName | str, object]]:
    told: list[tuple[QualifiedName | str, object]] = [("prov:type", term(kind))] if kind else []
    told += [(term(name), _literal(value)) for name, value in attributes.items() if value is not None]
    return told


def _literal(value: str | int | float) -> str | int | float:
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # a score may be one; as a number no reader takes it
    return clean(value) if isinstance(value, str) else value
