"""The questions that one participant was asked, whatever session they came in: asked in one, answered in the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Literal
from uuid import UUID

import msgspec

from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptRequested,
    PromptShown,
    PromptSuppressed,
    PromptWithdrawn,
)

Fate = Literal["waiting", "held", "answered", "dismissed", "expired", "withdrawn"]
"""``waiting``: may be answered now. ``held``: for the review at the end."""

RESEARCHER = "researcher"
"""The rule of a question that a researcher asked."""

MOST_QUESTIONS = 300
"""Of one participant: some ten days at the default of twenty a day. Beyond that the oldest go."""

MOST_HELD_BACK = 60
"""Marks of what was not asked; more cannot be told apart in a drawing of half an hour."""

MOST_REQUESTS = 20

MOST_TEXT = 2_000
"""Characters of an answer that are told; the log holds it all."""

_ENDS: dict[type[Body], Fate] = {
    PromptDismissed: "dismissed",
    PromptExpired: "expired",
    PromptWithdrawn: "withdrawn",
}


class Question(msgspec.Struct, gc=False):
    """One question. Moments in µs since the epoch by the server's clock."""

    prompt_id: UUID
    session_id: UUID
    text: str
    author: str
    by_researcher: bool
    deviation: bool
    at_end: bool
    """It is for the review."""
    issued: int
    shown: int | None = None
    ended: int | None = None
    fate: Fate = "waiting"
    answer: str = ""
    choices: tuple[str, ...] = ()

    @property
    def delay(self) -> int | None:
        """From shown to answered, µs."""
        if self.fate != "answered" or self.shown is None or self.ended is None:
            return None
        return max(0, self.ended - self.shown)


class Request(msgspec.Struct, gc=False):
    """What a researcher wanted to ask."""

    text: str
    at: int
    by: str
    override: bool
    outcome: str = "waits"
    """``waits``, ``asked``, ``held``, or why it was not asked."""


class Questions:
    """Fed with the facts about one participant's questions, in the log's order."""

    def __init__(self) -> None:
        self.asked: dict[UUID, Question] = {}
        self.held_back: deque[int] = deque(maxlen=MOST_HELD_BACK)
        """When something was not asked."""
        self.requests: deque[Request] = deque(maxlen=MOST_REQUESTS)

    def take(self, body: Body, at: int, session_id: UUID) -> bool:
        """Take one fact; whether it was about a question."""
        match body:
            case PromptIssued():
                self._issued(body, at, session_id)
            case PromptShown():
                question = self.asked.get(body.prompt_id)
                if question is not None and question.shown is None:
                    question.shown = at
            case PromptAnswered() | PromptAmended():
                self._answered(body, at)
            case PromptDismissed() | PromptExpired() | PromptWithdrawn():
                question = self.asked.get(body.prompt_id)
                # What was answered stays answered, whatever a timer says later.
                if question is not None and question.ended is None:
                    question.fate, question.ended = _ENDS[type(body)], at
            case PromptSuppressed():
                self.held_back.append(at)
                if body.rule == RESEARCHER:
                    self._settle(body.question, body.reason)
            case PromptRequested():
                self.requests.append(Request(body.question, at, body.by, body.override))
            case _:
                return False
        return True

    def since(self, moment: int) -> Iterator[Question]:
        """The questions that were asked or ended since then, and those that may still be answered."""
        return (one for one in self.asked.values() if one.ended is None or max(one.issued, one.ended) >= moment)

    def _issued(self, body: PromptIssued, at: int, session_id: UUID) -> None:
        if body.prompt_id in self.asked:
            return
        at_end = body.deliver == "end"
        self.asked[body.prompt_id] = Question(
            prompt_id=body.prompt_id,
            session_id=session_id,
            text=body.question,
            author=body.author,
            by_researcher=body.rule == RESEARCHER,
            deviation=body.deviation,
            at_end=at_end,
            issued=at,
            fate="held" if at_end else "waiting",
        )
        if body.rule == RESEARCHER:
            self._settle(body.question, "held" if at_end else "asked")
        if len(self.asked) > MOST_QUESTIONS:
            del self.asked[next(iter(self.asked))]

    def _answered(self, body: PromptAnswered | PromptAmended, at: int) -> None:
        question = self.asked.get(body.prompt_id)
        if question is None:
            return
        question.answer = body.text[:MOST_TEXT]
        question.choices = tuple(body.choices) or (() if body.choice is None else (body.choice,))
        if isinstance(body, PromptAnswered) and question.fate != "answered":
            question.fate, question.ended = "answered", at

    def _settle(self, text: str, outcome: str) -> None:
        """The oldest request for this question that still waits came to something."""
        for request in self.requests:
            if request.outcome == "waits" and request.text == text:
                request.outcome = outcome
                return
