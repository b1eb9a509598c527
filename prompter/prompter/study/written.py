"""What a researcher may write in ``study.yaml``: one type for each part of the file.

The reader, the JSON Schema for editors and the reference in ``docs/study.md`` are all made of these types, so what
stands below a field is what people read about it. No field takes either a text with a pattern or a list or keys:
msgspec 0.22 writes beyond its memory on such a union.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .model import Text

_IN_LINE = 512
"""Characters of a name or a choice, as the catalogue of events bounds them."""

ENOUGH = 1_000_000
"""More than anybody needs of anything that is counted here."""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Label = Annotated[str, Meta(min_length=1, max_length=_IN_LINE)]
Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Priority = Annotated[int, Meta(ge=-1000, le=1000)]
AtLeastNone = Annotated[int, Meta(ge=0, le=ENOUGH)]
AtLeastOne = Annotated[int, Meta(ge=1, le=ENOUGH)]
Seed = Annotated[int, Meta(ge=0, lt=2**53)]
Share = Annotated[float, Meta(ge=0, le=1)]
Language = Annotated[
    str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="a language tag such as en, de or pt-BR")
]
Duration = Annotated[
    str,
    Meta(
        pattern=r"^\d+(\.\d+)?\s*(ms|s|min|h|d)$",
        description="a duration such as 500 ms, 2 s or 5 min (units: ms, s, min, h, d)",
    ),
]
Size = Annotated[
    str,
    Meta(
        pattern=r"^\d+(\.\d+)?\s*(B|KiB|MiB)$",
        description="a size such as 512 B, 2 KiB or 1 MiB (units: B, KiB, MiB)",
    ),
]
At = Annotated[
    str,
    Meta(
        pattern=r"^(#{1,6}\s+\S.*|tag:\s*\S.*|cell:\s*[A-Za-z0-9_-]+(\s*,\s*[A-Za-z0-9_-]+)*)$",
        description='a heading ("# Clean"), a tag (tag:clean) or ids of cells (cell:4f9a,77b0)',
    ),
]
Web = Annotated[
    str, Meta(pattern=r"^https?://\S+$", max_length=2000, description="an address that begins with https://")
]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the file."""


class ParticipantsPart(Part, frozen=True):
    """Who takes part, and what they agree to."""

    pseudonyms: Literal["birds"] = "birds"
    """How people are named in what leaves the log: a bird and eight digits, `heron-3f9a12cc`, made with a key. Numbers
    in the order of coming would tell who came when."""
    consent: Label | dict[Language, Label] | None = None
    """The text that a participant agrees to before anything is sent: a file beside the study, or one for each language.
    Without it nobody is asked."""


class TaskPart(Part, frozen=True):
    """A section of the notebook, in which a rule may hold and which may have a time limit."""

    name: Name
    """By which rules name it."""
    at: At
    """Where it is. `"# Clean"` is the heading and what stands below it, down to the next heading of that level or above
    (in quotes, since YAML takes `#` for a comment); `tag:clean` the cells with that tag; `cell:4f9a` the cell with that
    id; `cell:4f9a,77b0` two cells."""
    minutes: AtLeastOne | None = None
    """How long people may work on it, from their first edit or run there. By default as long as they like."""


class AssignPart(Part, frozen=True):
    """How participants come to a condition."""

    by: Literal["blocks", "counterbalance"] = "blocks"
    """`blocks`: each block of participants holds every condition equally often, in an order drawn by `seed`.
    `counterbalance`: everybody goes through the conditions period by period, in an order of a balanced Latin square."""
    size: AtLeastOne | None = None
    """Participants of a block: a multiple of the number of conditions; with `counterbalance`, of the number of orders.
    By default one block holds each once."""
    seed: Seed = 0
    """The same seed gives the same places in the same order."""
    strata: tuple[Name, ...] = ()
    """Traits within whose values blocks are filled apart, such as `experience`."""


class PeriodPart(Part, frozen=True):
    """A part of the study in which one condition holds for a participant."""

    name: Name
    """By which `PROMPTER_PERIOD` names it."""
    conditions: Annotated[tuple[Literal["EXP_CTS", "EXP_END", "EXP_NONE"], ...], Meta(min_length=1)]
    """`EXP_CTS` asks while people work, `EXP_END` asks in a review at the end, `EXP_NONE` asks nothing and logs what it
    would have asked. A name that stands twice comes twice as often."""
    minutes: AtLeastOne | None = None
    """How long it lasts for a participant, from their first session in it; then the study ends for them. By default
    until it is ended."""
    assign: AssignPart = AssignPart()
    tasks: tuple[TaskPart, ...] = ()
    """Sections of the notebook in which a rule may hold, or whose time is limited. A cell that lies in several counts
    for the one that stands last here."""


class TextUpTo(Part, frozen=True):
    """The first part of each output's text."""

    text: Size
    """How much of it, in UTF-8 bytes; at most 1 MiB."""


class CapturePart(Part, frozen=True):
    """What is recorded."""

    outputs: Literal["none", "full"] | TextUpTo
    """The text of outputs and tracebacks: `none` keeps sizes, types and digests, `{text: 2 KiB}` the first part,
    `full` all of it. A study must choose."""
    keystrokes: bool = True
    """`false`: of each burst of typing only its result is recorded."""
    focus: bool = True
    """Whether it is recorded which cell people are at, and when they are idle."""


class QuietPart(Part, frozen=True):
    """How long it must be quiet before a prompt shows."""

    typing: Duration = "2 s"
    """Since the last key."""
    run: Duration = "1 s"
    """Since the run ended."""


class CapsPart(Part, frozen=True):
    """How often one participant is asked, over all their pages."""

    hour: AtLeastNone = 6
    """At most so many prompts an hour."""
    day: AtLeastNone = 20
    """At most so many prompts a day."""
    apart: Duration = "5 min"
    """At least so long between two prompts."""


class PacePart(Part, frozen=True):
    """How seldom and how quietly people are asked."""

    quiet: QuietPart = QuietPart()
    caps: CapsPart = CapsPart()
    snooze: Duration = "10 min"
    """How long *later* lasts."""
    expires: Duration = "20 min"
    """How long a prompt stays open."""
    waits: Duration = "5 min"
    """How long a question may wait for a moment that disturbs little; then it is dropped."""


class RulePart(Part, frozen=True):
    """When a question is asked. Each rule can be used once."""

    use: Name
    """The rule's name."""
    ask: Name
    """The question's name."""
    within: tuple[Name, ...] = msgspec.field(name="in", default=())
    """Names of the tasks in which the rule holds. By default everywhere."""
    priority: Priority = 1
    """Where several rules propose for one cell, the highest asks; the review is filled in this order too."""
    facts: bool = False
    """`true`: the wording may name what the kernel saw, as in `{frame}` lost `{rows_lost}` rows. That is an
    intervention."""
    similarity: Share = 0.8
    """For `substantial_change`: below this the change counts; 1 is the same syntax tree."""
    runs: AtLeastOne = 5
    """For `many_runs`: so many runs without an answer."""
    away: Duration = "30 min"
    """For `returning`: not touched for so long."""
    pause: Duration = "5 min"
    """For `long_pause`: without input for so long."""
    options: dict[Name, bool | int | float | str] = {}
    """For a rule of another package: what that rule reads."""


class QuestionPart(Part, frozen=True):
    """What is asked. A wording is a text in the study's first language, or one text for each language."""

    now: Words | dict[Language, Words]
    """While people work."""
    end: Words | dict[Language, Words] = {}
    """In the review at the end. By default, and where a language is missing, `now`."""
    choices: tuple[Label, ...] | dict[Language, tuple[Label, ...]] = ()
    """Answers that one click gives: a list for every language, or a list for each, as many in each."""
    multiple: bool = False
    """Whether several choices may be taken."""
    text: Text = "optional"
    """Whether an answer has words of its own beside the choices."""


class ReviewPart(Part, frozen=True):
    """The review at the end."""

    at_most: AtLeastOne = 15
    """So many cells, by the rules' priority."""


class FinishPart(Part, frozen=True):
    """How it ends."""

    review: ReviewPart = ReviewPart()
    then: Web | None = None
    """Where the page sends people afterwards. `{participant}` stands for their id in the log, which names nobody."""


class StudyPart(Part, frozen=True):
    """The whole file."""

    study: Name
    """The study's name, by which its data are told apart. It stays, whatever else changes."""
    capture: CapturePart
    title: Label | None = None
    """What people read. By default the name."""
    phase: Literal["pilot", "main"] = "main"
    """`pilot`: these data stay out of exports unless asked for. `main`: a change of the file needs a reason."""
    changed: Label | None = None
    """Why the file was changed. Each change in the main phase needs a reason of its own, or nothing is recorded."""
    languages: Annotated[tuple[Language, ...], Meta(min_length=1)] = ("en",)
    """The first one is used where a person's own is missing."""
    participants: ParticipantsPart = ParticipantsPart()
    periods: tuple[PeriodPart, ...] = ()
    """In their order. Without any, the condition is what the operator sets (`MODE`)."""
    pace: PacePart = PacePart()
    rules: tuple[RulePart, ...] | None = None
    """By default those [below](#rules-that-hold-by-default). `[]` asks nothing."""
    questions: dict[Name, QuestionPart] = {}
    """By their names. Some [are there](#questions-that-are-there), and may be worded anew."""
    adaptive: bool = False
    """Whether what people answer may change what they are asked: three unanswered prompts double the spacing. Then the
    conditions no longer ask about the same cells."""
    finish: FinishPart = FinishPart()
