"""Why somebody is not let in, in words for a page: what is the matter, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

ASK = "Please write to the people who run the study; they can send you a new link."


@dataclass
class Refused(Exception):
    """Nobody is signed in; the page says why."""

    title: str
    what: str
    todo: str = ASK
    status: int = 403
    again: bool = False
    """Whether trying again, with the same link, may help."""
    sign_out: bool = False
    """Whether signing out may."""

    def __str__(self) -> str:
        return self.title


def no_link(status: int = 403) -> Refused:
    """Somebody came without a link, or was signed out."""
    return Refused(
        "Open your study link",
        "You take part in this study by the link that was sent to you. It signs you in, also if you were here before.",
        "Open that link again. If you have lost it, please write to the people who run the study.",
        status=status,
    )


def bad_link(reason: str) -> Refused:
    """A link that is ``expired`` or ``forged``."""
    if reason == "expired":
        return Refused("This link has expired", "Study links work for a limited time, and this one's time is over.")
    return Refused(
        "This link is not valid",
        "Perhaps it was cut off when it was copied, or the study's links were changed.",
        f"Open it again from the message in which you got it, with everything after the equals sign. If it is "
        f"refused again: {ASK[0].lower()}{ASK[1:]}",
    )


def elsewhere(line: str) -> Refused:
    """The participant belongs to another browser."""
    return Refused(
        "This link belongs to another browser",
        line,
        "Open it in the browser in which you opened it first. If that is no longer possible, or if it was not you: "
        f"{ASK[0].lower()}{ASK[1:]}",
    )


def somebody_else(signed_in: str, wanted: str) -> Refused:
    """Another participant is signed in here."""
    return Refused(
        f"You are signed in as {signed_in}",
        f"This link is for {wanted}. Nobody was signed out, and nothing has changed.",
        f"If you are {signed_in}, go on with your own work. If you are {wanted}, sign out first; then open your link "
        "again.",
        status=409,
        sign_out=True,
    )


def other_place() -> Refused:
    """The link contradicts the participant's place in the study. What the place is, nobody is told here."""
    return Refused(
        "This link does not fit your place in the study",
        "The study has another place for you than this link says, and that stays as it is.",
        f"If you have another link, open that one. Otherwise: {ASK[0].lower()}{ASK[1:]}",
    )


def not_now(line: str) -> Refused:
    """The study cannot be reached; it will mend by itself."""
    return Refused(
        "The study cannot begin right now",
        f"Its records cannot be reached. ({line})",
        "Nothing is lost. Try again in a minute or two; the same link will do.",
        status=503,
        again=True,
    )


def too_old() -> Refused:
    """A form that was sent from elsewhere, or lay open for too long."""
    return Refused(
        "This page was open for too long",
        "For safety a page like the last one works for an hour, and from the same connection.",
        "Open your study link again.",
    )


def closed() -> Refused:
    """An open address of a study that is not open."""
    return Refused(
        "This study is entered by links",
        "Addresses made of a participant's id and a mode do not work here.",
        "Open the link that was sent to you. If you have none, please write to the people who run the study.",
    )


def no_such_id(line: str) -> Refused:
    """An open address whose id cannot be one."""
    return Refused("There is no such participant", line, "Check the address.", status=400)
