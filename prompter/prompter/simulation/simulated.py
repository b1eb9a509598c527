"""A recorded log through one or more policies at once: the log is read once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from prompter_events import Event, ParticipantId, SessionId
from prompter_projections.step import Letter

from ..study import Study
from .record import DECIDED, Record
from .report import Figures, figures
from .scene import Scene
from .simulation import Simulation
from .verdicts import Verdict, Verdicts


class Simulated:
    """Takes the events of a log in portions, then its end; holds what each policy came to.

    ``record`` holds the log's own decisions. ``participants`` and ``sessions``: only of these is anything told, of all
    where none are named. A policy always sees all sessions of a participant, since its caps hold over them.
    """

    def __init__(
        self,
        studies: Iterable[tuple[str, Study]],
        record: Record,
        *,
        participants: Collection[ParticipantId] = (),
        sessions: Collection[SessionId] = (),
    ) -> None:
        self.record = record
        self.scene = Scene(participants, sessions)
        self.policies = [
            Policy(name, study, record, scene=self.scene, participants=participants, sessions=sessions)
            for name, study in studies
        ]
        self.events = 0
        """How many events there were."""
        self._ended_at = 0

    def take(self, events: Sequence[Event]) -> None:
        """The next events, in the order of the log and without a hole."""
        for event in events:
            self.scene.take(event)
            self._ended_at = max(self._ended_at, event.recorded_at)
        for policy in self.policies:
            policy.heard(policy.simulation.take(events))
        self.events += len(events)

    def end(self) -> None:
        """There are no more events."""
        for policy in self.policies:
            policy.heard(policy.simulation.end(self._ended_at))

    @property
    def worked(self) -> int:
        """How long the participants worked, together, in µs."""
        return sum(self.scene.worked.values())


class Policy:
    """One of the policies, with what came of it."""

    def __init__(
        self,
        name: str,
        study: Study,
        record: Record,
        *,
        scene: Scene,
        participants: Collection[ParticipantId],
        sessions: Collection[SessionId],
    ) -> None:
        self.name = name
        self.rules = [rule.use for rule in study.rules]
        self.simulation = Simulation(study, record, participants)
        self.decisions = Record()
        """What it decided, to compare with the log's own."""
        self._verdicts = Verdicts(record, scene.line, sessions)

    def heard(self, events: Iterable[Event]) -> None:
        """Keep what the simulation yields."""
        for event in events:
            self._verdicts.take(event)
            if event.type in DECIDED:
                self.decisions.take(event)

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """What it asks and holds back, in the order in which it decided."""
        return self._verdicts.verdicts

    @property
    def failures(self) -> Sequence[Letter]:
        """Where its own code raised."""
        return self.simulation.failures

    def figures(self, worked: int) -> Figures:
        """It in numbers; ``worked``: for how long, in µs."""
        return figures(self.verdicts, worked, self.rules)
