"""Converts values of a message to the types of their fields; None where a value cannot be converted."""

import json
import math
from collections.abc import Iterable

from app.finance.symbols import is_symbol
from app.wire.codec.fields import MISSING
from app.wire.codec.moments import epoch_seconds
from app.wire.codec.refusal import UnreadableMessage
from app.wire.codec.text import clean

LARGEST = 1e15
MOST = 64
"""Items of a list, parts of an indicator, components of a system."""

MOST_SYMBOLS = 10_000
"""A load of a whole market names each of its symbols; the bytes of its status are bounded before."""

_TRUE = {"true", "yes", "on", "1", "enabled"}
_FALSE = {"false", "no", "off", "0", "disabled"}


def number(value: object) -> float | None:
    """Finite, and of a size that can be shown."""
    if type(value) is float:
        return value if -LARGEST <= value <= LARGEST else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        figure = float(value)
    except (ValueError, OverflowError):
        return None
    return figure if math.isfinite(figure) and abs(figure) <= LARGEST else None


def count(value: object) -> int | None:
    figure = number(value)
    return int(figure) if figure is not None and figure >= 0 else None


def tally(value: object) -> int | None:
    """A count, or a list of what is counted."""
    return len(value) if isinstance(value, list) else count(value)


def positive(value: object) -> float | None:
    figure = number(value)
    return figure if figure is not None and figure >= 0 else None


def share(value: object) -> float | None:
    """0 to 1, from that or, where it is more than 1, from percent."""
    figure = number(value)
    if figure is None or not 0 <= figure <= 100:
        return None
    return round(figure if figure <= 1 else figure / 100, 12)


def from_percent(value: object) -> float | None:
    percent = number(value)
    return round(percent / 100, 12) if percent is not None and 0 <= percent <= 100 else None


def to_percent(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 10)


def score(value: object) -> float | None:
    figure = number(value)
    return figure if figure is not None and 0 <= figure <= 100 else None


def when(value: object) -> float | None:
    """A point in time that may lie ahead."""
    return None if value is MISSING else epoch_seconds(value)


def flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, int | str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def symbol(value: object) -> str | None:
    """In the case in which it was sent: two symbols may differ in nothing else."""
    if not isinstance(value, str):
        return None
    sent = value if is_symbol(value) else clean(value, 40)
    if sent and not is_symbol(sent):
        raise UnreadableMessage("bad-symbol")
    return sent


def words(value: object, most: int = MOST) -> tuple[str, ...]:
    """From a list, from a list written as JSON, or from a, b, c."""
    if isinstance(value, str):
        value = _parse_list(value, most)
    if not isinstance(value, list):
        return ()
    cleaned = (clean(item, 200) for item in value[:most] if isinstance(item, str))
    return tuple(item for item in cleaned if item)


def symbols(value: object) -> tuple[str, ...]:
    return words(value, MOST_SYMBOLS)


def parts(value: object) -> tuple[tuple[str, float], ...]:
    """Numbers by name."""
    if not isinstance(value, dict):
        return ()
    figures = {clean(str(name), 64): number(item) for name, item in _bounded(value.items())}
    return tuple((name, item) for name, item in figures.items() if name and item is not None)


def levels(value: object) -> tuple[tuple[str, float], ...]:
    """From objects of a type and a value."""
    if not isinstance(value, list):
        return ()
    pairs = ((item.get("type"), number(item.get("value"))) for item in value[:MOST] if isinstance(item, dict))
    levels_by_kind = ((clean(kind, 64), price) for kind, price in pairs if isinstance(kind, str))
    return tuple((kind, price) for kind, price in levels_by_kind if kind and price is not None)


def to_levels(levels: tuple[tuple[str, float], ...]) -> list[dict[str, object]]:
    return [{"type": kind, "value": value} for kind, value in levels]


def components(value: object) -> tuple[dict[str, object], ...]:
    """By name: a score, a word, or an object of both. The newest word on a name counts."""
    if not isinstance(value, dict):
        return ()
    items = {clean(str(name), 64): item for name, item in _bounded(value.items())}
    return tuple({"name": name, **_component(item)} for name, item in items.items() if name)


def _component(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        details = value.get("details")
        return {
            "status": clean(status, 32).lower() if isinstance(status := value.get("status"), str) else "",
            "score": score(value.get("score")),
            "details": clean(details, 200) if isinstance(details, str) else "",
        }
    return {"status": clean(value, 32).lower()} if isinstance(value, str) else {"score": score(value)}


def _bounded(items: Iterable[tuple[object, object]]) -> list[tuple[object, object]]:
    return [item for item, _ in zip(items, range(MOST), strict=False)]


def _parse_list(text: str, most: int) -> object:
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return []
    return text.split(",", most)
