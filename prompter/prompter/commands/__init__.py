"""``prompter COMMAND``: the command line. Each command has a module of its own."""

from __future__ import annotations

import sys

import typer

from prompter_events import PrompterError

from . import check, erase, history, migrate, replay, restored, sessions, timeline, verify
from .output import complain

app = typer.Typer(
    name="prompter",
    help="Records how people work in notebooks and asks, at a good moment, what a cell is for.",
    epilog="The log is named by --log or PROMPTER_LOG; else it is an SQLite file in Jupyter's data directory.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("check")(check.check)
app.command("migrate")(migrate.migrate_log)
app.command("sessions")(sessions.list_sessions)
app.command("replay")(replay.replay)
app.command("history")(history.write_history)
app.command("timeline")(timeline.draw_timeline)
app.command("verify")(verify.verify_log)
app.command("erase")(erase.erase_participant)
app.command("restored")(restored.log_restored)


def main() -> None:
    """Run a command. Exit code 0 only if it did what was asked; an error is one line that says what to do."""
    try:
        app()
    except PrompterError as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:
        complain(f"{error.filename or 'a file'}: {error.strerror or error}")
        sys.exit(1)


__all__ = ["app", "main"]
