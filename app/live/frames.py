"""What is drawn once and sent to many: a push with its markup, what waits for a frame, and a frame's parts."""

from collections.abc import Callable, Iterable, Iterator

from app.identity import View
from app.live import coding
from app.live.sse import ServerSentEvent
from app.live.topics import kind
from app.push import Push


class Drawing:
    """A push and what it looks like, drawn once per view however many audiences show it."""

    __slots__ = ("_draw", "_drawn", "at", "push")

    def __init__(self, push: Push, draw: Callable[[Push, View], str], at: float = 0.0) -> None:
        self.push = push
        self.at = at
        """When it was published, by the loop's clock."""
        self._draw = draw
        self._drawn: dict[View, str] = {}

    def markup(self, view: View) -> str:
        if view not in self._drawn:
            self._drawn[view] = self._draw(self.push, view)
        return self._drawn[view]


class Pending:
    """Changes that wait, in order. A newer one takes the place of an older where only the newest counts."""

    __slots__ = ("_drawings",)

    def __init__(self, drawings: Iterable[Drawing] = ()) -> None:
        self._drawings: dict[object, Drawing] = {}
        for drawing in drawings:
            self.add(drawing)

    def __len__(self) -> int:
        return len(self._drawings)

    def __iter__(self) -> Iterator[Drawing]:
        return iter(self._drawings.values())

    def add(self, drawing: Drawing) -> None:
        push = drawing.push
        replaceable = push.op == "trim" or (push.op != "insert" and kind(push.topic) == "state")
        place = (push.topic, push.key, push.op == "trim") if replaceable else drawing
        # A cell must not be drawn before the whole that contains it: the newest goes to the end.
        self._drawings.pop(place, None)
        self._drawings[place] = drawing


class Part:
    """Some lines of one message, as bytes, and compressed once for all readers who cannot share a chain of blocks."""

    __slots__ = ("_alone", "lines")

    def __init__(self, lines: bytes) -> None:
        self.lines = lines
        self._alone = b""

    @property
    def alone(self) -> bytes:
        if not self._alone and self.lines:
            self._alone = coding.alone(self.lines)
        return self._alone


def data(drawings: Iterable[Drawing], view: View, failed: Callable[[Push], None]) -> Part:
    """The `data:` lines of a message that goes on. What cannot be drawn is left out and told, the others go on."""
    markup = "\n".join(_written(drawings, view, failed))
    return Part(ServerSentEvent(markup).encode()[:-1] if markup else b"")


def end(id: str) -> Part:  # noqa: A002 (the name of the field)
    """The end of a message; with an id, the reader then lacks nothing up to that entry."""
    return Part(f"id: {id}\n\n".encode() if id else b"\n")


def chunk(payload: bytes) -> bytes:
    """One HTTP/1.1 chunk; its payload is between the first line break and the last two bytes."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def unchunked(framed: bytes) -> bytes:
    return framed[framed.index(b"\r\n") + 2 : -2]


def _written(drawings: Iterable[Drawing], view: View, failed: Callable[[Push], None]) -> Iterator[str]:
    for drawing in drawings:
        try:
            yield drawing.markup(view)
        except Exception:
            failed(drawing.push)
