"""A study as a researcher writes it down in ``study.yaml``, and what holds without one.

Everything has a default but two things: the study's name, and how much of the outputs' text is kept. An unknown key is
an error that names it and lists what is known.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Meta

from .durations import byte_count, milliseconds
from .errors import SettingInvalid

KIB = 1024

#: What is kept of an output's text on one's own machine, in one's own log, in bytes.
OUTPUT_BYTES_WITHOUT_STUDY = 2 * KIB


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked, in each language of the study, and the answers that one click gives."""

    now: dict[str, Annotated[str, Meta(max_length=2000)]]
    """The wording while the person works, by language."""
    choices: list[Annotated[str, Meta(max_length=512)]] = []


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One use of a rule."""

    use: str
    """The rule's name."""
    ask: str
    """The question's name."""
    similarity: Annotated[float, Meta(ge=0, le=1)] = 0.8
    """``substantial_change``: below this the change counts; 1 is the same syntax tree."""
    priority: int = 1
    """Where several rules propose for one cell, the highest asks."""


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


DEFAULT_QUESTIONS = {
    "aim": Question(
        now={"en": "What are you trying to do or find out in this cell?"},
        choices=["Look at the data", "Clean up", "Build or check", "Just trying"],
    ),
    "change": Question(
        now={"en": "What made you change this?"},
        choices=["A new idea", "The result", "An error", "Just trying"],
    ),
}

DEFAULT_RULES = (Rule(use="first_run", ask="aim"), Rule(use="substantial_change", ask="change"))


class Study(msgspec.Struct, frozen=True):
    """One configuration: what is asked, how often, what is kept."""

    name: str
    """Empty without a study."""
    digest: bytes | None
    """BLAKE2b-256 of the file's bytes; none without a study."""
    output_bytes: int | None
    """How much of an output's text is kept, in UTF-8 bytes; none means all of it."""
    language: str = "en"
    adaptive: bool = True
    """Whether what people answer may change what they are asked: three unanswered prompts double the spacing."""
    pace: Pace = Pace()
    rules: tuple[Rule, ...] = DEFAULT_RULES
    questions: dict[str, Question] = msgspec.field(default_factory=lambda: dict(DEFAULT_QUESTIONS))


WITHOUT_STUDY = Study(name="", digest=None, output_bytes=OUTPUT_BYTES_WITHOUT_STUDY)
"""What holds on one's own machine: prompts while working, built-in defaults."""

#: The rules that this program knows; a study may use no other.
KNOWN_RULES = ("first_run", "substantial_change")


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _QuietFile(_Strict, frozen=True):
    typing: str | None = None
    run: str | None = None


class _CapsFile(_Strict, frozen=True):
    hour: Annotated[int, Meta(ge=0)] | None = None
    day: Annotated[int, Meta(ge=0)] | None = None
    apart: str | None = None


class _PaceFile(_Strict, frozen=True):
    quiet: _QuietFile = _QuietFile()
    caps: _CapsFile = _CapsFile()
    snooze: str | None = None
    expires: str | None = None
    waits: str | None = None


class _TextUpTo(_Strict, frozen=True):
    text: str


class _CaptureFile(_Strict, frozen=True):
    outputs: str | _TextUpTo


class _StudyFile(_Strict, frozen=True):
    study: Annotated[str, Meta(min_length=1, max_length=200)]
    capture: _CaptureFile
    title: str = ""
    languages: Annotated[tuple[str, ...], Meta(min_length=1)] = ("en",)
    adaptive: bool = False
    pace: _PaceFile = _PaceFile()
    rules: list[Rule] | None = None
    questions: dict[str, Question] = {}


def load_study(path: Path) -> Study:
    """Read ``study.yaml``. Raises ``SettingInvalid`` with one line that says where it is wrong and what is allowed."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingInvalid(
            f"the study file {path} cannot be read ({reason}): correct PROMPTER_STUDY, or unset it"
        ) from None
    try:
        written: Any = yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingInvalid(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    try:
        return _study(msgspec.convert(written, _StudyFile), raw)
    except msgspec.ValidationError as error:
        raise SettingInvalid(f"{path}: {error}{_known(str(error))}") from None
    except (ValueError, OverflowError) as error:
        raise SettingInvalid(f"{path}: {error}") from None


def _study(written: _StudyFile, raw: bytes) -> Study:
    questions = {**DEFAULT_QUESTIONS, **written.questions}
    language = written.languages[0]
    rules = tuple(written.rules) if written.rules is not None else DEFAULT_RULES
    if len({rule.use for rule in rules}) < len(rules):
        raise ValueError("a rule is used twice; each can be used once")
    for rule in rules:
        if rule.use not in KNOWN_RULES:
            raise ValueError(f"unknown rule {rule.use!r}; known are {', '.join(KNOWN_RULES)}")
        if rule.ask not in questions:
            raise ValueError(
                f"rule {rule.use} asks {rule.ask!r}, which is no question; there are {', '.join(questions)}"
            )
        if language not in questions[rule.ask].now:
            raise ValueError(f"question {rule.ask!r} has no wording in {language!r}, the study's first language")
    return Study(
        name=written.study,
        digest=blake2b(raw, digest_size=32).digest(),
        output_bytes=_output_bytes(written.capture.outputs),
        language=language,
        adaptive=written.adaptive,
        pace=_pace(written.pace),
        rules=rules,
        questions=questions,
    )


def _output_bytes(outputs: str | _TextUpTo) -> int | None:
    if isinstance(outputs, _TextUpTo):
        return byte_count(outputs.text)
    known: dict[str, int | None] = {"none": 0, "full": None}
    if outputs not in known:
        raise ValueError(f"capture.outputs is {outputs!r}; it may be none, full, or {{text: 2 KiB}}")
    return known[outputs]


def _pace(written: _PaceFile) -> Pace:
    durations = {
        "quiet_typing": written.quiet.typing,
        "quiet_run": written.quiet.run,
        "apart": written.caps.apart,
        "snooze": written.snooze,
        "expires": written.expires,
        "waits": written.waits,
    }
    chosen = {name: milliseconds(text) for name, text in durations.items() if text is not None}
    caps = {"hour": written.caps.hour, "day": written.caps.day}
    return msgspec.structs.replace(Pace(), **chosen, **{k: v for k, v in caps.items() if v is not None})


_PLACES: dict[str, type[msgspec.Struct]] = {
    "": _StudyFile,
    "$": _StudyFile,
    "$.capture": _CaptureFile,
    "$.capture.outputs": _TextUpTo,
    "$.pace": _PaceFile,
    "$.pace.quiet": _QuietFile,
    "$.pace.caps": _CapsFile,
    "$.rules[...]": Rule,
    "$.questions[...]": Question,
}


def _known(message: str) -> str:
    """For an unknown key: what is known at that place."""
    if "unknown field" not in message:
        return ""
    place = message.rpartition(" - at `")[2].rstrip("`") if " - at `" in message else ""
    struct = _PLACES.get(place)
    return f"; known here: {', '.join(struct.__struct_fields__)}" if struct else ""
