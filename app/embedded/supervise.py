"""The supervisor: starts processes in order, restarts those that exit, and stops all within five seconds."""

import os
import random
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from app.embedded.child import Child, Program
from app.embedded.places import Unusable

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
STEADY_SECONDS = 30.0
"""After so long its earlier failures no longer count."""

MOST_FAILURES = 3
POLL_SECONDS = 0.02
IDLE_SECONDS = 1.0
APPLICATION_SECONDS = 3.0
SERVER_SECONDS = 1.5
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class SupervisedProcess:
    """A process, its restarts and its state."""

    def __init__(self, program: Program) -> None:
        self.child = Child(program)
        self.failures = 0
        self.restart_at: float | None = None
        self.started_at = 0.0
        self.was_ready = False
        self.done = False

    @property
    def program(self) -> Program:
        return self.child.program


class Supervisor:
    """`say` prints a line for people; `changed` is called when a pid is new or a process became ready."""

    def __init__(self, say: Callable[[str], None], changed: Callable[[], None]) -> None:
        self.stopping = False
        self._say = say
        self._changed = changed
        self._processes: dict[str, SupervisedProcess] = {}
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)

    def add(self, programs: Iterable[Program]) -> None:
        for program in programs:
            self._processes[program.name] = SupervisedProcess(program)

    def pids(self) -> dict[str, int]:
        running = ((name, process.child) for name, process in self._processes.items() if not process.done)
        return {name: child.pid for name, child in running if child.pid and child.ended() is None}

    def was_ready(self, name: str) -> bool:
        return self._processes[name].was_ready

    @contextmanager
    def signals(self) -> Iterator[None]:
        """In the main thread: Ctrl-C, SIGTERM and a closed terminal end `until` and `watch`."""
        before = {number: signal.signal(number, self._on_signal) for number in STOPPING}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        waker = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)

    def until_ready(self, names: Iterable[str], seconds: float) -> None:
        """Raises Unusable when one of them exits again and again, or takes too long."""
        processes = [self._processes[name] for name in names]
        deadline = time.monotonic() + seconds
        while not self.stopping and not all(process.was_ready for process in processes):
            self._check()
            for process in processes:
                if not process.was_ready and (process.failures >= MOST_FAILURES or time.monotonic() > deadline):
                    raise Unusable(f"{process.program.name} does not start{_last_log_line(process.program)}")
            self._wait(POLL_SECONDS)

    def watch(self) -> None:
        while not self.stopping:
            self._check()
            self._wait(self._pause())

    def stop(self) -> None:
        """The application first, then its servers, so that nothing is cut off while it writes."""
        self.stopping = True
        servers = [process.child for process in self._processes.values() if process.program.probe]
        others = [process.child for process in self._processes.values() if not process.program.probe]
        until = time.monotonic() + APPLICATION_SECONDS
        _end(others, APPLICATION_SECONDS)
        # What the application left of its time is theirs: a database that writes down what it has may need it.
        _end(servers, SERVER_SECONDS + max(0.0, until - time.monotonic()))

    def _check(self) -> None:
        for process in self._processes.values():
            if process.done or self.stopping:
                continue
            if process.child.pid is None or process.restart_at is not None:
                self._start(process)
            elif (code := process.child.ended()) is not None:
                self._on_exit(process, code)
            elif not process.child.is_ready and process.child.ready():
                self._on_ready(process)

    def _start(self, process: SupervisedProcess) -> None:
        now = time.monotonic()
        awaited = self._processes.get(process.program.after or "")
        if (awaited and not awaited.was_ready) or (process.restart_at is not None and now < process.restart_at):
            return
        process.restart_at, process.started_at = None, now
        process.child.start()
        self._changed()

    def _on_exit(self, process: SupervisedProcess, code: int) -> None:
        if process.program.once and code == 0:
            process.done = process.was_ready = True
            self._changed()
            return
        now = time.monotonic()
        process.failures = (
            1 if process.child.is_ready and now - process.started_at > STEADY_SECONDS else process.failures + 1
        )
        # Full jitter: what fell together does not come back together.
        pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(process.failures - 1, 8)))  # noqa: S311
        process.restart_at = now + pause
        self._say(f"{process.program.name} ended ({_exit_reason(code)}); starting it again in {pause:.1f} s")
        self._changed()

    def _on_ready(self, process: SupervisedProcess) -> None:
        if process.failures:
            self._say(f"{process.program.name} is back (pid {process.child.pid})")
        process.was_ready = True
        self._changed()

    def _pause(self) -> float:
        if any(
            process.child.pid and not process.child.is_ready and not process.done
            for process in self._processes.values()
        ):
            return POLL_SECONDS
        due = [
            process.restart_at - time.monotonic()
            for process in self._processes.values()
            if process.restart_at is not None
        ]
        return max(0.0, min([IDLE_SECONDS, *due]))

    def _wait(self, seconds: float) -> None:
        with suppress(InterruptedError):
            select.select([self._woken], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


def _end(children: list[Child], seconds: float) -> None:
    for child in children:
        child.send(child.program.stop)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(child.pid and child.ended() is None for child in children):
        time.sleep(POLL_SECONDS)
    for child in children:
        child.stop(0.2)


def _exit_reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _last_log_line(program: Program) -> str:
    if program.log is None or not program.log.exists():
        return ""
    lines = program.log.read_text(errors="replace").strip().splitlines()
    return f": {lines[-1][:300]} (see {program.log})" if lines else f" (see {program.log})"
