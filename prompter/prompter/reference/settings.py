"""``docs/reference/settings.md``: every setting, from Jupyter's configuration, the environment and the page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..collector.settings import PREFIX
from ..extension import Prompter
from .markdown import code, page, table, text


@dataclass(frozen=True)
class Variable:
    """One variable of the environment."""

    name: str
    meaning: str = ""
    """For one with a trait, the trait's own help tells it."""
    trait: str = ""
    """The name in Jupyter's configuration, which wins."""


SERVICE = (
    Variable("PROMPTER_LOG", trait="log_url"),
    Variable("PROMPTER_STUDY", trait="study"),
    Variable("PROMPTER_PERIOD", trait="period"),
    Variable("PROMPTER_TRAITS", trait="participant_traits"),
    Variable("MODE", trait="mode"),
    Variable("JP_PLUGIN_USER", trait="participant"),
    Variable("JUPYTERHUB_USER", "Set by JupyterHub: who works here. It counts before every other name."),
    Variable(
        "DOCKER_HOST_IP",
        "Without `PROMPTER_LOG`: the host of a MySQL server with the database `prompter` and the user `prompter_user`.",
    ),
    Variable("PROMPTER_COLLECTOR", trait="collector"),
    Variable("PROMPTER_LINK", "The token of a study link, which pages show to a collector without a Hub."),
)

COLLECTOR = (
    Variable("PROMPTER_HUB_CONFIG", "The `config.yml` of a study's Hub. Default: the one in the current folder."),
    Variable(
        "PROMPTER_THEN",
        "Set by the Hub: where pages lead after the end, if the study's `finish.then` does not say it.",
    ),
    Variable("PROMPTER_LINK_KEY", "The key that seals study links. A collector without a Hub needs it."),
    Variable("PROMPTER_LINK_KEY_FILE", "A file that holds it."),
    Variable("PROMPTER_ASSIGN_KEY", "What the Hub shows when it has a participant assigned. Without it nobody may."),
    Variable("PROMPTER_ASSIGN_KEY_FILE", "A file that holds it."),
    Variable(
        "PROMPTER_METRICS_KEY",
        "What a Prometheus shows to read the collector's figures. Without it researchers alone may.",
    ),
    Variable("PROMPTER_METRICS_KEY_FILE", "A file that holds it."),
    Variable("JUPYTERHUB_API_TOKEN", "Set by the JupyterHub whose service this is; then people are that Hub's."),
    Variable("JUPYTERHUB_SERVICE_URL", "Set by the Hub: where to listen."),
    Variable("JUPYTERHUB_SERVICE_PREFIX", f"Set by the Hub: the address. Default: `{PREFIX}`."),
    Variable(
        "PROMPTER_ORIGINS",
        "A regular expression of the origins of pages that may send, where they are not the collector's own: "
        "`https://[a-z0-9-]+[.]hub[.]example` for a Hub with a subdomain for each user.",
    ),
)

PASSWORDS = (
    Variable("PROMPTER_DB_PASSWORD", "The password of the MySQL user that the log's URL names."),
    Variable(
        "PROMPTER_DB_PASSWORD_FILE",
        "A file that holds it, such as a secret of the container. Without both, the section `[client]` of `~/.my.cnf` "
        "is read.",
    ),
    Variable("PROMPTER_DB_ADMIN", "An administrator's name, `root` by default. Only `prompter migrate` uses it."),
    Variable("PROMPTER_DB_ADMIN_PASSWORD", "That administrator's password. In a terminal it is asked for."),
    Variable(
        "PROMPTER_DB_ERASER_PASSWORD",
        "The password of the account `prompter_eraser`, for `prompter erase` and `prompter restored`. "
        "In a terminal it is asked for.",
    ),
)

IMAGE = (
    Variable("TOKEN", "JupyterLab's token. Default: a new one at each start."),
    Variable("PLUGIN_PORT", "JupyterLab's port. Default: 8888."),
    Variable("IMAGE", "The image's name, for `run_image.sh`. Default: prompter."),
    Variable("BASE_IMAGE", "What the images are built on. It needs bash, and Python 3.11 or newer with venv."),
    Variable("BUILD_FRONTEND", "`1` lets `test_build.sh` build the plugin again."),
    Variable("INSTALL_FRONTEND", "`1` lets it install the plugin's npm packages again."),
)

_INTRODUCTION = """\
The environment sets them; Jupyter's configuration (`jupyter_server_config.py`) wins where both are set. No password
belongs in a URL, a configuration file or on a command line. What is wrong in a setting is said in one line by
`prompter check`; JupyterLab then starts all the same, and the page says that nothing is being recorded. What a study
sets is in [Writing a study](../study.md).
"""


def settings_page(schemas: Path) -> str:
    """The whole page. ``schemas`` is the directory of the plugin's own settings, JSON Schema each."""
    return page(
        "Settings",
        "prompter.reference",
        _INTRODUCTION,
        "## The service\n",
        table(["environment", "Jupyter's configuration", "meaning"], [_row(one) for one in SERVICE]),
        "## The collector\n",
        "`prompter collector` reads the settings of the service, and these. A JupyterHub tells it where to listen.\n",
        _table(COLLECTOR),
        "## Passwords of a database\n",
        _table(PASSWORDS),
        "## Building and the image\n",
        _table(IMAGE),
        "## JupyterLab's settings editor\n",
        table(["plugin", "setting", "default", "meaning"], page_settings(schemas)),
    )


def traits() -> dict[str, str]:
    """What may be set as ``c.Prompter.NAME``, and its help."""
    return {name: str(trait.help) for name, trait in sorted(Prompter.class_own_traits(config=True).items())}


def page_settings(schemas: Path) -> list[tuple[str, str, str, str]]:
    """The plugin's own settings and shortcuts."""
    rows = []
    for path in sorted(schemas.glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        for name, one in sorted(schema.get("properties", {}).items()):
            default = json.dumps(one.get("default"), ensure_ascii=False)
            rows.append((text(schema["title"]), code(name), code(default), text(one.get("description", ""))))
        for shortcut in schema.get("jupyter.lab.shortcuts", []):
            keys = ", ".join(shortcut["keys"])
            rows.append((text(schema["title"]), code(shortcut["command"]), code(keys), "its shortcut"))
    return rows


def _row(variable: Variable) -> tuple[str, str, str]:
    if not variable.trait:
        return code(variable.name), "", text(variable.meaning)
    return code(variable.name), code(f"c.Prompter.{variable.trait}"), text(traits()[variable.trait])


def _table(variables: tuple[Variable, ...]) -> str:
    return table(["environment", "meaning"], [(code(one.name), text(one.meaning)) for one in variables])
