"""The JSON value of a universe in cache_entries: reads two spellings, writes one."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.engine.universes.universe import ETFS
from app.finance.symbols import is_storable, is_symbol

LISTS = ("stocks", "etfs", "symbols", "tickers", "members")


def members(value: Any) -> tuple[str, ...]:
    """From an object with a list of objects in it, or a plain list; entries that are no symbol are skipped."""
    if isinstance(value, Mapping):
        value = [each for name in LISTS if isinstance(value.get(name), list) for each in value[name]]
    if not isinstance(value, list):
        return ()
    symbols = (_symbol(each) for each in value)
    return tuple(dict.fromkeys(symbol for symbol in symbols if symbol))


def entry_value(kind: str, members: Iterable[str]) -> dict[str, Any]:
    listed = [{"ticker": symbol} for symbol in members]
    return {"etfs" if kind == ETFS else "stocks": listed, "count": len(listed)}


def _symbol(each: Any) -> str:
    if isinstance(each, Mapping):
        each = each.get("ticker") or each.get("symbol")
    text = each.strip() if isinstance(each, str) else ""
    return text if is_symbol(text) and is_storable(text) else ""
