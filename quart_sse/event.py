"""One block of an event stream, and what may be written as one."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_BREAK = re.compile(r"\r\n|\r|\n")

SEPARATORS = ("\n", "\r\n", "\r")


class ServerSentEvent:
    """One block of an event stream. Whatever the values hold, they stay inside their own field.

    `retry` is in milliseconds. Raises ValueError for a `sep` that ends no line; `encode` raises TypeError for a `retry`
    that is no int, and ValueError for a negative one.
    """

    DEFAULT_SEPARATOR = "\n"

    def __init__(
        self,
        data: Any | None = None,
        *,
        event: str | None = None,
        id: str | None = None,  # noqa: A002 (the name of the field)
        retry: int | None = None,
        comment: str | None = None,
        sep: str | None = None,
    ) -> None:
        self.data, self.event, self.id, self.retry, self.comment = data, event, id, retry, comment
        self.sep = checked_separator(self.DEFAULT_SEPARATOR if sep is None else sep)

    def encode(self) -> bytes:
        return "".join(line + self.sep for line in (*self._lines(), "")).encode("utf-8", "replace")

    def _lines(self) -> Iterable[str]:
        if self.comment is not None:
            yield from (f": {line}" for line in _BREAK.split(str(self.comment)))
        if self.id is not None:
            yield f"id: {_one_line(self.id)}"
        if self.event is not None:
            yield f"event: {_one_line(self.event)}"
        if self.data is not None:
            yield from (f"data: {line}" for line in _BREAK.split(str(self.data)))
        if self.retry is not None:
            yield f"retry: {_milliseconds(self.retry)}"


class JSONServerSentEvent(ServerSentEvent):
    """An event whose data is written as compact JSON. Raises ValueError for what JSON cannot hold, such as NaN."""

    def __init__(self, data: Any | None = None, **fields: Any) -> None:
        text = None if data is None else json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        super().__init__(text, **fields)


Content = Any
"""Bytes, a mapping of an event's fields, a ServerSentEvent, or anything else, which is written as its data."""


def ensure_bytes(content: Content, sep: str = ServerSentEvent.DEFAULT_SEPARATOR) -> bytes:
    """Bytes pass as they are; anything else becomes one block. A mapping is not changed."""
    if isinstance(content, bytes | memoryview):
        return bytes(content)
    if isinstance(content, ServerSentEvent):
        return content.encode()
    if isinstance(content, Mapping):
        return ServerSentEvent(**{**content, "sep": sep}).encode()
    return ServerSentEvent(str(content), sep=sep).encode()


def checked_separator(sep: str) -> str:
    if sep not in SEPARATORS:
        raise ValueError("sep must be LF, CRLF or CR")
    return sep


def _one_line(value: str) -> str:
    return _BREAK.sub("", str(value)).replace("\0", "")


def _milliseconds(retry: int) -> int:
    if type(retry) is not int:
        raise TypeError("retry argument must be int")
    if retry < 0:
        raise ValueError("retry argument must be >= 0")
    return retry
