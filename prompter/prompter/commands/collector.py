"""``prompter collector``: the study service."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Annotated

import typer

from ..collector.people import Identity
from ..collector.settings import read_collector_settings
from ..errors import SettingInvalid
from ..service import Service
from ..settings import Settings, read_settings


def collect(
    *,
    ip: Annotated[str, typer.Option("--ip", help="Where to listen. By default the Hub says it, else 127.0.0.1.")] = "",
    port: Annotated[int, typer.Option("--port", help="By default the Hub says it, else 8890.", min=0, max=65535)] = 0,
    workers: Annotated[
        bool, typer.Option("--workers/--no-workers", help="Whether projections run here, or by prompter worker.")
    ] = True,
) -> None:
    """Take what the pages of many participants send, and ask them.

    A JupyterHub starts it as its service; without a Hub, participants show their study links
    (PROMPTER_LINK_KEY_FILE). It alone knows the log and its password.

    Example: [bold]PROMPTER_STUDY=study.yaml PROMPTER_LINK_KEY_FILE=key prompter collector[/bold]
    """
    # Of Jupyter's server, which takes two seconds to come: other commands do without.
    from ..collector.application import serve  # noqa: PLC0415
    from ..collector.linked import LinkedPeople  # noqa: PLC0415

    settings = read_collector_settings(os.environ, ip=ip, port=port)
    read_settings(os.environ)  # what is wrong in the study is said at once, not to the first page
    people = _of_the_hub() if settings.behind_hub else LinkedPeople(settings.link_key)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)

    def read() -> Settings:
        return read_settings(os.environ)

    asyncio.run(serve(Service(read, works=workers, discreet=True), people, settings))


def _of_the_hub() -> Identity:
    try:
        from ..collector.hub import HubPeople  # noqa: PLC0415 - a Hub's client is no part of the plain install
    except ModuleNotFoundError as error:
        raise SettingInvalid(
            f"behind a Hub the collector needs {error.name}, which is not installed: "
            "pip install 'jupyterlab-prompter[hub]'"
        ) from None
    return HubPeople()
