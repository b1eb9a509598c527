"""What a study says, as the rest of the program reads it: read, checked and with every default filled in."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

KIB = 1024

#: What is kept of an output's text on one's own machine, in one's own log, in bytes.
OUTPUT_BYTES_WITHOUT_STUDY = 2 * KIB

Text = Literal["optional", "required", "none"]
"""Whether an answer has words of its own beside the choices."""

Wording = dict[str, Annotated[str, Meta(max_length=2000)]]
"""A text in each language of the study, by BCP 47 tag."""


class Question(msgspec.Struct, frozen=True):
    """What is asked, in each language of the study, and the answers that one click gives.

    A wording may name facts in braces where its rule says ``facts: true``: ``{frame}``, ``{rows_lost}`` …
    """

    now: Wording
    """While the person works."""
    end: Wording = {}
    """In the review at the end; ``now`` where a language is missing."""
    choices: dict[str, tuple[str, ...]] = {}
    """By language, as many in each; empty for none."""
    multiple: bool = False
    """Whether several choices may be taken."""
    text: Text = "optional"


class Rule(msgspec.Struct, frozen=True):
    """One use of a rule."""

    use: str
    """The rule's name."""
    ask: str
    """The question's name."""
    priority: int = 1
    """Where several rules propose for one cell, the highest asks."""
    within: tuple[str, ...] = ()
    """Names of the tasks in which the rule holds; empty for everywhere."""
    facts: bool = False
    """Whether the question may name what the kernel saw, which is an intervention."""
    similarity: float = 0.8
    """``substantial_change``: below this the change counts; 1 is the same."""
    runs: int = 5
    """``many_runs``: so many without a characterization."""
    away: int = 30 * 60_000
    """``returning``: not touched for so long, in milliseconds."""
    pause: int = 5 * 60_000
    """``long_pause``: without input for so long, in milliseconds."""
    options: dict[str, bool | int | float | str] = {}
    """What a rule of another package (entry point ``prompter.rules``) reads."""


class Pace(msgspec.Struct, frozen=True):
    """How seldom and how quietly people are asked. Durations in milliseconds."""

    quiet_typing: int = 2_000
    """Without a key, before a prompt."""
    quiet_run: int = 1_000
    """After the run ended, before a prompt."""
    hour: int = 6
    """Prompts an hour, per participant over all pages."""
    day: int = 20
    apart: int = 5 * 60_000
    snooze: int = 10 * 60_000
    expires: int = 20 * 60_000
    waits: int = 5 * 60_000
    """How long a proposal may wait for its moment. Later it would interrupt something else."""


class Task(msgspec.Struct, frozen=True):
    """A section of the notebook."""

    name: str
    heading: str | None = None
    """It begins at the markdown heading with this text (``# Clean``) and ends at the next one of its level or above."""
    tag: str | None = None
    """It is the cells with this tag."""
    cells: tuple[str, ...] = ()
    """It is these cells, by id."""
    minutes: int | None = None
    """How long people may work on it, from their first work there; none: as long as they like."""


class Assignment(msgspec.Struct, frozen=True):
    """How participants come to a condition."""

    by: Literal["blocks", "counterbalance"] = "blocks"
    """``blocks``: seeded permuted blocks. ``counterbalance``: an order over the periods, by a balanced Latin square."""
    size: int = 0
    """Participants of a block; a multiple of the number of conditions. 0: as many as there are conditions."""
    seed: int = 0
    strata: tuple[str, ...] = ()
    """Names of the traits within whose values blocks are filled apart."""


class Period(msgspec.Struct, frozen=True):
    """A part of the study in which one condition holds for a participant."""

    name: str
    conditions: tuple[str, ...]
    """Names of conditions; a name that stands twice comes twice as often."""
    assign: Assignment = Assignment()
    minutes: int | None = None
    """How long it lasts; none: until it is ended."""
    tasks: tuple[Task, ...] = ()


class Consent(msgspec.Struct, frozen=True):
    """The text that a participant must agree to before anything is recorded."""

    version: str
    """The first 16 hexadecimal digits of the BLAKE2b digest of all its wordings."""
    text: Wording


DEFAULT_QUESTIONS = {
    "aim": Question(
        now={"en": "What are you trying to do or find out in this cell?"},
        end={"en": "What were you trying to do or find out in this cell?"},
        choices={"en": ("Look at data", "Clean up", "Build or check", "Just trying")},
    ),
    "change": Question(
        now={"en": "What made you change this?"},
        choices={"en": ("A new idea", "The result", "An error", "Just trying")},
    ),
    "repair": Question(
        now={"en": "This failed and now runs. What was wrong?"},
        end={"en": "This had failed and then ran. What was wrong?"},
        choices={"en": ("A typing slip", "The data", "Order of cells", "A wrong idea")},
    ),
    "many": Question(
        now={"en": "You ran this several times. What are you after?"},
        end={"en": "You ran this several times. What were you after?"},
        choices={"en": ("Fine tuning", "Comparing", "Looking again", "Just trying")},
    ),
    "data": Question(
        now={"en": "The data changed here. What were you after?"},
        end={"en": "The data changed here. What were you after?"},
        choices={"en": ("Clean up", "Select", "Add or combine", "Just trying")},
    ),
    "model": Question(
        now={"en": "What do you expect or learn from this model?"},
        end={"en": "What did you expect or learn from this model?"},
        choices={"en": ("A first try", "Improve it", "Compare", "Just trying")},
    ),
    "back": Question(
        now={"en": "You came back to this cell. What for?"},
        end={"en": "You had come back to this cell. What for?"},
        choices={"en": ("Mend it", "Reuse it", "Check it", "Just trying")},
    ),
    "pause": Question(
        now={"en": "What were you thinking about before you went on?"},
        choices={"en": ("The result", "The next step", "Something else", "A break")},
    ),
}

DEFAULT_RULES: tuple[Rule, ...] = (
    Rule(use="model_step", ask="model", priority=6),
    Rule(use="data_step", ask="data", priority=6),
    Rule(use="error_repaired", ask="repair", priority=5),
    Rule(use="substantial_change", ask="change", priority=4),
    Rule(use="first_run", ask="aim", priority=3),
    Rule(use="returning", ask="back", priority=2),
    Rule(use="many_runs", ask="many", priority=2),
    Rule(use="long_pause", ask="pause", priority=1),
)
"""What was seen to happen in the data says most; that a person paused says least."""


class Study(msgspec.Struct, frozen=True):
    """One configuration: what is asked, how often, what is kept."""

    name: str
    """Empty without a study."""
    digest: bytes | None
    """BLAKE2b-256 of the file's bytes; none without a study."""
    output_bytes: int | None
    """How much of an output's text is kept, in UTF-8 bytes; none means all of it."""
    title: str = ""
    """What people read; empty: the name."""
    phase: Literal["pilot", "main"] = "main"
    languages: tuple[str, ...] = ("en",)
    """The first one is the fallback."""
    keystrokes: bool = True
    """False: of a burst of typing only its result is recorded."""
    focus: bool = True
    """Whether it is recorded which cell a person is at, and when they are idle."""
    adaptive: bool = True
    """Whether what people answer may change what they are asked: three unanswered prompts double the spacing."""
    pace: Pace = Pace()
    rules: tuple[Rule, ...] = DEFAULT_RULES
    questions: dict[str, Question] = msgspec.field(default_factory=lambda: dict(DEFAULT_QUESTIONS))
    periods: tuple[Period, ...] = ()
    """In their order; none: the condition is set by the operator."""
    consent: Consent | None = None
    review_at_most: int = 15
    """Items of the review at the end, by rule priority; the rest is held back."""
    then: str | None = None
    """Where the page sends people after the end; ``{participant}`` stands for their id in the log."""
    changed: str = ""
    """Why it was changed; needed for each change in the main phase."""
    text: str = ""
    """The whole file."""
    texts: dict[str, str] = {}
    """The texts beside it that people agree to, by their file's name."""

    @property
    def is_limited(self) -> bool:
        """Whether some period or task has an end by the clock."""
        return any(period.minutes or any(task.minutes for task in period.tasks) for period in self.periods)

    @property
    def language(self) -> str:
        """The fallback."""
        return self.languages[0]

    def then_for(self, participant_id: UUID) -> str | None:
        """``then`` for one participant."""
        return self.then.replace("{participant}", str(participant_id)) if self.then else None


WITHOUT_STUDY = Study(name="", digest=None, output_bytes=OUTPUT_BYTES_WITHOUT_STUDY)
"""What holds on one's own machine: prompts while working, built-in defaults."""
