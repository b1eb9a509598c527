"""``prompter demo``: a made-up study to try everything on."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from prompter_events.url import SqliteUrl, parse_url
from prompter_projections import sessions
from prompter_projections.sessions import SessionSummary

from ..demo import Made, Plan, make
from ..demo.making import Reached
from ..errors import SettingInvalid
from ..exports.key import pseudonym_key
from ..settings import default_log_url
from ..storage import open_study_log
from .options import run
from .output import counted, stderr, stdout
from .timeline import Alignment, Drawing


def make_demo(  # noqa: PLR0917 - typer calls it
    output: Annotated[Path, typer.Option("-o", "--output", help="The log to make, a file.")] = Path("demo.db"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 1,
    participants: Annotated[int, typer.Option(min=1, help="How many people take part.")] = 6,
    hours: Annotated[float, typer.Option(min=0.05, help="How many hours each of them works.")] = 1.0,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier demo made.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the timelines in a browser.")] = False,
) -> None:
    """Make a log of made-up people at work, to try the other commands on. Your own log is left alone.

    Several participants and conditions, a pilot, one who withdraws; errors and repairs, lost connections, questions
    and answers. Many participants and hours make a log for load tests.

    Example: [bold]prompter demo --no-open[/bold] · [bold]prompter demo -o big.db --participants 200 --hours 8[/bold]
    """
    folder = output.with_name(f"{output.stem}-study")
    drawn = [output.with_name(f"{output.stem}-{what}.html") for what in ("study", "session")]
    _check_output(output, [output, folder, *drawn], force=force)
    plan = Plan(seed, participants, hours)
    with _progress(plan) as reached:
        made, found = run(_made(plan, output, folder, drawn, reached))
    stdout.print(
        f"{output}: {counted(made.events, 'event')}, {counted(len(found), 'session')} of "
        f"{counted(participants, 'participant')}, seed {seed}",
        markup=False,
        soft_wrap=True,
    )
    for path in drawn:
        stdout.print(str(path), markup=False, soft_wrap=True)
    _say_what_next(made, _telling(found))
    if not no_open and _has_display():
        webbrowser.open(drawn[0].absolute().as_uri())


def _check_output(output: Path, files: list[Path], *, force: bool) -> None:
    """Raises ``SettingInvalid`` before anything is touched."""
    configured = parse_url(default_log_url(os.environ))
    if isinstance(configured, SqliteUrl) and configured.path.resolve() == output.resolve():
        raise SettingInvalid(f"{output} is the log in which you are recorded: name another file with -o")
    if not output.absolute().parent.is_dir():
        raise SettingInvalid(f"{output} cannot be written: {output.absolute().parent} is no directory")
    if output.is_dir():
        raise SettingInvalid(f"{output} is a directory: name a file with -o")
    there = next((path for path in files if path.exists()), None)
    if there is not None and not force:
        raise SettingInvalid(f"{there} is there already: name another file with -o, or replace it with --force")


async def _made(
    plan: Plan, output: Path, folder: Path, drawn: list[Path], reached: Reached
) -> tuple[Made, list[SessionSummary]]:
    made = await make(plan, output, folder, reached)
    async with open_study_log(f"sqlite:///{output}") as log:
        found = await sessions(log)
    # Nobody need be told to keep it: these people are invented.
    pseudonym_key(f"sqlite:///{output}")
    study, session = drawn
    for path, named in ((study, []), (session, [str(_telling(found).session_id)])):
        drawing = Drawing(path, beside=False, align=Alignment.begin, blind=False)
        await drawing.draw(f"sqlite:///{output}", named, "", lambda done, total: None)
    return made, found


def _telling(found: list[SessionSummary]) -> SessionSummary:
    """The session that tells most: with the most answers, then the most runs."""
    return max(found, key=lambda one: (one.answered, one.runs, str(one.session_id)))


def _say_what_next(made: Made, session: SessionSummary) -> None:
    from . import app  # noqa: PLC0415 - this module is one of its commands

    known = {command.name for command in app.registered_commands}
    log, which = f"--log {quote(f'sqlite:///{made.log}')}", str(session.session_id)[:8]
    stem = quote(str(made.log.with_suffix("")))
    lines = {
        "sessions": f"prompter sessions {log}",
        "quality": f"prompter quality {log}",
        "timeline": f"prompter timeline {which} -o {stem}-{which}.html {log}",
        "narrative": f"prompter narrative {which} -o {stem}-{which}.md {log}",
        "replay": f"prompter replay {which} -o {stem}-{which}.ipynb {log}",
        "export": f"prompter export --format csv -o {stem}-csv {log}",
        "simulate": f"prompter simulate {quote(str(made.study))} {log}",
        "verify": f"prompter verify {log}",
    }
    stdout.print("Try next:")
    for command, line in lines.items():
        if command in known:
            stdout.print(f"  {line}", markup=False, soft_wrap=True)


def _has_display() -> bool:
    """Whether a browser could show anything: on Linux that needs a display."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def _progress(plan: Plan) -> Iterator[Reached]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        working = progress.add_task("people at work", total=plan.end() - plan.begin())
        tables = progress.add_task("tables", total=3)

        def reached(what: str, how_far: int) -> None:
            if what == "work":
                progress.update(working, completed=how_far - plan.begin())
            else:
                progress.update(working, completed=plan.end() - plan.begin())
                progress.advance(tables)

        yield reached
