"""Renders pushes once per view and encodes them as SSE, gzip blocks or WebSocket frames."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto

from app.identity import View
from app.live import gzip_blocks, rfc6455
from app.live.topics import kind
from app.push import Push
from quart_sse import ServerSentEvent


class FrameEncoding(Enum):
    """How frames are written to a reader."""

    PLAIN = auto()
    GZIP = auto()
    SOCKET = auto()


class RenderedPush:
    """A push and what it looks like, drawn once per view however many audiences show it."""

    __slots__ = ("_markup_by_view", "_render", "at", "push")

    def __init__(self, push: Push, draw: Callable[[Push, View], str], at: float = 0.0) -> None:
        self.push = push
        self.at = at
        """When it was published, by the loop's clock."""
        self._render = draw
        self._markup_by_view: dict[View, str] = {}

    def markup(self, view: View) -> str:
        if view not in self._markup_by_view:
            self._markup_by_view[view] = self._render(self.push, view)
        return self._markup_by_view[view]


class PendingChanges:
    """Changes that wait, in order. A newer one takes the place of an older where only the newest counts."""

    __slots__ = ("_changes",)

    def __init__(self, changes: Iterable[RenderedPush] = ()) -> None:
        self._changes: dict[object, RenderedPush] = {}
        for change in changes:
            self.add(change)

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[RenderedPush]:
        return iter(self._changes.values())

    def add(self, change: RenderedPush) -> None:
        push = change.push
        replaceable = push.op == "trim" or (push.op != "insert" and kind(push.topic) == "state")
        place = (push.topic, push.key, push.op == "trim") if replaceable else change
        # A cell must not be drawn before the whole that contains it: the newest goes to the end.
        self._changes.pop(place, None)
        self._changes[place] = change


class FramePart:
    """Some lines of one message, as bytes, and compressed once for all readers who cannot share a chain of blocks."""

    __slots__ = ("_block", "lines", "socket_payload")

    def __init__(self, lines: bytes, bare: bytes = b"") -> None:
        self.lines = lines
        self.socket_payload = bare
        """What a socket is sent of it."""
        self._block = b""

    @property
    def block(self) -> bytes:
        if not self._block and self.lines:
            self._block = gzip_blocks.block(self.lines)
        return self._block


def data_part(changes: Iterable[RenderedPush], view: View, on_failure: Callable[[Push], None]) -> FramePart:
    """The `data:` lines of a message that goes on. What cannot be drawn is left out and told, the others go on."""
    markup = "\n".join(_render_each(changes, view, on_failure))
    return (
        FramePart(ServerSentEvent(markup).encode()[:-1], markup.encode("utf-8", "replace"))
        if markup
        else FramePart(b"")
    )


def end_part(id: str) -> FramePart:  # noqa: A002 (the name of the field)
    """The end of a message; with an id, the reader then lacks nothing up to that entry."""
    return FramePart(ServerSentEvent(id=id or None).encode())


def payload(parts: Iterable[FramePart], encoding: FrameEncoding) -> bytes:
    """Good for any one reader, wherever its stream stands."""
    if encoding is FrameEncoding.SOCKET:
        return b"\n".join([part.socket_payload for part in parts if part.socket_payload])
    return b"".join([part.block if encoding is FrameEncoding.GZIP else part.lines for part in parts])


def wrap(body: bytes, encoding: FrameEncoding) -> bytes:
    """As it goes over the wire."""
    return rfc6455.frame(rfc6455.TEXT, body) if encoding is FrameEncoding.SOCKET else chunk(body)


def chunk(payload: bytes) -> bytes:
    """One HTTP/1.1 chunk; its payload is between the first line break and the last two bytes."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def unchunk(framed: bytes) -> bytes:
    return framed[framed.index(b"\r\n") + 2 : -2]


def _render_each(changes: Iterable[RenderedPush], view: View, on_failure: Callable[[Push], None]) -> Iterator[str]:
    for change in changes:
        try:
            yield change.markup(view)
        except Exception:
            on_failure(change.push)
