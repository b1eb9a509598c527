"""A study as a researcher writes it down in ``study.yaml``: read, checked, and with every default filled in.

Everything has a default but two things: the study's name, and how much of the outputs' text is kept. ``written`` has
the format, ``nodes`` reads it, ``checks`` has what must hold between its parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import yaml

from ..durations import byte_count, milliseconds
from ..errors import SettingInvalid
from .checks import check
from .mistakes import Mistake, StudyInvalid
from .model import DEFAULT_QUESTIONS, DEFAULT_RULES, Assignment, Consent, Pace, Period, Question, Rule, Study, Task
from .names import known_rules
from .nodes import Reading, compose
from .recorded import MOST_BYTES, text_of
from .written import PacePart, PeriodPart, QuestionPart, RulePart, StudyPart, TaskPart, TextUpTo


def load_study(path: Path, rules: Sequence[str] | None = None) -> Study:
    """Read ``study.yaml``; ``rules`` are those it may use, by default every one on this machine.

    Raises ``SettingInvalid`` if there is no such file, ``StudyInvalid`` that has a line for each mistake otherwise.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingInvalid(
            f"the study file {path} cannot be read ({reason}): correct PROMPTER_STUDY, or unset it"
        ) from None
    node = compose(raw)
    if isinstance(node, Mistake):
        raise StudyInvalid(path, [node])
    text = text_of(raw)
    if isinstance(text, Mistake):
        raise StudyInvalid(path, [text])
    reading = Reading()
    written = _read(reading, node)
    mistakes = reading.mistakes or check(written, reading.lines, known_rules() if rules is None else rules, path.parent)
    if mistakes:
        raise StudyInvalid(path, mistakes)
    study = _study(written, raw, text, path.parent)
    size = len(raw) + sum(len(one.encode()) for one in study.texts.values())
    if size > MOST_BYTES:
        raise StudyInvalid(path, [Mistake(1, _too_large(size))])
    return study


def was_limited(text: str) -> bool:
    """Whether the text of a study, such as the log has it, sets a time limit somewhere; no for what cannot be read."""
    node = compose(text.encode("utf-8", "surrogatepass"))
    if isinstance(node, Mistake):
        return False
    reading = Reading()
    written = _read(reading, node)
    return not reading.mistakes and any(
        period.minutes or any(task.minutes for task in period.tasks) for period in written.periods
    )


def consent_recorded(text: str, texts: Mapping[str, str]) -> Consent | None:
    """The consent text of a study as the log has it; none if it has none, or one that cannot be read.

    What else stands in the file may be a mistake by now: whoever agreed to its text must find that text again.
    """
    node = compose(text.encode("utf-8", "surrogatepass"))
    if isinstance(node, Mistake):
        return None
    try:
        names = _consent_files(_read(Reading(), node))
        return consent_of({language: texts[name] for language, name in names.items()}) if names else None
    except (AttributeError, LookupError, TypeError, ValueError):  # whatever stands where the text's name should
        return None


def _too_large(size: int) -> str:
    return (
        f"the study and its consent texts have {size:,} bytes, and are stored whole; "
        f"allowed are at most {MOST_BYTES:,} together"
    )


def _read(reading: Reading, node: yaml.Node) -> StudyPart:
    written: StudyPart = reading.read(node, StudyPart)
    return written


def _study(written: StudyPart, raw: bytes, text: str, folder: Path) -> Study:
    languages = written.languages
    asked = {name: _question(question, languages) for name, question in written.questions.items()}
    outputs = written.capture.outputs
    # Read once: what people agree to is what is stored.
    texts = {name: (folder / name).read_text("utf-8") for name in _consent_files(written).values()}
    return Study(
        name=written.study,
        digest=blake2b(raw, digest_size=32).digest(),
        output_bytes=byte_count(outputs.text) if isinstance(outputs, TextUpTo) else {"none": 0, "full": None}[outputs],
        title=written.title or "",
        phase=written.phase,
        languages=languages,
        keystrokes=written.capture.keystrokes,
        focus=written.capture.focus,
        adaptive=written.adaptive,
        pace=_pace(written.pace),
        rules=DEFAULT_RULES if written.rules is None else tuple(_rule(rule) for rule in written.rules),
        questions={**DEFAULT_QUESTIONS, **asked},
        periods=tuple(_period(period) for period in written.periods),
        consent=_consent(written, texts),
        review_at_most=written.finish.review.at_most,
        then=written.finish.then,
        changed=" ".join((written.changed or "").split()),
        text=text,
        texts=texts,
    )


def _question(written: QuestionPart, languages: Sequence[str]) -> Question:
    return Question(
        now=_by_language(written.now, languages),
        end=_by_language(written.end, languages),
        choices=_choices(written.choices, languages),
        multiple=written.multiple,
        text=written.text,
    )


def _choices(
    written: tuple[str, ...] | dict[str, tuple[str, ...]], languages: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """By language; those of the first one where a language has none of its own."""
    by_language = written if isinstance(written, dict) else {languages[0]: written}
    if not any(by_language.values()):
        return {}
    return {**dict.fromkeys(languages, by_language[languages[0]]), **by_language}


def _by_language(text: str | dict[str, str], languages: Sequence[str]) -> dict[str, str]:
    return {languages[0]: text} if isinstance(text, str) else text


def _rule(written: RulePart) -> Rule:
    return Rule(
        use=written.use,
        ask=written.ask,
        priority=written.priority,
        within=written.within,
        facts=written.facts,
        similarity=written.similarity,
        runs=written.runs,
        away=milliseconds(written.away),
        pause=milliseconds(written.pause),
        options=written.options,
    )


def _pace(written: PacePart) -> Pace:
    return Pace(
        quiet_typing=milliseconds(written.quiet.typing),
        quiet_run=milliseconds(written.quiet.run),
        hour=written.caps.hour,
        day=written.caps.day,
        apart=milliseconds(written.caps.apart),
        snooze=milliseconds(written.snooze),
        expires=milliseconds(written.expires),
        waits=milliseconds(written.waits),
    )


def _period(written: PeriodPart) -> Period:
    assign = written.assign
    return Period(
        name=written.name,
        conditions=written.conditions,
        assign=Assignment(by=assign.by, size=assign.size or 0, seed=assign.seed, strata=assign.strata),
        minutes=written.minutes,
        tasks=tuple(_task(task) for task in written.tasks),
    )


def _task(written: TaskPart) -> Task:
    at = written.at
    if at.startswith("#"):
        return Task(name=written.name, heading=" ".join(at.split()), minutes=written.minutes)
    kind, _, names = at.partition(":")
    if kind == "tag":
        return Task(name=written.name, tag=names.strip(), minutes=written.minutes)
    cells = tuple(name.strip() for name in names.split(","))
    return Task(name=written.name, cells=cells, minutes=written.minutes)


def _consent_files(written: StudyPart) -> Mapping[str, str]:
    """By language; empty without a consent text."""
    files = written.participants.consent
    return {written.languages[0]: files} if isinstance(files, str) else files or {}


def _consent(written: StudyPart, texts: Mapping[str, str]) -> Consent | None:
    names = _consent_files(written)
    return consent_of({language: texts[name] for language, name in names.items()}) if names else None


def consent_of(text: Mapping[str, str]) -> Consent:
    """A consent text with its version, from its wordings by language."""
    digest = blake2b(digest_size=32)
    for language in sorted(text):
        for part in (language, text[language]):  # with their lengths: no text can pass for another one's end
            digest.update(len(part.encode()).to_bytes(8, "big") + part.encode())
    return Consent(version=digest.hexdigest()[:16], text=dict(text))
