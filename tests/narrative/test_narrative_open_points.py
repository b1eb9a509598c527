"""Why nobody answered: what a narrative says of questions that were taken back."""

from __future__ import annotations

from telling_stories import plain, read

from prompter_events.catalogue.prompts import PromptWithdrawn
from prompter_projections.narrative import material_from, narrate, render
from support.lifelike import Desk


def open_points(desk: Desk) -> str:
    material = material_from(desk.events)
    return plain(read(render(narrate(material), ".md", material).decode()).sections["Open points"])


def test_a_question_is_taken_back_for_the_reason_that_holds() -> None:
    desk = Desk()
    desk.open(*((name, "code", f"{name} = 1") for name in ("kept", "capped", "gone")), condition="EXP_END")
    runs = {name: desk.run(name) for name in ("kept", "capped", "gone")}
    asked = {name: desk.ask(name, run, f"What is {name}?", "first_run", show=False) for name, run in runs.items()}
    desk.after(PromptWithdrawn, asked["kept"])  # consent was withdrawn
    desk.hold_back("capped", "first_run", "review cap", runs["capped"])
    desk.after(PromptWithdrawn, asked["capped"])
    desk.remove("gone")
    desk.after(PromptWithdrawn, asked["gone"])
    told = open_points(desk)
    assert "“What is kept?” about cell 1 was withdrawn." in told
    assert "“What is capped?” about cell 2 was withdrawn, since the review had no room for it." in told
    assert "“What is gone?” about the removed cell gone = 1 was withdrawn, since its cell was gone." in told
    assert "held back" not in told  # the one that had no room is told once


def test_what_was_held_back_is_counted() -> None:
    desk = Desk()
    desk.open(("only", "code", "x = 1"))
    desk.hold_back("only", "first_run", "spacing", desk.run("only"))
    assert "1 question that a rule proposed was held back." in open_points(desk)
