"""``prompter study``: a study with many participants, from nothing to links in hands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ..errors import SettingInvalid
from ..hub.config import FILE_NAME, HubConfig, read_config
from ..hub.server_files import write_config
from .output import stdout

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        envvar="PROMPTER_HUB_CONFIG",
        metavar="FILE",
        help="The study's configuration, as `prompter study init` wrote it.",
    ),
]


def init_study(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where. By default here.")] = Path(),
) -> None:
    """Write config.yml with keys of its own, to be filled in, and what else JupyterHub needs beside it.

    A configuration that is there is left alone: people's links hang on its keys.

    Example: [bold]cd notebook-server && prompter study init[/bold]
    """
    path = write_config(folder)
    here = "" if folder == Path() else f"cd {folder} && "
    for line in (
        f"{path} is written; only your account can read it. It holds the study's keys: keep a copy of it apart.",
        "Next:",
        "  name your study.yaml in it, and whatever else is not as you want it",
        f"  {here}npm ci --ignore-scripts      # the proxy, once",
        f"  {here}prompter study up            # starts it; Ctrl-C ends it",
        f"  {here}prompter study link P01 P02  # in another terminal: links to send to people",
    ):
        stdout.print(line, markup=False, soft_wrap=True)


def run_study(config: ConfigOption = Path(FILE_NAME)) -> None:
    """Start the Hub, its proxy and the collector; without SQL in config.yml a MariaDB of their own, too.

    It runs until Ctrl-C or SIGTERM, and ends everything in order: servers first, the database last.

    Example: [bold]cd notebook-server && prompter study up[/bold]
    """
    from ..hub.running import run_hub  # noqa: PLC0415 - other commands need no JupyterHub

    _with_jupyterhub()
    read = read_config(config)
    stdout.print(f"The study will be at {read.address} in a few seconds.", markup=False, soft_wrap=True)
    _say_database(read)
    code = asyncio.run(run_hub(read))
    if code:
        raise SettingInvalid(f"JupyterHub ended by itself (exit code {code}); what it said stands above")


def _with_jupyterhub() -> None:
    try:
        import jupyterhub  # noqa: F401, PLC0415
    except ImportError:
        raise SettingInvalid("JupyterHub is not installed: pip install 'jupyterlab-prompter[hub]'") from None


def _say_database(config: HubConfig) -> None:
    if config.written.SQL is None:
        stdout.print(
            f"Its log is in a MariaDB of its own, in {config.data / 'mariadb'}: good for trials.",
            markup=False,
            soft_wrap=True,
        )
