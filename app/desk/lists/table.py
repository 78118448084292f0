"""The rows of a list's table: entries with their quotes, in the order that an address names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from types import MappingProxyType
from typing import NamedTuple

from markupsafe import Markup

from app.finance.instrument import Instrument
from app.identity import View
from app.quotes import partials
from app.quotes.board import QuoteBoard
from app.quotes.live_order import LiveOrder
from app.quotes.quote import SymbolQuote
from app.quotes.spark import Spark, spark
from app.scans import cells
from app.scans.cells import TextCell, Values
from app.scans.columns import SORTABLE, ScreenColumn, sources, value
from app.watchlists.watchlist import ListEntry, ListSection, Watchlist

ROWS = 100
"""Of a page."""


class QuotedEntry(NamedTuple):
    """`since`: the change since the entry was added, as a fraction; None without a price then or now. `values`: of the
    table of newest values; empty where that has none."""

    entry: ListEntry
    instrument: Instrument
    quote: SymbolQuote | None
    since: float | None
    values: Values = MappingProxyType({})


class ListRow(NamedTuple):
    """`cells`: empty without a price; `section`: of which this is the first row, in the owner's order."""

    entry: ListEntry
    instrument: Instrument
    cells: Markup | str
    spark: Markup
    since: float | None
    values: Sequence[TextCell] = ()
    section: ListSection | None = None
    section_size: int = 0


SORT_KEYS: dict[str, Callable[[QuotedEntry], object]] = {
    "symbol": lambda row: row.entry.symbol,
    "last": lambda row: row.quote and row.quote.price,
    "chg": lambda row: row.quote and row.quote.fraction,
    "added": lambda row: row.entry.added_at,
    "since": lambda row: row.since,
}
LIVE_COLUMNS = {"last": "last", "chg": "change"}
"""Of SORT_KEYS, those whose cells pushes replace, as live orders name them."""
OWN_ORDER = ""
SORTS = (OWN_ORDER, *(f"{sign}{name}" for name in {**SORTABLE, **SORT_KEYS} for sign in ("", "-")))
"""What an address may say; a minus sign is for the largest first."""


def with_quotes(watchlist: Watchlist, board: QuoteBoard) -> list[QuotedEntry]:
    """In the owner's order."""
    return [_with_quote(entry, board) for entry in watchlist.entries]


def in_order(rows: Sequence[QuotedEntry], sort: str) -> list[QuotedEntry]:
    """Equal values by symbol, and what has no value last, in both directions."""
    if sort == OWN_ORDER:
        return [*rows]
    key = _sort_key(sort.removeprefix("-"))
    by_symbol = sorted(rows, key=lambda row: row.entry.symbol)
    valued = [row for row in by_symbol if key(row) is not None]
    missing = [row for row in by_symbol if key(row) is None]
    # Stable in both directions: reversing the list would reverse the symbols too.
    return [*sorted(valued, key=key, reverse=sort.startswith("-")), *missing]  # type: ignore[arg-type]


def live_order(rows: Sequence[QuotedEntry], sort: str) -> LiveOrder | None:
    """None where rows are in an order that pushes do not change."""
    column = LIVE_COLUMNS.get(sort.removeprefix("-"))
    return LiveOrder(column, sort.startswith("-"), tuple(row.entry.symbol for row in rows)) if column else None


def _sort_key(name: str) -> Callable[[QuotedEntry], object]:
    if name in SORT_KEYS:
        return SORT_KEYS[name]
    column = SORTABLE[name]
    return lambda row: value(column, row.values) if row.values else None


def with_values(rows: Iterable[QuotedEntry], values: Mapping[str, Values]) -> list[QuotedEntry]:
    """`values`: by symbol."""
    return [row._replace(values=values.get(row.entry.symbol, {})) for row in rows]


def drawn_rows(
    rows: Sequence[QuotedEntry], now: float, view: View, columns: Sequence[ScreenColumn] = ()
) -> list[ListRow]:
    """`now`: wall time, for the ages."""
    units = volume_units(rows, columns)
    return [_row(row, now, view)._replace(values=_values(row, columns, units, view)) for row in rows]


def volume_units(rows: Iterable[QuotedEntry], columns: Sequence[ScreenColumn]) -> dict[str, str]:
    """K, M or B by the name of each column of volumes."""
    return cells.units(columns, [row.values for row in rows if row.values])


def _values(
    row: QuotedEntry, columns: Sequence[ScreenColumn], units: Mapping[str, str], view: View
) -> Sequence[TextCell]:
    values = row.values or dict.fromkeys(sources(tuple(columns)))
    return cells.cells(columns, values, row.instrument, units, view)


def with_sections(rows: Iterable[ListRow], watchlist: Watchlist) -> list[ListRow]:
    """Rows in the owner's order, each first row of a section with that section."""
    marked, before = [], None
    for row in rows:
        section = watchlist.section(row.entry.section_id) if row.entry.section_id != before else None
        before = row.entry.section_id
        size = len(watchlist.of_section(section.id)) if section else 0
        marked.append(row._replace(section=section, section_size=size))
    return marked


def _with_quote(entry: ListEntry, board: QuoteBoard) -> QuotedEntry:
    quote = board.quote(entry.symbol)
    instrument = quote.instrument if quote else board.instrument(entry.symbol) or Instrument(entry.symbol)
    return QuotedEntry(entry, instrument, quote, _since(entry, quote, board))


def _since(entry: ListEntry, quote: SymbolQuote | None, board: QuoteBoard) -> float | None:
    """In today's shares: a split between is no fall."""
    if quote is None or not entry.price_added:
        return None
    then = entry.price_added / board.share_ratio(entry.symbol, entry.added_at.astimezone(UTC).date(), quote.session)
    return quote.price / then - 1


def _row(row: QuotedEntry, now: float, view: View) -> ListRow:
    quote = row.quote.without_move if row.quote else None
    quote_cells = partials.cells(quote, quote.age(now), view) if quote else ""
    line = partials.spark(spark(quote) if quote else Spark("", None), view)
    return ListRow(row.entry, row.instrument, quote_cells, line, row.since)
