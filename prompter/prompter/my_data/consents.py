"""The texts that a person agreed to, as files: each version with when they agreed and withdrew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial

from prompter_events import Log
from prompter_events.catalogue.study import ConsentGiven, StudyLoaded
from prompter_events.event import NO_SESSION
from prompter_projections.fold import body_of
from prompter_projections.text import well_formed

from ..exports.values import iso
from ..study import Consent
from ..study.file import consent_recorded
from .sessions import Own

Do = Callable[[Callable[[], Consent | None]], Awaitable[Consent | None]]

_GONE = (
    "The wording of this version is not with the study's server any more. Ask the people who run the study for it, "
    "and name the version."
)


async def known_texts(log: Log, own: Own, current: Consent | None, do: Do) -> dict[str, Consent]:
    """The consent texts that a person said something about, by version: of the study in force and of the log's studies.

    ``do`` reads a study's file elsewhere than on the event loop.
    """
    found = {} if current is None else {current.version: current}
    missing = {body.version for _, body in own.consents} - found.keys()
    if not missing:
        return found
    async for event in log.read(session=NO_SESSION, types=["study.loaded"]):
        body = body_of(event)
        if isinstance(body, StudyLoaded) and body.text is not None:
            consent = await do(partial(consent_recorded, body.text, body.texts))
            if consent is not None:
                found.setdefault(consent.version, consent)
                missing.discard(consent.version)
                if not missing:
                    break
    return found


def consent_files(own: Own, texts: Mapping[str, Consent]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of one file for each version that they said anything about."""
    for version in dict.fromkeys(body.version for _, body in own.consents):
        lines = [f"Version of the text: {version}"]
        for at, body in own.consents:
            if body.version == version:
                lines.append(f"{'Agreed' if isinstance(body, ConsentGiven) else 'Withdrawn'} on {iso(at)} (UTC)")
        known = texts.get(version)
        wordings = [_GONE] if known is None else [f"[{name}]\n\n{text}" for name, text in known.text.items()]
        told = "\n\n----------\n\n".join(["\n".join(lines), *wordings])
        yield f"consent/{_plain(version)}.txt", well_formed(f"{told}\n").encode()


def _plain(version: str) -> str:
    # A version is what a page claims: it must not lead out of the folder.
    return "".join(letter for letter in version if letter.isascii() and letter.isalnum())[:64] or "unknown"
