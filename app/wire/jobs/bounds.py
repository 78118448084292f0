"""Limits of a job's fields; a value beyond them is a ValueError that names the field."""

import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from app.finance.symbols import is_symbol
from app.wire.codec.text import clean

MOST_LISTED = 5000


def words(most: int, **values: str) -> None:
    """One line each: not empty, and nothing that no screen could show."""
    for name, value in values.items():
        if not value or clean(value, most) != value:
            raise ValueError(f"{name} must be 1 to {most} plain characters")


def optional_words(most: int, **values: str) -> None:
    words(most, **{name: value for name, value in values.items() if value})


def between(least: float, most: float, **values: float) -> None:
    for name, value in values.items():
        # This way round because no comparison holds for NaN.
        if not least <= value <= most:
            raise ValueError(f"{name} must be {least:g} to {most:g}")


def above(floor: float, most: float, **values: float) -> None:
    for name, value in values.items():
        if not floor < value <= most:
            raise ValueError(f"{name} must be more than {floor:g} and at most {most:g}")


def one_of(choices: Collection[str], **values: str) -> None:
    for name, value in values.items():
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(sorted(choices))}")


def listed(name: str, values: Sequence[str], least: int = 1, most: int = MOST_LISTED) -> None:
    if not least <= len(values) <= most:
        raise ValueError(f"{name} must list {least} to {most}")
    if len(set(values)) != len(values):
        raise ValueError(f"{name} lists something twice")
    for value in values:
        words(64, **{name: value})


def symbols(values: Sequence[str], least: int = 1, most: int = MOST_LISTED) -> None:
    listed("symbols", values, least, most)
    for value in values:
        if not is_symbol(value):
            raise ValueError(f"symbols: {value!r} is no symbol")


def local_now() -> str:
    """The contract's time of loads and controls: ISO 8601 in this machine's zone, without saying which."""
    return datetime.fromtimestamp(time.time(), UTC).astimezone().replace(tzinfo=None).isoformat()
