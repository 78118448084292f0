"""The servers that are measured: how each is started, read from and published to."""

import getpass
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

from bench.fanout import machine
from bench.fanout.client import Broken, masked, request, upgrade
from bench.fanout.desk import Desk

HERE = Path(__file__).parent
PEERS = HERE / "peers"
OWN_PLACE = HERE.parents[1] / ".bench" / "peers"
"""The peers' packages are none of ours, so they live in an environment of their own."""

MODULES = (Path("/usr/lib/nginx/modules"), Path("/usr/lib64/nginx/modules"))
DEBIAN = ("apt-get", "install", "-y", "--no-install-recommends", "nginx", "libnginx-mod-nchan")
SERVER_LOG = "server.txt"
"""What a server printed, in the directory that it is given."""

STREAM = {"Accept": "text/event-stream"}
LINES = {"Transfer-Encoding": "chunked", "Content-Type": "text/plain"}
CONNECTED = "40"
"""What a Socket.IO client says first."""


class Reading(NamedTuple):
    """The requests with which the load client reads and publishes."""

    reads: tuple[bytes, ...]
    publishes: bytes
    special: tuple[str, ...] = ()
    prelude: bytes = b""


class Server(NamedTuple):
    """`start` starts the process on a port; `reading` is called when it is ready."""

    name: str
    title: str
    start: Callable[[int, Path], Popen[bytes]]
    reading: Callable[[int], Reading]
    ready: Callable[[int, Popen[bytes]], None] | None = None


def ours(desk: Desk, *, gzip: bool) -> Server:
    encoding = "gzip" if gzip else "identity"

    def reading(port: int) -> Reading:
        headers = {**STREAM, "Accept-Encoding": encoding, "Cookie": desk.cookie(port)}
        reads = request("GET", "/stream?topics=patterns", headers)
        return Reading((reads,), request("POST", "/bench/publish", LINES), ("z",) if gzip else ())

    def start(port: int, directory: Path) -> Popen[bytes]:
        return desk.web(port, directory / SERVER_LOG)

    title = f"TickStock /stream, {'gzip' if gzip else 'not compressed'}"
    return Server(f"ours-{encoding}", title, start, reading, desk.wait_until_ready)


def naive() -> Server:
    def start(port: int, directory: Path) -> Popen[bytes]:
        return _begin([sys.executable, PEERS / "naive.py", str(port)], directory)

    return Server("naive", "Quart on Hypercorn, a queue for each reader", start, _events)


def sse_starlette() -> Server:
    return Server("sse-starlette", "sse-starlette on uvicorn", _peer("starlette_sse.py"), _events)


def socketio() -> Server:
    def reading(_port: int) -> Reading:
        reads = request("GET", "/socket.io/?EIO=4&transport=websocket", upgrade())
        return Reading((reads,), request("POST", "/publish", LINES), prelude=masked(CONNECTED))

    return Server("socketio", "Flask-SocketIO on gevent, WebSocket", _peer("socketio_gevent.py"), reading)


def nchan() -> Server:
    modules = next((place for place in MODULES if (place / "ngx_nchan_module.so").exists()), None)
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if not modules or not program:
        raise Broken("nginx with nchan is not here (Debian: apt install nginx libnginx-mod-nchan)")

    def start(port: int, directory: Path) -> Popen[bytes]:
        text = (PEERS / "nchan.conf").read_text()
        filled = text.format(modules=modules, directory=directory, port=port, user=getpass.getuser())
        (directory / "nginx.conf").write_text(filled)
        return _begin(
            [program, "-c", directory / "nginx.conf", "-p", directory, "-e", directory / "error.log"], directory
        )

    def reading(_port: int) -> Reading:
        length = {"Content-Length": "400", "Content-Type": "text/plain"}
        return Reading((request("GET", "/events", STREAM),), request("POST", "/publish", length))

    return Server("nchan", "nginx with nchan", start, reading)


def install_nchan() -> None:
    """Installs Debian's packages where that needs no confirmation."""
    with suppress(Broken):
        nchan()
        return
    if getpass.getuser() == "root" and shutil.which("apt-get"):
        print("installing nginx and nchan", flush=True)
        subprocess.run(DEBIAN, check=False, stdout=subprocess.DEVNULL)


def install_peers() -> None:
    requirements, done = PEERS / "requirements.txt", OWN_PLACE / "installed.txt"
    if done.exists() and done.read_text() == requirements.read_text():
        return
    print("installing the peers' packages into .bench/", flush=True)
    steps: tuple[list[str | Path], ...] = (
        [sys.executable, "-m", "venv", "--clear", OWN_PLACE],
        [OWN_PLACE / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", requirements],
    )
    for command in steps:
        if subprocess.run(command, check=False).returncode:
            raise Broken("the peers' packages cannot be installed")
    done.write_text(requirements.read_text())


def _peer(program: str) -> Callable[[int, Path], Popen[bytes]]:
    python = OWN_PLACE / "bin" / "python"
    return lambda port, directory: _begin([python, PEERS / program, str(port)], directory)


def _events(_port: int) -> Reading:
    return Reading((request("GET", "/events", STREAM),), request("POST", "/publish", LINES))


def _begin(command: list[str | Path], directory: Path) -> Popen[bytes]:
    return machine.begin(command, machine.SERVER, directory / SERVER_LOG)


def nginx_versions() -> dict[str, str]:
    """Versions by name of Debian package; empty where they are not installed."""
    command = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "nginx", "libnginx-mod-nchan"]
    if not shutil.which("dpkg-query"):
        return {}
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return dict(line.split(" ") for line in output.splitlines() if line.count(" ") == 1 and not line.endswith(" "))
