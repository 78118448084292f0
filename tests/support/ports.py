"""Free ports for servers."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle

FIRST, BLOCK, BLOCKS = 10_000, 1_250, 8
"""Below those that the system gives to connections: it takes a port that was free a moment ago."""


def _own() -> Iterator[int]:
    """Those of this worker, so that no two ask for the same one at once; from anywhere, for others test here too."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, begin = FIRST + worker % BLOCKS * BLOCK, random.randrange(BLOCK)
    return cycle(first + (begin + at) % BLOCK for at in range(BLOCK))


_ports = _own()


def free_port() -> int:
    while True:
        port = next(_ports)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
