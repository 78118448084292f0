"""Movers as a table for programs."""

from app.market.movers import ranking
from app.market.movers.ranking import LISTS, Floor, Mover
from app.market.overview.overview import MarketOverview
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

COLUMNS = (
    TableColumn("list", "List"),
    TableColumn("rank", "Rank", ColumnKind.NUMBER),
    TableColumn("symbol", "Symbol"),
    TableColumn("name", "Name"),
    TableColumn("currency", "Currency"),
    TableColumn("last", "Last", ColumnKind.NUMBER),
    TableColumn("change", "Change", ColumnKind.NUMBER, "%"),
    TableColumn("volume", "Volume", ColumnKind.NUMBER, "shares"),
    TableColumn("relative_volume", "Relative volume", ColumnKind.NUMBER),
)
"""`change`: since the previous close. `relative_volume`: volume so far against the mean of 20 whole days."""


def ranked_movers(overview: MarketOverview, floor: Floor, rows: int) -> dict[str, list[Mover]]:
    """As they are at this moment, by the key of a list."""
    ranked = ranking.ranking(overview, floor, rows)
    return {key: [ranking.mover(overview, row) for row in own] for key, own in ranked.items()}


def movers_document(overview: MarketOverview, floor: Floor, zone: str) -> TableDocument:
    movers = ranked_movers(overview, floor, ranking.MOST_ROWS)
    rows = [(each.key, place, *_cells(mover)) for each in LISTS for place, mover in enumerate(movers[each.key], 1)]
    return TableDocument("movers", COLUMNS, rows, zone, overview.at)


def _cells(mover: Mover) -> tuple[Cell, ...]:
    quote = mover.quote
    names = quote.symbol, quote.instrument.name, quote.instrument.currency
    return (*names, quote.price, percent(mover.fraction), quote.volume, _rounded(mover.relative_volume))


def percent(fraction: float | None) -> float | None:
    """In points, as a program reads it."""
    return None if fraction is None else round(100 * fraction, 6)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
