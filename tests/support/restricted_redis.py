"""A server with the users of config/redis-acl.conf, and links of both of them."""

import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.embedded import valkey
from app.embedded.child import Child
from app.embedded.places import prepare
from app.wire.client import close, connect
from tests.house.tree import ROOT

CONF = ROOT / "config" / "redis-acl.conf"
PASSWORD = "change-this-{}-password"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a server that was given the file as it is."""
    places = prepare(tmp_path_factory.mktemp("acl"), None)
    socket_path = Path(valkey.url(places).removeprefix("unix://"))
    program = valkey.program(places, durable=False)
    binary, *options = program.argv
    child = Child(program._replace(argv=(binary, str(CONF), *options), probe=lambda: asks_who_we_are(socket_path)))
    child.start()
    assert child.wait_ready(10), program.log
    yield socket_path
    child.stop(5)
    shutil.rmtree(places.sockets)


def asks_who_we_are(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(path))
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"-NOAUTH")
    except OSError:
        return False


def address(path: Path, user: str) -> str:
    return f"unix://{user}:{PASSWORD.format(user)}@{path}"


@pytest.fixture
def url(path: Path) -> str:
    return address(path, "web")


@pytest.fixture
async def web(url: str) -> AsyncIterator[Redis]:
    link = connect(url)
    yield link
    await close(link)


@pytest.fixture
async def engine(path: Path) -> AsyncIterator[Redis]:
    link = connect(address(path, "engine"))
    yield link
    await close(link)
