"""``prompter COMMAND``: the command line. Each command has a module of its own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from prompter_events import PrompterError

from .. import __version__
from ..hub.config import ConfigInvalid
from . import (
    assign,
    check,
    collector,
    demo,
    erase,
    export,
    history,
    migrate,
    narrative,
    quality,
    rebuild,
    record,
    replay,
    restored,
    sessions,
    simulate,
    study,
    study_links,
    timeline,
    verify,
    worker,
)
from .output import complain

_LOG, _LOOK, _STUDY = "The log", "What was recorded", "The study"

app = typer.Typer(
    name="prompter",
    help="Records how people work in notebooks and asks, at a good moment, what a cell is for.",
    epilog="The log is named by --log or PROMPTER_LOG; else it is an SQLite file in Jupyter's data directory.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("check", rich_help_panel=_LOG)(check.check)
app.command("migrate", rich_help_panel=_LOG)(migrate.migrate_log)
app.command("sessions", rich_help_panel=_LOOK)(sessions.list_sessions)
app.command("replay", rich_help_panel=_LOOK)(replay.replay)
app.command("history", rich_help_panel=_LOOK)(history.write_history)
app.command("timeline", rich_help_panel=_LOOK)(timeline.draw_timeline)
app.command("quality", rich_help_panel=_LOOK)(quality.report_quality)
app.command("export", rich_help_panel=_LOOK)(export.export_log)
app.command("narrative", rich_help_panel=_LOOK)(narrative.write_narrative)
app.command("simulate", rich_help_panel=_STUDY)(simulate.simulate_policy)
app.command("record", rich_help_panel=_STUDY)(record.show_record)
app.command("assign", rich_help_panel=_STUDY)(assign.assign_condition)
app.command("verify", rich_help_panel=_LOG)(verify.verify_log)
app.command("demo", rich_help_panel=_STUDY)(demo.make_demo)
app.command("collector", rich_help_panel=_STUDY)(collector.collect)
app.command("erase", rich_help_panel=_LOG)(erase.erase_participant)
app.command("restored", rich_help_panel=_LOG)(restored.log_restored)
app.command("rebuild", rich_help_panel=_LOG)(rebuild.rebuild_projections)
app.command("worker", rich_help_panel=_LOG)(worker.run_worker)

study_app = typer.Typer(
    name="study",
    help="A study with many participants: JupyterHub, the collector, links.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
study_app.command("init")(study.init_study)
study_app.command("up")(study.run_study)
study_app.command("link")(study_links.print_links)
app.add_typer(study_app, rich_help_panel=_STUDY)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"prompter {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """What can be asked without a command."""


def main() -> None:
    """Run a command. Exit code 0 only if it did what was asked; an error is a line that says what to do."""
    try:
        app()
    except ConfigInvalid as error:
        for line in error.lines:
            complain(line)
        sys.exit(1)
    except PrompterError as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:
        complain(f"{error.filename or 'a file'}: {error.strerror or error}")
        sys.exit(1)


__all__ = ["app", "main"]
