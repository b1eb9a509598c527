"""JupyterHub's configuration of a study: everything in it comes from ``config.yml`` beside it.

PROMPTER_HUB_CONFIG names another file. ``docs/hub.md`` tells what may be written there.
"""

import os
from pathlib import Path

from prompter.hub import configure_or_exit

c = get_config()  # noqa: F821 - JupyterHub's

configure_or_exit(c, Path(os.environ.get("PROMPTER_HUB_CONFIG") or Path(__file__).with_name("config.yml")))
