"""Columns of the `latest` table: what is stored of the newest bar of a symbol, and of the bar before."""

from collections.abc import Sequence

from msgspec.structs import replace

from app.rules.catalogue import COLUMNS
from app.rules.tree import Rolling, Series

NEWEST: Sequence[str] = tuple(COLUMNS.values())


def one_before(column: str) -> str:
    """The column with the value of the bar before."""
    return f"{column}_1"


EVERY: Sequence[str] = (*NEWEST, *map(one_before, NEWEST))


def column(operand: Series | Rolling) -> str | None:
    """The column that holds the operand, whatever its timeframe and factor; None without one."""
    name = COLUMNS.get(replace(operand, timeframe="", times=1.0, lag=0))
    if name is None or operand.lag > 1:
        return None
    return one_before(name) if operand.lag else name
