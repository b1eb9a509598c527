"""JupyterHub for a study with many participants: people come by links, and the collector alone knows the log.

``notebook-server/jupyterhub_config.py`` calls ``configure_or_exit``; everything else follows from ``config.yml``.
"""

from .config import HubConfig, read_config
from .configure import configure, configure_or_exit

__all__ = ["HubConfig", "configure", "configure_or_exit", "read_config"]
