"""Readers of the same topics in the same view at the same rate: they share one sequence of frames."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

from app.identity import View
from app.live.reader import Frame, Reader
from app.live.sse import ServerSentEvent
from app.live.topics import kind
from app.push import Push

TOO_MANY = 256
"""Changes that wait for a frame before it is sent early."""


class Drawing:
    """A push and what it looks like, drawn once per view however many audiences show it."""

    __slots__ = ("_draw", "_drawn", "push")

    def __init__(self, push: Push, draw: Callable[[Push, View], str]) -> None:
        self.push = push
        self._draw = draw
        self._drawn: dict[View, str] = {}

    def markup(self, view: View) -> str:
        if view not in self._drawn:
            self._drawn[view] = self._draw(self.push, view)
        return self._drawn[view]


class Pending:
    """Changes that wait, in order. A newer one takes the place of an older where only the newest counts."""

    def __init__(self) -> None:
        self._drawings: dict[object, Drawing] = {}

    def __len__(self) -> int:
        return len(self._drawings)

    def add(self, drawing: Drawing) -> None:
        push = drawing.push
        replaceable = push.op == "trim" or (push.op != "insert" and kind(push.topic) == "state")
        place = (push.topic, push.key, push.op == "trim") if replaceable else drawing
        # A cell must not be drawn before the whole that contains it: the newest goes to the end.
        self._drawings.pop(place, None)
        self._drawings[place] = drawing

    def take(self) -> Iterable[Drawing]:
        drawings, self._drawings = self._drawings, {}
        return drawings.values()


class Audience:
    """One flush is one message with all changes since the last: at once after a silence, then every `interval`."""

    def __init__(
        self,
        topics: frozenset[str],
        view: View,
        interval: float,
        write: Callable[[Iterable[Drawing], View], str],
        newest: Callable[[], str],
    ) -> None:
        """`newest` is asked for the log's position whenever a frame is made."""
        self.topics, self.view, self.interval = topics, view, interval
        self.readers: set[Reader] = set()
        self.frames = 0
        self._write = write
        self._newest = newest
        self._pending = Pending()
        self._flushed = float("-inf")
        self._timer: asyncio.Handle | None = None

    @property
    def idle(self) -> bool:
        return not self._pending

    def change(self, drawing: Drawing) -> None:
        self._pending.add(drawing)
        loop = asyncio.get_running_loop()
        if self._timer is None:
            wait = self._flushed + self.interval - loop.time()
            self._timer = loop.call_later(wait, self.flush) if wait > 0 else loop.call_soon(self.flush)
        elif len(self._pending) == TOO_MANY:
            # Never here and now: all changes of one event belong into one frame.
            self._timer.cancel()
            self._timer = loop.call_soon(self.flush)

    def flush(self) -> None:
        """Hands one frame to every reader; those who could not keep it are ended."""
        self.rest()
        if self.idle:
            return
        self._flushed = asyncio.get_running_loop().time()
        markup = self._write(self._pending.take(), self.view)
        if not markup:
            return
        newest = self._newest()
        frame = Frame(ServerSentEvent(markup, id=newest or None).encode(), newest)
        self.frames += 1
        for reader in [reader for reader in self.readers if not reader.offer(frame)]:
            reader.end("slow")

    def rest(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None


def written(drawings: Iterable[Drawing], view: View, failed: Callable[[Push], None]) -> Iterator[str]:
    """The markup of each; one that cannot be drawn is left out and told, the others go on."""
    for drawing in drawings:
        try:
            yield drawing.markup(view)
        except Exception:
            failed(drawing.push)
