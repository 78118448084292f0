"""Checks the bytes of an HTTP/1.1 request before h11 parses them, where h11 is more lenient than RFC 9112."""

import re
from collections.abc import Callable
from typing import Any

import h11

from app.live.request_head import by_name, checked_request, refusal

LONGEST_LINE = 256
"""Bytes of the line before a chunk, its extensions included."""

LARGEST_TRAILER = 4096
"""Bytes of the fields after the last chunk."""

CutPiece = Callable[[bytearray], bytes]
"""Removes and returns the bytes that h11 may parse now; b"" while they are incomplete or another request begins."""

_TOKEN = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+"
_QUOTED_STRING = rb'"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t -\x7e\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (_TOKEN, _TOKEN, _QUOTED_STRING)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:%b)*\r\n" % _EXTENSION)


class StrictConnection(h11.Connection):
    """h11's connection of a server, which is handed a request piece by piece, each after it has been checked.

    `next_event` raises h11.RemoteProtocolError with the status of the refusal; after that nothing is read any more.
    """

    def __init__(self, largest_head: int) -> None:
        """`largest_head`: bytes of a request line with its fields."""
        super().__init__(h11.SERVER, max_incomplete_event_size=largest_head)
        self.stopped = False
        self._largest_head = largest_head
        self._unread = bytearray()
        self._ended = False
        self._body: CutPiece = _no_body

    @property
    def trailing_data(self) -> tuple[bytes, bool]:
        return bytes(self._unread), self._ended

    def receive_data(self, data: bytes) -> None:
        """`data` is empty at the end of what the client sends."""
        if not self.stopped:
            self._unread += data
            self._ended = self._ended or not data

    def stop(self) -> None:
        """Stops reading and drops bytes after the last request."""
        self.stopped = True
        self._unread.clear()

    def next_event(self) -> Any:
        if self.stopped:
            return h11.NEED_DATA
        if self.their_state is h11.DONE and self._unread:
            return h11.PAUSED
        try:
            self._feed_h11()
            event = super().next_event()
            return self._begin_body(event) if isinstance(event, h11.Request) else event
        except h11.RemoteProtocolError:
            self.stop()
            raise

    def _feed_h11(self) -> None:
        state = self.their_state
        if state in (h11.MUST_CLOSE, h11.CLOSED):
            self._unread.clear()  # behind the last request of a connection
        take = {h11.IDLE: self._head, h11.SEND_BODY: self._body}.get(state, _no_body)
        if piece := take(self._unread):
            super().receive_data(piece)
        elif self._ended:
            super().receive_data(b"")

    def _head(self, unread: bytearray) -> bytes:
        if unread.startswith(b"\r\n"):
            del unread[:2]  # RFC 9112, 2.2: an empty line before a request is passed over
        end = _blank_line(unread)
        head = bytes(unread[: end or None])
        if _is_broken(head) or (head[:1] < b"!" and head not in (b"", b"\r")):
            raise refusal("a line of the head is broken")
        if len(head) > self._largest_head:
            raise refusal("the head is too large", 431)
        if not end:
            return b""
        _, *lengths = head.lower().split(b"\ncontent-length:")
        if lengths and (len(lengths) > 1 or b"," in lengths[0].partition(b"\r")[0]):
            raise refusal("more than one Content-Length")
        del unread[:end]
        return head

    def _begin_body(self, request: h11.Request) -> h11.Request:
        fields = by_name(request)
        chunked, length = b"transfer-encoding" in fields, fields.get(b"content-length")
        if chunked and (length is not None or request.http_version < b"1.1"):
            raise refusal("Transfer-Encoding beside Content-Length, or in HTTP/1.0")
        self._body = ChunkedBody().cut if chunked else SizedBody(int(length or 0)).cut
        return checked_request(request, fields)


class SizedBody:
    """A body with Content-Length."""

    def __init__(self, size: int) -> None:
        self._left = size

    def cut(self, unread: bytearray) -> bytes:
        piece = bytes(unread[: self._left])
        del unread[: len(piece)]
        self._left -= len(piece)
        return piece


class ChunkedBody:
    """A chunked body with its trailer. A malformed line raises h11.RemoteProtocolError."""

    def __init__(self) -> None:
        self._next: CutPiece = self._line
        self._data = SizedBody(0)

    def cut(self, unread: bytearray) -> bytes:
        pieces = []
        while piece := self._next(unread):
            pieces.append(piece)
        return b"".join(pieces)

    def _line(self, unread: bytearray) -> bytes:
        end = unread.find(b"\n", 0, LONGEST_LINE) + 1
        if not end and len(unread) < LONGEST_LINE:
            return b""
        line = bytes(unread[:end])
        size = _CHUNK.fullmatch(line)
        if size is None:
            raise refusal("the line before a chunk is broken, or too long")
        del unread[:end]
        length = int(size[1], 16)
        self._data = SizedBody(length + len(b"\r\n"))
        self._next = self._chunk if length else self._trailer
        return line

    def _chunk(self, unread: bytearray) -> bytes:
        if piece := self._data.cut(unread):
            return piece
        if not unread:
            return b""
        self._next = self._line
        return self._line(unread)

    def _trailer(self, unread: bytearray) -> bytes:
        end = 2 if unread.startswith(b"\r\n") else _blank_line(unread)
        trailer = bytes(unread[: end or None])
        if _is_broken(trailer) or len(trailer) > LARGEST_TRAILER:
            raise refusal("the trailer is broken, or too large")
        if not end:
            return b""
        del unread[:end]
        self._next = _no_body
        return trailer


def _is_broken(lines: bytes) -> bool:
    """Whether a line end is not CRLF, or a line goes on in the next one: servers differ in how they read these.
    The last line may not be there yet."""
    ends = lines.count(b"\r\n")
    alone = lines.count(b"\n") > ends or lines.count(b"\r") > ends + lines.endswith(b"\r")
    return alone or b"\n " in lines or b"\n\t" in lines


def _blank_line(unread: bytearray) -> int:
    """Where the first one ends; 0 while there is none."""
    start = unread.find(b"\r\n\r\n")
    return start + 4 if start >= 0 else 0


def _no_body(_unread: bytearray) -> bytes:
    return b""
