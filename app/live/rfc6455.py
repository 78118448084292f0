"""WebSocket frames (RFC 6455): encodes server frames and parses client frames."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_WHOLE, _MASKED, _RESERVED = 0x80, 0x80, 0x70
_SHORT, _MEDIUM = 126, 65_536
_HEAD = 6
"""Bytes before the payload of a client's control frame, the mask included."""


class WebSocketFrame(NamedTuple):
    opcode: int
    payload: bytes = b""


class ProtocolViolation(Exception):
    """The client broke the protocol: the connection must be closed."""

    def __init__(self, why: Literal["garbled", "message", "no UTF-8", "flood"]) -> None:
        super().__init__(why)
        self.reason = why


def handshake_response(key: bytes) -> bytes:
    """Response head of a handshake, without extensions and subprotocol."""
    accepted = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"


def frame(opcode: int, payload: bytes) -> bytes:
    """One unmasked final frame; the same bytes serve every client."""
    size = len(payload)
    if size < _SHORT:
        return bytes((_WHOLE | opcode, size)) + payload
    if size < _MEDIUM:
        return bytes((_WHOLE | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_WHOLE | opcode, 127)) + size.to_bytes(8, "big") + payload


def close(code: int) -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big"))


def unframe(framed: bytes) -> WebSocketFrame:
    """Reverses `frame`."""
    head = {126: 4, 127: 10}.get(framed[1], 2)
    return WebSocketFrame(framed[0] & 0x0F, framed[head:])


class ClientFrameParser:
    """Parses client frames and accepts only ping, pong and close."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[WebSocketFrame]:
        """Raises ProtocolViolation; nothing may be fed after that."""
        self._waiting += data
        while client_frame := self._next():
            yield client_frame

    def _next(self) -> WebSocketFrame | None:
        waiting = self._waiting
        size = _control_size(waiting)
        if size is None or len(waiting) < (end := _HEAD + size):
            return None
        opcode, payload = waiting[0] & 0x0F, _unmask(waiting[_HEAD - 4 : _HEAD], waiting[_HEAD:end])
        if opcode == CLOSE:
            _check_close(payload)
        del waiting[:end]
        return WebSocketFrame(opcode, payload)


def _control_size(data: bytearray) -> int | None:
    """Bytes of the payload of a control frame, whose head is always as long; None while it is not all there."""
    if not data:
        return None
    opcode, whole = data[0] & 0x0F, data[0] & _WHOLE
    if data[0] & _RESERVED or opcode not in _OPCODES or opcode == CONTINUATION or (opcode >= CLOSE and not whole):
        raise ProtocolViolation("garbled")
    if len(data) < 2:
        return None
    if not data[1] & _MASKED:
        raise ProtocolViolation("garbled")
    if opcode < CLOSE:
        raise ProtocolViolation("message")
    size = data[1] & 0x7F
    if size >= _SHORT:
        raise ProtocolViolation("garbled")
    return size


def _check_close(payload: bytes) -> None:
    """RFC 6455, 5.5.1 and 7.4: nothing, or a code that an endpoint may send, and a reason in UTF-8."""
    if not payload:
        return
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (code in _CODES or code in _OWN_CODES):
        raise ProtocolViolation("garbled")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise ProtocolViolation("no UTF-8") from None


def _unmask(mask: bytearray, payload: bytearray) -> bytes:
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


_OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_CODES = frozenset({*range(1000, 1004), *range(1007, 1015)})
"""Those that are registered, but for the three that say what was not sent."""

_OWN_CODES = range(3000, 5000)
