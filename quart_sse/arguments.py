"""What the arguments of a response may be: each is refused where it is given, not when the stream is under way."""

from collections.abc import AsyncIterable, Iterable, Mapping
from math import isfinite
from typing import Any


def content(value: Any) -> Any:
    """An iterable of events, async or not. One event, which happens to be iterable, is refused with the rest."""
    if isinstance(value, str | bytes | memoryview | Mapping) or not isinstance(value, AsyncIterable | Iterable):
        raise TypeError(f"content must be an iterable of events, async or not, and is {_kind(value)}")
    return value


def seconds(name: str, value: Any, *, least: str = ">= 0") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be int or float, and is {_kind(value)}")
    if not isfinite(value) or value < 0 or (value == 0 and least == "> 0"):
        raise ValueError(f"{name} must be {least} and finite")
    return value


def seconds_or_none(name: str, value: Any, *, least: str = ">= 0") -> float | None:
    return None if value is None else seconds(name, value, least=least)


def function(name: str, value: Any) -> Any:
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be callable or None, and is {_kind(value)}")
    return value


def event(name: str, value: Any) -> Any:
    """asyncio's, anyio's, or anything that can be set."""
    if value is not None and not callable(getattr(value, "set", None)):
        raise TypeError(f"{name} must be an event or None, and is {_kind(value)}")
    return value


def status(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"status_code must be int, and is {_kind(value)}")
    if not 200 <= value <= 599:
        raise ValueError("status_code must be 200 to 599")
    return value


def media_type(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"media_type must be str, and is {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    return type(value).__name__
