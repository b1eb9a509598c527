"""Questions and answers: who asked what about which version, and who answered what, when."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from uuid import UUID

from prov.identifier import QualifiedName

from prompter_events.catalogue import Body
from prompter_events.catalogue import prompts as p
from prompter_events.event import Event

from ..session import json_text
from .document import Document, Value
from .names import RELEASE


@dataclass(slots=True)
class Asked:
    """A question of one of the notebook's sessions, and how far it has come."""

    body: p.PromptIssued | None = None
    """None if it was asked before what is released."""
    about: QualifiedName | None = None
    seen_at: int | None = None
    """When it last was shown or focused, µs."""
    answers: int = 0


class Questions:
    """Fills in the questions of a session; the sessions of a notebook share what was asked."""

    def __init__(
        self,
        document: Document,
        participant: QualifiedName,
        asked: MutableMapping[UUID, Asked],
        about: Callable[[p.PromptIssued], QualifiedName | None],
    ) -> None:
        self._document = document
        self._participant = participant
        self._asked = asked
        self._about = about
        self._researchers: dict[str, int] = {}

    def take(self, event: Event, body: Body) -> None:
        """The next event."""
        match body:
            case p.PromptIssued() if body.prompt_id not in self._asked:
                self._asked[body.prompt_id] = Asked(body, self._about(body))
                self._issued(event.occurred_at, body)
            case p.PromptShown() | p.PromptFocused():
                self._asked.setdefault(body.prompt_id, Asked()).seen_at = event.occurred_at
            case p.PromptAnswered() | p.PromptAmended():
                self._answered(event, body)
            case _:
                pass

    def _question(self, prompt_id: UUID) -> QualifiedName:
        """The question, in this document too if another session asked it."""
        body = self._asked.setdefault(prompt_id, Asked()).body
        told: dict[str, Value] = {}
        if body is not None:
            told = {
                "text": body.question,
                "choices": json_text(body.choices),
                "rule": body.rule,
                "language": body.language,
                "cell_id": body.cell_id,
                "run_of_cell": body.cell_version,
            }
        return self._document.entity(RELEASE[f"question-{prompt_id}"], "Question", told)

    def _issued(self, at: int, body: p.PromptIssued) -> None:
        """Told by the session that asked, and by no other."""
        document, about = self._document, self._asked[body.prompt_id].about
        question = self._question(body.prompt_id)
        asker = self._asker(body.author)
        asking = document.activity(RELEASE[f"asking-{body.prompt_id}"], "Asking", at, at, {})
        document.with_agent(asking, asker, "author")
        document.made(question, asking, at)
        document.by(question, asker)
        if about is not None:
            document.used(asking, about, at)
            document.derived(question, about)

    def _asker(self, author: str) -> QualifiedName:
        if author == "rule":
            return self._document.agent(RELEASE["policy"], "SoftwareAgent", {"name": "Prompter's policy"})
        number = self._researchers.setdefault(author, len(self._researchers) + 1)
        return self._document.agent(self._document.session[f"researcher-{number}"], "Person", {"name": author})

    def _answered(self, event: Event, body: p.PromptAnswered | p.PromptAmended) -> None:
        question = self._question(body.prompt_id)
        asked = self._asked[body.prompt_id]
        asked.answers += 1
        number = asked.answers
        document = self._document
        answer = RELEASE[f"answer-{body.prompt_id}-{number}"]
        taken = body.choices or ([] if body.choice is None else [body.choice])
        document.entity(answer, "Answer", {"text": body.text, "choices": json_text(taken)})
        answering = document.activity(
            RELEASE[f"answering-{body.prompt_id}-{number}"],
            "Answering",
            asked.seen_at,
            event.occurred_at,
            {"drafting_ms": body.drafting_ms if isinstance(body, p.PromptAnswered) else None},
        )
        document.used(answering, question)
        if asked.about is not None:
            document.used(answering, asked.about)
        document.with_agent(answering, self._participant, "author")
        document.made(answer, answering, event.occurred_at)
        document.by(answer, self._participant)
        document.derived(answer, question)
        if number > 1:
            document.derived(answer, RELEASE[f"answer-{body.prompt_id}-{number - 1}"], revision=True)
