"""The bytes of a WebSocket: frames that a server writes, and what it must know of those that a client sends."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_WHOLE, _MASKED, _RESERVED = 0x80, 0x80, 0x70
_SHORT, _MEDIUM = 126, 65_536


class Frame(NamedTuple):
    opcode: int
    payload: bytes = b""
    """Of pings, pongs and closes; that of messages is not kept."""


class Unheard(Exception):
    """What was sent cannot be listened to any further."""

    def __init__(self, why: Literal["garbled", "oversize", "flood"]) -> None:
        super().__init__(why)
        self.why = why


def welcome(key: bytes) -> bytes:
    """The head of the answer to a handshake; it takes up no extension and no subprotocol."""
    accepted = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"


def frame(opcode: int, payload: bytes) -> bytes:
    """Whole and without a mask, so the same bytes do for everybody."""
    size = len(payload)
    if size < _SHORT:
        return bytes((_WHOLE | opcode, size)) + payload
    if size < _MEDIUM:
        return bytes((_WHOLE | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_WHOLE | opcode, 127)) + size.to_bytes(8, "big") + payload


def close(code: int) -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big"))


def unframed(framed: bytes) -> Frame:
    """What `frame` was given."""
    head = {126: 4, 127: 10}.get(framed[1], 2)
    return Frame(framed[0] & 0x0F, framed[head:])


class Incoming:
    """Takes apart what a client says. A message is told when it begins, and passed over without being kept."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        """Bytes of one message, in however many frames."""
        self._waiting = bytearray()
        self._passing_over = 0
        self._size = 0
        self._goes_on = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Raises Unheard; nothing may be fed after that."""
        self._waiting += data
        while found := self._next():
            yield found

    def _next(self) -> Frame | None:
        passed = min(self._passing_over, len(self._waiting))
        self._passing_over -= passed
        del self._waiting[:passed]
        head = _head(self._waiting)
        if head is None:
            return None
        if head.opcode < CLOSE:
            return self._message(head)
        end = head.length + head.size
        if len(self._waiting) < end:
            return None
        payload = _unmasked(self._waiting[head.length - 4 : head.length], self._waiting[head.length : end])
        del self._waiting[:end]
        return Frame(head.opcode, payload)

    def _message(self, head: "_Head") -> Frame:
        if self._goes_on != (head.opcode == CONTINUATION):
            raise Unheard("garbled")
        self._size = head.size + (self._size if self._goes_on else 0)
        if self._size > self._largest:
            raise Unheard("oversize")
        self._goes_on = not head.whole
        self._passing_over = head.size
        del self._waiting[: head.length]
        return Frame(head.opcode)


class _Head(NamedTuple):
    opcode: int
    whole: bool
    size: int
    """Bytes of the payload."""
    length: int
    """Bytes of the head itself, the mask included."""


def _head(data: bytearray) -> _Head | None:
    """None while it is not all there."""
    if len(data) < 2:
        return None
    opcode, size = data[0] & 0x0F, data[1] & 0x7F
    whole, control = bool(data[0] & _WHOLE), opcode >= CLOSE
    wrong = data[0] & _RESERVED or not data[1] & _MASKED or opcode not in _OPCODES
    if wrong or (control and (size >= _SHORT or not whole)):
        raise Unheard("garbled")
    longer = {126: 2, 127: 8}.get(size, 0)
    length = 2 + longer + 4
    if len(data) < length:
        return None
    return _Head(opcode, whole, int.from_bytes(data[2 : 2 + longer], "big") if longer else size, length)


def _unmasked(mask: bytearray, payload: bytearray) -> bytes:
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


_OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
