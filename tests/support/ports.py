"""Ports of the loopback interface for servers that are started a while after their port was chosen.

Whoever asks the system for any port gets one of the range from which kernels, browsers and other tests are given
theirs as well, so that somebody may have it by then. These lie below that range, apart for each worker of the tests.
"""

from __future__ import annotations

import os
import random
import re
import socket
from itertools import cycle

_LOWEST, _HIGHEST = 20_000, 32_768
_WORKERS = 8
"""With more of them some share their ports."""


def free_port() -> int:
    """A port that nobody uses now, and that this process gives once."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports go round")


def _of_this_worker() -> range:
    number = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % _WORKERS
    each = (_HIGHEST - _LOWEST) // _WORKERS
    return range(_LOWEST + number * each, _LOWEST + (number + 1) * each)


def _going_round(ports: range) -> cycle[int]:
    # A process that a test starts is of the same worker: it begins elsewhere.
    begin = random.SystemRandom().randrange(len(ports))
    return cycle([*ports[begin:], *ports[:begin]])


_ports = _going_round(_of_this_worker())
