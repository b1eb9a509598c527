"""Which events a notebook at an instant is made of; the one place that knows the rule. Times in µs since the epoch.

The events of a session are told in the order of the log, up to the first one that says something about the notebook and
happened later; of bursts of typing only the keystrokes up to the instant count.
"""

from __future__ import annotations

import msgspec

from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.codec import pack
from prompter_events.event import Event

from .fold import body_of
from .notebook import FOLDED

# A burst may last longer than it should in a page that was busy; beyond a minute its moments are not believed.
_BURST = 60_000_000


def up_to(event: Event, instant: int) -> Event | None:
    """What an instant sees of an event: it, or a burst without its later keystrokes; none: the telling ends here."""
    if event.type not in FOLDED or event.occurred_at + _BURST <= instant:
        return event
    if event.occurred_at > instant:
        return None
    body = body_of(event)
    if not isinstance(body, CellEdited):
        return event
    kept = [change for change in body.changes if event.occurred_at + change[0] * 1000 <= instant]
    if len(kept) == len(body.changes):
        return event
    return msgspec.structs.replace(event, payload=pack(msgspec.structs.replace(body, changes=kept)))


def whole_at(event: Event, body: Body | None) -> int | None:
    """From which instant on ``up_to`` gives the event as it is; none: at every instant.

    ``body`` is the event's, if it can be read.
    """
    if event.type not in FOLDED:
        return None
    if not isinstance(body, CellEdited):
        return event.occurred_at
    longest = max((dt for dt, _ in body.changes), default=0)
    return event.occurred_at + min(longest * 1000, _BURST)
