"""Untrusted text: parses JSON, and cleans strings so that they are safe to store and to print."""

import json

import msgspec

from app.wire.codec.refusal import UnreadableMessage


def parse(payload: bytes) -> dict[str, object]:
    try:
        message: object = msgspec.json.decode(payload)
    except (ValueError, RecursionError):
        message = _lenient(payload)
    if not isinstance(message, dict):
        raise UnreadableMessage("not-an-object")
    return message


def _lenient(payload: bytes) -> object:
    """Python's json module writes NaN and lone surrogates: one bad figure must not cost the whole message."""
    try:
        return json.loads(payload.decode("utf-8"), parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        raise UnreadableMessage("not-json") from None


def clean(value: str, limit: int) -> str:
    """No control, format or surrogate characters; every white space a blank; cut to `limit`."""
    if len(value) <= limit and value.isprintable():
        return value.strip()
    # Twice the limit is enough to look at: nobody pads a name with as many characters as it has.
    value = value[: 2 * limit]
    if not value.isprintable():
        value = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in value)
    return value.strip()[:limit].rstrip()
