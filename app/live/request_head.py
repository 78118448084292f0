"""Checks request line and headers against RFC 9110, 9112 and 6455 before the application sees the request."""

import base64
import binascii
import re
from collections.abc import Mapping

import h11

Fields = list[tuple[bytes, bytes]]
ByName = Mapping[bytes, bytes]
"""The last field of each name in small letters."""

_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[-\w.~!$&'()*+,;=%]*)(?::[0-9]*)?")
_ABSOLUTE = re.compile(rb"https?://([^/?#]+)((?:[/?][^#]*)?)", re.IGNORECASE)
_KEY_BYTES = 16


def refusal(why: str, status: int = 400) -> h11.RemoteProtocolError:
    """The error that `StrictConnection.next_event` raises; `status` is the HTTP status of the response."""
    return h11.RemoteProtocolError(why, error_status_hint=status)


def by_name(request: h11.Request) -> ByName:
    return {name.lower(): value for name, value in request.headers.raw_items()}


def checked_request(request: h11.Request, fields: ByName) -> h11.Request:
    """The normalized request: an absolute target is split into path and Host, HTTP/1.2 becomes HTTP/1.1, and HTTP/1.0
    loses its upgrade. Raises h11.RemoteProtocolError where a standard requires a refusal."""
    if request.http_version[:1] != b"1":
        raise refusal("only HTTP/1 is spoken here", 505)
    if request.method != request.method.upper():
        raise refusal("no such method: they are case-sensitive", 501)
    if request.target[:1] != b"/" and request.target != b"*":
        request = _relative(request)
        fields = by_name(request)
    if b"#" in request.target or (request.target == b"*" and request.method != b"OPTIONS"):
        raise refusal("the target is neither a path nor an address")
    if not _HOST.fullmatch(fields.get(b"host", b"" if request.http_version == b"1.0" else b"?")):
        raise refusal("Host is missing, or not the name of a host")
    if _is_handshake(request, fields):
        _check_handshake(request, fields)
    return request if request.http_version == b"1.1" else _in_version(request)


def _is_handshake(request: h11.Request, fields: ByName) -> bool:
    """Whether it asks for a WebSocket."""
    if fields.get(b"upgrade", b"").lower() != b"websocket" or request.method != b"GET" or request.http_version < b"1.1":
        return False
    return b"upgrade" in (token.strip() for token in fields.get(b"connection", b"").lower().split(b","))


def _relative(request: h11.Request) -> h11.Request:
    """RFC 9112, 3.2.2: the name in an absolute target counts, and Host does not."""
    absolute = _ABSOLUTE.fullmatch(request.target)
    if absolute is None:
        raise refusal("the target is neither a path nor an address")
    fields = [(b"Host", absolute[1]), *_without(b"host", request)]
    path = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    if request.method == b"OPTIONS" and not absolute[2]:
        path = b"*"  # RFC 9112, 3.2.4
    return h11.Request(method=request.method, target=path, headers=fields, http_version=request.http_version)


def _in_version(request: h11.Request) -> h11.Request:
    """HTTP/1.0 has no upgrade; versions above 1.1 are answered as 1.1."""
    version = min(request.http_version, b"1.1")
    fields = _without(b"upgrade", request) if version == b"1.0" else request.headers.raw_items()
    return h11.Request(method=request.method, target=request.target, headers=fields, http_version=version)


def _without(name: bytes, request: h11.Request) -> Fields:
    return [field for field in request.headers.raw_items() if field[0].lower() != name]


def _check_handshake(request: h11.Request, fields: ByName) -> None:
    if fields.get(b"sec-websocket-version") != b"13":
        raise refusal("only version 13 of the WebSocket protocol is spoken here", 426)
    keys = [value for name, value in request.headers if name == b"sec-websocket-key"]
    if len(keys) != 1 or not _is_key(keys[0]):
        raise refusal("Sec-WebSocket-Key is not one of 16 bytes in base64")
    if b"transfer-encoding" in fields or fields.get(b"content-length", b"0") != b"0":
        raise refusal("a handshake has no body")


def _is_key(value: bytes) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == _KEY_BYTES
    except binascii.Error:
        return False
