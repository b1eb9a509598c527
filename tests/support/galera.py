"""A Galera cluster of the tests' own: nodes on the loopback interface, each with its own ports and directory."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prompter_events import Admin
from prompter_events.mysql.errors import DRIVER_ERRORS
from prompter_events.numbered import Directory

from .mariadb import MariaDB
from .ports import free_port

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")

JOIN_SECONDS = 120.0
"""The longest a node may take to be in step with the others; a transfer of all data takes some seconds."""

LOOK_SECONDS = 0.05

COPIES = 16
"""More than there ever are connections at the table of events of one node."""


class Node:
    """One server of a cluster."""

    def __init__(self, number: int, server: MariaDB, ports: tuple[int, int, int]) -> None:
        self.server = server
        self._number = number
        self._group_port, self._transfer_port, self._catch_up_port = ports

    @property
    def address(self) -> str:
        """Where the other nodes reach this one."""
        return f"127.0.0.1:{self._group_port}"

    async def start(self, *peers: Node) -> None:
        """Start the server, and wait until it is in step with its peers; without any it founds the cluster."""
        provider_options = (
            f"gmcast.listen_addr=tcp://{self.address};ist.recv_addr=127.0.0.1:{self._catch_up_port};gcache.size=32M"
        )
        options = [
            "--wsrep-on=ON",
            f"--wsrep-provider={_provider()}",
            f"--wsrep-provider-options={provider_options}",
            "--wsrep-cluster-name=prompter-tests",
            f"--wsrep-cluster-address=gcomm://{','.join(peer.address for peer in peers)}",
            f"--wsrep-node-name=node-{self._number}",
            f"--wsrep-node-address={self.address}",
            "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address=127.0.0.1:{self._transfer_port}",
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
        ]
        if peers:
            # The accounts come with the data; giving root a password again would be a write to the whole cluster.
            options.append("--init-file=")
        async with asyncio.timeout(JOIN_SECONDS):
            await asyncio.to_thread(self.server.start, *options)
            while not await self._is_in_step():  # noqa: ASYNC110  # a server tells nobody
                await asyncio.sleep(LOOK_SECONDS)

    async def _is_in_step(self) -> bool:
        try:
            return await self.status("wsrep_local_state_comment") == "Synced"
        except DRIVER_ERRORS:
            # A server that joins closes its clients' connections when its state changes.
            return False

    async def kill(self) -> None:
        """Crash the server: the others must find out by themselves."""
        await asyncio.to_thread(self.server.kill)

    async def warm(self, database: str) -> None:
        """Have the server read the table of events and its triggers before any load, as one that runs for long has.

        MariaDB 10.11 spoils its copy of a trigger if a transaction is aborted for another node's while it reads that
        trigger: about once in 900 aborts if the table was not in use before. All writes on that node then fail, until
        somebody has it forget the copy.
        """
        copies = ", ".join(f"event AS copy_{number}" for number in range(COPIES))
        await self.server.run(self.server.url(database), f"SELECT 1 FROM {copies} WHERE FALSE")

    async def status(self, name: str) -> str:
        """One of the server's status variables, such as ``wsrep_local_cert_failures``."""
        [(_, value)] = await self.server.run(self.server.url("mysql"), f"SHOW GLOBAL STATUS LIKE '{name}'")
        return str(value)


class Galera:
    """Nodes that are all alike: each takes reads and writes. The data stay until ``remove``."""

    def __init__(self, size: int = 3) -> None:
        self.nodes = [Node(number, MariaDB(), (free_port(), free_port(), free_port())) for number in range(1, size + 1)]
        founder = self.nodes[0].server
        self.password = founder.password
        """Of the application's user, on every node."""
        for node in self.nodes[1:]:
            node.server.password = founder.password
            node.server.admin = Admin(founder.admin.user, founder.admin.password, str(node.server.socket))
        self._databases: list[str] = []

    async def start(self) -> None:
        """Found the cluster, and let one node after the other join it."""
        for count, node in enumerate(self.nodes):
            await node.start(*self.nodes[:count])

    async def rejoin(self, node: Node) -> None:
        """Start a node that died; it takes over from the others what it missed."""
        await node.start(*(peer for peer in self.nodes if peer is not node))
        for database in self._databases:
            await node.warm(database)

    async def fresh_database(self, *directories: Directory) -> list[str]:
        """A new database, migrated through the first node; its URL on each node."""
        url = await self.nodes[0].server.fresh_database(*directories)
        database = url.rpartition("/")[2]
        self._databases.append(database)
        for node in self.nodes:
            await node.warm(database)
        return [node.server.url(database) for node in self.nodes]

    async def conflicts(self) -> int:
        """How many transactions were refused at COMMIT, or aborted for another node's, since the nodes started."""
        names = ("wsrep_local_cert_failures", "wsrep_local_bf_aborts")
        return sum([int(await node.status(name)) for node in self.nodes for name in names])

    def remove(self) -> None:
        """Stop all nodes and remove their data."""
        for node in reversed(self.nodes):
            node.server.remove()


def _provider() -> str:
    for path in PROVIDERS:
        if Path(path).exists():
            return path
    raise RuntimeError("Galera is not installed: scripts/cluster.sh says what the tests of a cluster need")
