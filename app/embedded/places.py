"""Directories of the embedded servers for data and sockets, and the lock of the data directory."""

import fcntl
import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

SOCKET_PATH_MAX = 103
LONGEST_SOCKET = len("/postgres/.s.PGSQL.5432.lock")


class Unusable(Exception):
    """The servers cannot be started here; one line says why."""


class Places(NamedTuple):
    data: Path
    sockets: Path
    """Short, 0700, outside the data directory: a socket's path must stay below 104 bytes."""
    mark: str
    """Stands in the command line of every server of this data directory, so that its orphans can be told."""


def prepare(data_dir: Path, runtime_dir: str | None) -> Places:
    data = data_dir.resolve()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(f"DATA_DIR: {data} cannot be made ({error.strerror})") from None
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise Unusable(f"DATA_DIR: {data} is not ours to write")
    mark = f"tickstock-{os.geteuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    return Places(data, _sockets(mark, runtime_dir), mark)


def lock(data: Path) -> IO[str]:
    """Held as long as the file is open; not inherited, so that an orphan never holds it."""
    file = (data / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise Unusable(f"already running here (pid {holder or 'unknown'}); data in {data}") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def is_locked(data: Path) -> bool:
    """Somebody runs here."""
    try:
        file = (data / "lock").open("r")
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def remove_sockets(places: Places) -> None:
    """After the servers have ended: their directories in a shared place are in nobody's way."""
    for directory in (places.sockets / "postgres", places.sockets):
        with suppress(OSError):
            directory.rmdir()


def _sockets(mark: str, runtime_dir: str | None) -> Path:
    candidates = [Path(runtime_dir)] if runtime_dir else []
    candidates += [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - the directory below it is 0700 and ours
    for parent in candidates:
        place = parent / mark
        if len(os.fsencode(place)) + LONGEST_SOCKET > SOCKET_PATH_MAX or not os.access(parent, os.W_OK | os.X_OK):
            continue
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            _must_be_ours(place)
        except OSError:
            continue
        return place
    raise Unusable("no short directory for sockets: set XDG_RUNTIME_DIR or TMPDIR to one that is ours")


def _must_be_ours(place: Path) -> None:
    """In a shared directory somebody else may have made it first, or put a link there."""
    status = place.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise Unusable(f"{place} is not ours: remove it")
    place.chmod(0o700)
