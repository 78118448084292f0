"""What the kernel reports about processes: CPU time, memory, cores."""

import fcntl
import os
import platform
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

CORES = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = CORES[0], CORES[-1]
"""The same one where there is only one; the report says so."""

TICK = 1 / os.sysconf("SC_CLK_TCK")
FILES = 65_536
PRIORITY = -10
QUIET, QUIET_SECONDS = 0.15, 1.0
"""Of one core, all processes together."""


def raise_limits() -> None:
    """Raises the limit of file descriptors: each reader needs one on both sides."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def begin(
    command: Sequence[str | Path], core: int, output: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a process, and its children, on one core."""
    with placed(core), output.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    ahead(process.pid)
    return process


def ahead(pid: int) -> None:
    """Raises the priority of the session: Linux weighs sessions before the processes in them."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(PRIORITY))


@contextmanager
def placed(core: int) -> Iterator[None]:
    """Processes started in the context run on one core, with priority on it where that is allowed."""
    cores, priority = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    os.sched_setaffinity(0, {core})
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    yield
    os.setpriority(os.PRIO_PROCESS, 0, priority)
    os.sched_setaffinity(0, cores)


def family(pid: int) -> list[int]:
    """The ids of a process and all its descendants."""
    pids = [pid]
    for member in pids:
        with suppress(OSError):
            for task in Path(f"/proc/{member}/task").iterdir():
                pids += [int(child) for child in (task / "children").read_text().split()]
    return pids


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, its threads and children, in nanosecond resolution, unlike /proc/<pid>/stat."""
    spent = 0
    for member in family(pid):
        with suppress(OSError):
            for task in Path(f"/proc/{member}/task").iterdir():
                spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1e9


def resident(pid: int) -> int:
    """Resident memory in bytes."""
    pages = 0
    for member in family(pid):
        with suppress(OSError):
            pages += int(Path(f"/proc/{member}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Busy(NamedTuple):
    """Seconds that all cores worked, and that the host took away, since the machine started."""

    worked: float
    stolen: float


def busy() -> Busy:
    fields = [int(field) * TICK for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = fields
    return Busy(user + nice + system + interrupts + soft_interrupts, stolen)


@contextmanager
def alone() -> Iterator[None]:
    """Locks the machine against another measurement at the same time."""
    with (Path(tempfile.gettempdir()) / "tickstock-bench.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("waiting for another benchmark to end", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wait_for_quiet(seconds: float) -> None:
    """Waits until other processes are idle for a moment, or the time is over."""
    until, share = time.monotonic() + seconds, 1.0
    while share > QUIET and time.monotonic() < until:
        before = busy()
        time.sleep(QUIET_SECONDS)
        now = busy()
        share = (now.worked - before.worked + now.stolen - before.stolen) / QUIET_SECONDS


def described() -> dict[str, str | int]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return {
        "processor": model,
        "cores": len(CORES),
        "server core": SERVER,
        "client core": CLIENT,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
