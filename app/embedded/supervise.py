"""Keeps processes running: starts them in order, starts the fallen again, stops all within five seconds."""

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
"""After this long its earlier falls are forgotten."""

FALLS_BEFORE_GIVING_UP = 3
POLL_SECONDS = 0.02
IDLE_SECONDS = 1.0
APPLICATION_SECONDS = 3.0
SERVER_SECONDS = 1.5
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Kept:
    """A child and how it has fared."""

    def __init__(self, program: Program) -> None:
        self.child = Child(program)
        self.falls = 0
        self.due: float | None = None
        self.since = 0.0
        self.was_ready = False
        self.done = False

    @property
    def program(self) -> Program:
        return self.child.program


class Supervisor:
    """`say` prints a line for people; `changed` is called when a pid is new or somebody became ready."""

    def __init__(self, say: Callable[[str], None], changed: Callable[[], None]) -> None:
        self.stopping = False
        self._say = say
        self._changed = changed
        self._kept: dict[str, Kept] = {}
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)

    def add(self, programs: Iterable[Program]) -> None:
        for program in programs:
            self._kept[program.name] = Kept(program)

    def pids(self) -> dict[str, int]:
        running = ((name, kept.child) for name, kept in self._kept.items() if not kept.done)
        return {name: child.pid for name, child in running if child.pid and child.ended() is None}

    def was_ready(self, name: str) -> bool:
        return self._kept[name].was_ready

    @contextmanager
    def signals(self) -> Iterator[None]:
        """In the main thread: Ctrl-C, SIGTERM and a closed terminal end `until` and `watch`."""
        before = {number: signal.signal(number, self._asked) for number in STOPPING}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        waker = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)

    def until_ready(self, names: Iterable[str], seconds: float) -> None:
        """Raises Unusable when one of them falls again and again, or takes too long."""
        waited = [self._kept[name] for name in names]
        deadline = time.monotonic() + seconds
        while not self.stopping and not all(kept.was_ready for kept in waited):
            self._turn()
            for kept in waited:
                if not kept.was_ready and (kept.falls >= FALLS_BEFORE_GIVING_UP or time.monotonic() > deadline):
                    raise Unusable(f"{kept.program.name} does not start{_last_words(kept.program)}")
            self._wait(POLL_SECONDS)

    def watch(self) -> None:
        while not self.stopping:
            self._turn()
            self._wait(self._pause())

    def stop(self) -> None:
        """The application first, then its servers: nobody loses the ground while still writing."""
        self.stopping = True
        servers = [kept.child for kept in self._kept.values() if kept.program.probe]
        others = [kept.child for kept in self._kept.values() if not kept.program.probe]
        until = time.monotonic() + APPLICATION_SECONDS
        _end(others, APPLICATION_SECONDS)
        # What the application left of its time is theirs: a database that writes down what it has may need it.
        _end(servers, SERVER_SECONDS + max(0.0, until - time.monotonic()))

    def _turn(self) -> None:
        for kept in self._kept.values():
            if kept.done or self.stopping:
                continue
            if kept.child.pid is None or kept.due is not None:
                self._start(kept)
            elif (code := kept.child.ended()) is not None:
                self._fallen(kept, code)
            elif not kept.child.is_ready and kept.child.ready():
                self._came_up(kept)

    def _start(self, kept: Kept) -> None:
        now = time.monotonic()
        awaited = self._kept.get(kept.program.after or "")
        if (awaited and not awaited.was_ready) or (kept.due is not None and now < kept.due):
            return
        kept.due, kept.since = None, now
        kept.child.start()
        self._changed()

    def _fallen(self, kept: Kept, code: int) -> None:
        if kept.program.once and code == 0:
            kept.done = kept.was_ready = True
            self._changed()
            return
        now = time.monotonic()
        kept.falls = 1 if kept.child.is_ready and now - kept.since > STEADY_SECONDS else kept.falls + 1
        # Full jitter: what fell together does not come back together.
        pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(kept.falls - 1, 8)))  # noqa: S311
        kept.due = now + pause
        self._say(f"{kept.program.name} ended ({_how(code)}); starting it again in {pause:.1f} s")
        self._changed()

    def _came_up(self, kept: Kept) -> None:
        if kept.falls:
            self._say(f"{kept.program.name} is back (pid {kept.child.pid})")
        kept.was_ready = True
        self._changed()

    def _pause(self) -> float:
        if any(kept.child.pid and not kept.child.is_ready and not kept.done for kept in self._kept.values()):
            return POLL_SECONDS
        due = [kept.due - time.monotonic() for kept in self._kept.values() if kept.due is not None]
        return max(0.0, min([IDLE_SECONDS, *due]))

    def _wait(self, seconds: float) -> None:
        with suppress(InterruptedError):
            select.select([self._woken], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


def _end(children: list[Child], seconds: float) -> None:
    for child in children:
        child.send(child.program.stop)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(child.pid and child.ended() is None for child in children):
        time.sleep(POLL_SECONDS)
    for child in children:
        child.stop(0.2)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _last_words(program: Program) -> str:
    if program.log is None or not program.log.exists():
        return ""
    lines = program.log.read_text(errors="replace").strip().splitlines()
    return f": {lines[-1][:300]} (see {program.log})" if lines else f" (see {program.log})"
