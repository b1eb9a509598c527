"""What starts participants' servers, and what those are told: where the collector is, and no secret."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from ..collector.settings import PREFIX
from ..errors import SettingInvalid
from .config import HubConfig
from .homes import copied
from .written import bytes_of

_PROCESSES = 512
"""Of one container: kernels and their threads, and an end to a fork bomb."""


def configure_spawner(c: Any, config: HubConfig) -> None:
    """Fill in the spawner of ``config.yml``. Raises ``SettingInvalid`` where it could not run anything."""
    written = config.written
    c.Spawner.environment = {"PROMPTER_COLLECTOR": PREFIX}
    c.Spawner.default_url = "/lab"
    c.Spawner.mem_limit = bytes_of(written.resources.memory)
    c.Spawner.cpu_limit = written.resources.cpu
    match written.spawner:
        case "simple":
            _simple(c, config)
        case "accounts":
            _accounts(c, config)
        case "docker":
            _docker(c, config)
        case "kube":
            _kube(c, config)


def _simple(c: Any, config: HubConfig) -> None:
    homes = config.data / "homes"
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = str(homes / "{username}")
    c.Spawner.cmd = [str(Path(sys.executable).with_name("jupyterhub-singleuser"))]
    if os.geteuid() == 0:
        c.Spawner.args = ["--allow-root"]  # for trials, in a container or on a machine of one's own
    materials = None if config.written.materials is None else config.beside(config.written.materials)

    async def furnish(spawner: Any) -> None:
        home = homes / spawner.user.name
        if materials is not None and not home.exists():
            # Not in the Hub's own loop: it answers everybody else meanwhile.
            (await asyncio.to_thread(copied, materials, home)).rename(home)

    c.Spawner.pre_spawn_hook = furnish


def _accounts(c: Any, config: HubConfig) -> None:
    homes = config.beside(config.written.homes)
    materials = None if config.written.materials is None else config.beside(config.written.materials)
    if os.geteuid() != 0:
        raise SettingInvalid(f"{config.path}: spawner is accounts, and only root starts servers of other accounts")
    program = Path(sys.executable)
    if not homes.exists():
        homes.mkdir(parents=True)
        homes.chmod(0o711)  # whatever the umask is
    needed = {
        "Python": (program.parent, program.resolve().parent),
        "Prompter": (Path(__file__).parent,),
        "homes": (homes,),
    }
    for what, places in needed.items():
        for place in places:
            if (closed := _closed(place)) is not None:
                raise SettingInvalid(
                    f"{config.path}: spawner is accounts, and no other account gets to {what}, {place}: "
                    f"{closed} is closed to them"
                )
    c.JupyterHub.spawner_class = "prompter.hub.own_account.OwnAccountSpawner"
    c.OwnAccountSpawner.homes = str(homes)
    c.OwnAccountSpawner.materials = str(materials or "")
    c.Spawner.cmd = [str(program.with_name("jupyterhub-singleuser"))]


def _closed(folder: Path) -> Path | None:
    """The outermost folder on the way that others may not enter; none if there is no such."""
    for place in (*reversed(folder.parents), folder):
        if place.exists() and not place.stat().st_mode & 0o001:
            return place
    return None


# An image is started as it says by itself (`image/run_image.sh`): that puts the sample into a home that is empty.


def _docker(c: Any, config: HubConfig) -> None:
    containers = config.written.containers
    c.JupyterHub.spawner_class = "docker"
    # Containers go on without the Hub, so that it can be upgraded while people work.
    c.JupyterHub.cleanup_servers = False
    c.DockerSpawner.image = config.written.IMAGE
    c.DockerSpawner.network_name = containers.network
    c.DockerSpawner.use_internal_ip = True
    c.DockerSpawner.remove = True
    c.DockerSpawner.notebook_dir = containers.home
    c.DockerSpawner.volumes = {"prompter-home-{username}": containers.home}
    c.DockerSpawner.extra_host_config = {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "pids_limit": _PROCESSES,
    }


def _kube(c: Any, config: HubConfig) -> None:
    # What else pods need, storage and networks first, stands in the chart's values.
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.JupyterHub.cleanup_servers = False
    c.KubeSpawner.image = config.written.IMAGE
    c.KubeSpawner.automount_service_account_token = False
    c.KubeSpawner.allow_privilege_escalation = False
