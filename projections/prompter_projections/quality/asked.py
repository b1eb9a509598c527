"""What became of the questions: by rule and condition, with the delay from seeing a question to its answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Literal
from uuid import UUID

from prompter_events import Event, SessionId
from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptShown,
    PromptSuppressed,
    PromptWithdrawn,
)

TYPES = frozenset(
    {
        "prompt.issued",
        "prompt.shown",
        "prompt.answered",
        "prompt.dismissed",
        "prompt.expired",
        "prompt.withdrawn",
        "prompt.suppressed",
    }
)

Fate = Literal["open", "answered", "dismissed", "expired", "withdrawn"]

_ENDS: dict[type[Body], Fate] = {PromptDismissed: "dismissed", PromptExpired: "expired", PromptWithdrawn: "withdrawn"}


@dataclass
class Asked:
    """One question."""

    session_id: SessionId
    cell_id: str
    rule: str
    fate: Fate = "open"
    shown_at: int | None = None
    """By the page's clock, µs since the epoch."""
    delay: int | None = None
    """From there to the answer, µs."""


@dataclass(frozen=True)
class Responses:
    """The questions of one rule in one condition."""

    rule: str
    condition: str
    asked: int
    answered: int
    dismissed: int
    expired: int
    withdrawn: int
    delays: tuple[float, float, float] | None
    """Lower quartile, median and upper quartile, in seconds; none without answers to questions that were seen."""

    @property
    def rate(self) -> float | None:
        """The share that was answered of those that kept their sense; none if there was none."""
        counted = self.asked - self.withdrawn
        return self.answered / counted if counted else None


@dataclass
class Asking:
    """Memory: a few words for each question, a number for each reason in each session."""

    prompts: dict[UUID, Asked] = field(default_factory=dict)
    suppressed: Counter[tuple[SessionId, str, str]] = field(default_factory=Counter)
    """By session, rule and reason."""

    def take(self, event: Event, body: Body) -> None:
        """One event of ``TYPES``. An answer counts, however late it comes; what ends a question twice ends it once."""
        if isinstance(body, PromptSuppressed):
            self.suppressed[event.session_id, body.rule, body.reason] += 1
            return
        if isinstance(body, PromptIssued):
            self.prompts.setdefault(body.prompt_id, Asked(event.session_id, body.cell_id, body.rule))
            return
        prompt = self.prompts.get(getattr(body, "prompt_id", None) or UUID(int=0))
        if prompt is None:
            return
        if isinstance(body, PromptShown):
            prompt.shown_at = event.occurred_at if prompt.shown_at is None else prompt.shown_at
        elif isinstance(body, PromptAnswered):
            if prompt.fate != "answered" and prompt.shown_at is not None:
                prompt.delay = max(0, event.occurred_at - prompt.shown_at)
            prompt.fate = "answered"
        elif prompt.fate == "open" and (ends := _ENDS.get(type(body))) is not None:
            prompt.fate = ends


def responses(prompts: list[Asked], conditions: dict[SessionId, str]) -> list[Responses]:
    """By rule and condition, in the order of their names."""
    groups: dict[tuple[str, str], list[Asked]] = {}
    for prompt in prompts:
        groups.setdefault((prompt.rule, conditions.get(prompt.session_id, "")), []).append(prompt)
    return [_responses(rule, condition, groups[rule, condition]) for rule, condition in sorted(groups)]


def _responses(rule: str, condition: str, prompts: list[Asked]) -> Responses:
    fates = Counter(prompt.fate for prompt in prompts)
    return Responses(
        rule=rule,
        condition=condition,
        asked=len(prompts),
        answered=fates["answered"],
        dismissed=fates["dismissed"],
        expired=fates["expired"],
        withdrawn=fates["withdrawn"],
        delays=_quartiles([prompt.delay / 1e6 for prompt in prompts if prompt.delay is not None]),
    )


def _quartiles(values: list[float]) -> tuple[float, float, float] | None:
    if not values:
        return None
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, _, upper = quantiles(values, n=4, method="inclusive")
    return lower, median(values), upper
