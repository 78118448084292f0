"""One supervised process: starting, readiness and stopping."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from app.embedded.account import Account, own

PR_SET_PDEATHSIG = 1
READY_FD = "READY_FD"
SERVERS = ("postgres", "valkey-server", "redis-server")


class Program(NamedTuple):
    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    stop: signal.Signals = signal.SIGTERM
    dies: signal.Signals = signal.SIGKILL
    """What the kernel sends it when this process is killed."""
    probe: Callable[[], bool] | None = None
    """None: the program writes to the descriptor named by READY_FD."""
    before: Callable[[], None] | None = None
    """Removes what a killed predecessor left."""
    after: str | None = None
    """Starts once the program of that name has been ready."""
    once: bool = False
    """Done when it ends well; else started again like the others."""
    log: Path | None = None
    account: Account = own()
    cwd: Path = Path("/")


class Child:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        self._ready_fd: int | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        if self.program.before:
            self.program.before()
        self.is_ready = False
        self._close()
        env, inherited = dict(self.program.env), list[int]()
        if self.program.probe is None:
            self._ready_fd, write_fd = os.pipe()
            os.set_blocking(self._ready_fd, False)
            env[READY_FD], inherited = str(write_fd), [write_fd]
        try:
            self.process = spawn(self.program, env, inherited)
        finally:
            for descriptor in inherited:
                os.close(descriptor)

    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    def ready(self) -> bool:
        """Once ready, ready until it ends."""
        if not self.is_ready and self.process is not None:
            self.is_ready = self.program.probe() if self.program.probe else self._ready_written()
        return self.is_ready

    def wait_ready(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.ended() is None:
            if self.ready():
                return True
            time.sleep(0.01)
        return False

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, seconds: float) -> None:
        self._close()
        if self.process is None:
            return
        self.send(self.program.stop)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(seconds)

    def _ready_written(self) -> bool:
        try:
            return self._ready_fd is not None and os.read(self._ready_fd, 1) != b""
        except BlockingIOError:
            return False

    def _close(self) -> None:
        if self._ready_fd is not None:
            os.close(self._ready_fd)
            self._ready_fd = None


def spawn(program: Program, env: Mapping[str, str], keep: Iterable[int] = ()) -> "subprocess.Popen[bytes]":
    """From the main thread: the kernel's signal follows it. In a session of its own: Ctrl-C reaches us alone."""
    output = program.log.open("ab") if program.log else None
    try:
        started: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - our own programs
            program.argv,
            env=dict(env),
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=tuple(keep),
            preexec_fn=_before_exec(program),
            **program.account.popen(),  # type: ignore[call-overload]
        )
    finally:
        if output:
            output.close()
    return started


def follow_parent() -> None:
    """When `make` is killed, the kernel sends SIGTERM to what it started."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def end_orphans(mark: str) -> None:
    """Kills the servers that carry `mark`: a postmaster's backends outlive its kill -9 and hold its memory."""
    deadline = time.monotonic() + 5
    while (left := list(_marked(mark))) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


def _marked(mark: str) -> Iterator[int]:
    for pid, command in _commands():
        words = command.split()
        if words and Path(words[0].rstrip(":")).name in SERVERS and mark in command and pid != os.getpid():
            yield pid


def _commands() -> Iterator[tuple[int, str]]:
    if not sys.platform.startswith("linux"):
        listing = subprocess.run(["/bin/ps", "-A", "-o", "pid=,command="], capture_output=True, text=True, timeout=10)
        for line in listing.stdout.splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            yield int(entry.name), command.replace(b"\0", b" ").decode(errors="replace")


def _before_exec(program: Program) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    parent, enter = os.getpid(), program.account.enter()
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        if enter:
            enter()
        # After every change of identity: the kernel forgets it then.
        libc.prctl(PR_SET_PDEATHSIG, int(program.dies), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
