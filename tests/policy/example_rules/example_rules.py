"""Rules of another package. Each is a pure function of the moment that it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from prompter.policy import Moment
from prompter_events.catalogue.notebook import CellEdited


def plot_drawn(moment: Moment) -> Mapping[str, str | int | float] | None:
    """A run of an own cell drew at least so many figures; the question may name ``{figures}``."""
    wanted = moment.rule.options.get("at_least", 1)
    if moment.facts is None or not moment.cell.mine or moment.facts.figures < int(wanted):
        return None
    return {"figures": moment.facts.figures}


def long_burst(moment: Moment) -> Mapping[str, str | int | float] | None:
    """One burst of typing of many changes."""
    body = moment.body
    return {} if isinstance(body, CellEdited) and len(body.changes) >= 3 else None


def misread(moment: Moment) -> Mapping[str, str | int | float] | None:
    """A rule with a mistake: it expects what kernels without facts never say."""
    return {"bound": len(moment.facts.bound)}  # type: ignore[union-attr]


NO_RULE = "a text"
