"""A Valkey of one's own for whoever means it harm."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from app.embedded import valkey
from app.embedded.child import Child
from app.embedded.places import prepare
from app.wire.cache import shared


class Server(NamedTuple):
    child: Child
    url: str

    def kill(self) -> None:
        """As the kernel does it when memory runs out."""
        assert self.child.process
        self.child.process.kill()
        self.child.process.wait(5)

    def start(self) -> None:
        self.child.start()
        assert self.child.wait_ready(10)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that is slow for once is passed over by caches, which is not what is tested here."""
    monkeypatch.setattr(shared, "WITHIN_SECONDS", 5.0)
    monkeypatch.setattr(shared, "PAUSE_SECONDS", 5.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    places = prepare(tmp_path, None)
    own = Server(Child(valkey.program(places)), valkey.url(places))
    own.start()
    yield own
    own.child.stop(5)
    shutil.rmtree(places.sockets)


async def eventually(holds: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)


async def cancel_tasks(*tasks: "asyncio.Task[None]") -> None:
    """Cancelled as often as it takes: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose one."""
    deadline = time.monotonic() + 10
    while left := [task for task in tasks if not task.done()]:
        assert time.monotonic() < deadline, "it does not end"
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.3)
