"""Renders pushes once per view and encodes them as SSE, gzip blocks or WebSocket frames."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto

from app.identity import View
from app.live import gzip_blocks, rfc6455
from app.live.topics import Kind
from app.push import Push
from quart_sse import ServerSentEvent


class FrameEncoding(Enum):
    """Encoding of frames for a connection."""

    PLAIN = auto()
    GZIP = auto()
    SOCKET = auto()


APART = ("trim", "spark")
"""Operations that replace no other one at the same element."""


class RenderedPush:
    """A push with its markup, rendered once per view for all audiences."""

    __slots__ = ("_markup_by_view", "_render", "at", "kind", "push")

    def __init__(self, push: Push, kind: Kind, draw: Callable[[Push, View], str], at: float = 0.0) -> None:
        self.push, self.kind = push, kind
        self.at = at
        """When it was published, by the loop's clock."""
        self._render = draw
        self._markup_by_view: dict[View, str] = {}

    def markup(self, view: View) -> str:
        if view not in self._markup_by_view:
            self._markup_by_view[view] = self._render(self.push, view)
        return self._markup_by_view[view]


class PendingChanges:
    """Changes that wait for a frame, in order. A newer state replaces an older one of the same key."""

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
        replaceable = push.op == "trim" or (push.op != "insert" and change.kind == "state")
        place = (push.topic, push.key, push.op in APART) if replaceable else change
        # A cell must not be drawn before the whole that contains it: the newest goes to the end.
        self._changes.pop(place, None)
        self._changes[place] = change


class FramePart:
    """Lines of one SSE message, compressed once for all connections that are not in a chain."""

    __slots__ = ("_block", "lines", "socket_payload")

    def __init__(self, lines: bytes, bare: bytes = b"") -> None:
        self.lines = lines
        self.socket_payload = bare
        """The payload for WebSockets."""
        self._block = b""

    @property
    def block(self) -> bytes:
        if not self._block and self.lines:
            self._block = gzip_blocks.block(self.lines)
        return self._block


class Frame:
    """A message, encoded once in each encoding for all audiences that are sent the same."""

    __slots__ = ("_block", "_parts", "_socket_frame", "framed", "size")

    def __init__(self, parts: Sequence[FramePart]) -> None:
        self._parts = parts
        lines = [part.lines for part in parts]
        self.size = sum(map(len, lines))
        """Bytes before compression and framing."""
        self.framed = b"".join((b"%x\r\n" % self.size, *lines, b"\r\n"))
        self._block = self._socket_frame = b""

    @property
    def plain(self) -> bytes:
        return unchunk(self.framed)

    @property
    def framed_block(self) -> bytes:
        """Compressed, for a connection that is in no chain."""
        if not self._block:
            self._block = chunk(payload(self._parts, FrameEncoding.GZIP))
        return self._block

    @property
    def socket_frame(self) -> bytes:
        """Empty where nothing is for WebSockets."""
        if not self._socket_frame and (bare := payload(self._parts, FrameEncoding.SOCKET)):
            self._socket_frame = wrap(bare, FrameEncoding.SOCKET)
        return self._socket_frame


def data_part(changes: Iterable[RenderedPush], view: View, on_failure: Callable[[Push], None]) -> FramePart:
    """The `data:` lines of a message without its end. A push that fails to render is left out and reported."""
    markup = "\n".join(filter(None, _render_each(changes, view, on_failure)))
    return (
        FramePart(ServerSentEvent(markup).encode()[:-1], markup.encode("utf-8", "replace"))
        if markup
        else FramePart(b"")
    )


def end_part(id: str) -> FramePart:  # noqa: A002 (the name of the field)
    """The end of a message; an id says that the client has every entry up to it."""
    return FramePart(ServerSentEvent(id=id or None).encode())


def payload(parts: Iterable[FramePart], encoding: FrameEncoding) -> bytes:
    """Encodes parts as one payload, valid at any point of a stream."""
    if encoding is FrameEncoding.SOCKET:
        return b"\n".join([part.socket_payload for part in parts if part.socket_payload])
    return b"".join([part.block if encoding is FrameEncoding.GZIP else part.lines for part in parts])


def wrap(body: bytes, encoding: FrameEncoding) -> bytes:
    """Wraps a payload as an HTTP chunk or a WebSocket text frame."""
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
