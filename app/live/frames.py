"""What is drawn once and sent to many: a push with its markup, what waits for a frame, and a frame's parts."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto

from app.identity import View
from app.live import gzip_blocks, rfc6455
from app.live.topics import kind
from app.push import Push
from quart_sse import ServerSentEvent


class Form(Enum):
    """How frames are written to a reader."""

    PLAIN = auto()
    GZIP = auto()
    SOCKET = auto()


class RenderedPush:
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

    def __init__(self, drawings: Iterable[RenderedPush] = ()) -> None:
        self._drawings: dict[object, RenderedPush] = {}
        for drawing in drawings:
            self.add(drawing)

    def __len__(self) -> int:
        return len(self._drawings)

    def __iter__(self) -> Iterator[RenderedPush]:
        return iter(self._drawings.values())

    def add(self, drawing: RenderedPush) -> None:
        push = drawing.push
        replaceable = push.op == "trim" or (push.op != "insert" and kind(push.topic) == "state")
        place = (push.topic, push.key, push.op == "trim") if replaceable else drawing
        # A cell must not be drawn before the whole that contains it: the newest goes to the end.
        self._drawings.pop(place, None)
        self._drawings[place] = drawing


class Part:
    """Some lines of one message, as bytes, and compressed once for all readers who cannot share a chain of blocks."""

    __slots__ = ("_alone", "bare", "lines")

    def __init__(self, lines: bytes, bare: bytes = b"") -> None:
        self.lines = lines
        self.bare = bare
        """What a socket is sent of it."""
        self._alone = b""

    @property
    def alone(self) -> bytes:
        if not self._alone and self.lines:
            self._alone = gzip_blocks.alone(self.lines)
        return self._alone


def data(drawings: Iterable[RenderedPush], view: View, failed: Callable[[Push], None]) -> Part:
    """The `data:` lines of a message that goes on. What cannot be drawn is left out and told, the others go on."""
    markup = "\n".join(_written(drawings, view, failed))
    return Part(ServerSentEvent(markup).encode()[:-1], markup.encode("utf-8", "replace")) if markup else Part(b"")


def end(id: str) -> Part:  # noqa: A002 (the name of the field)
    """The end of a message; with an id, the reader then lacks nothing up to that entry."""
    return Part(ServerSentEvent(id=id or None).encode())


def payload(parts: Iterable[Part], form: Form) -> bytes:
    """Good for any one reader, wherever its stream stands."""
    if form is Form.SOCKET:
        return b"\n".join([part.bare for part in parts if part.bare])
    return b"".join([part.alone if form is Form.GZIP else part.lines for part in parts])


def enclosed(body: bytes, form: Form) -> bytes:
    """As it goes over the wire."""
    return rfc6455.frame(rfc6455.TEXT, body) if form is Form.SOCKET else chunk(body)


def chunk(payload: bytes) -> bytes:
    """One HTTP/1.1 chunk; its payload is between the first line break and the last two bytes."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def unchunked(framed: bytes) -> bytes:
    return framed[framed.index(b"\r\n") + 2 : -2]


def _written(drawings: Iterable[RenderedPush], view: View, failed: Callable[[Push], None]) -> Iterator[str]:
    for drawing in drawings:
        try:
            yield drawing.markup(view)
        except Exception:
            failed(drawing.push)
