"""The rows of a scan at a moment in the past, from the values that were computed with its match list."""

from collections.abc import Mapping

from app.desk.scan import results
from app.desk.scan.results import ScanPart
from app.desk.scan.sources import ScanSources
from app.rules.show import operand_text
from app.scans.address import ScanAddress
from app.scans.columns import SORTABLE, DetectionValue, Sort, Source, value
from app.scans.queries import ScanPage, ScanRow
from app.wire.rules.match_lists import MatchList

StoredValues = Mapping[str, float | None]
"""By operand."""


async def past_rows(
    match_list: MatchList, address: ScanAddress, part: ScanPart, sources: ScanSources
) -> ScanPage | None:
    """None where the values are not stored any more; they are then computed again. Raises RedisUnavailable,
    Unavailable."""
    table = await sources.watch.past_table(match_list.key)
    if table is None:
        return None
    values = table.rows()
    symbols = in_order(values, address.sort)[part.offset : part.offset + part.limit]
    descriptions = await _descriptions(symbols, address, sources)
    operands = [_text(source) for source in part.sources]
    rows = [
        descriptions.get(symbol, ScanRow(symbol, "", "", "", "", "", True, 0.0, None, 1.0, ()))._replace(
            at=match_list.as_of, values=tuple(values[symbol].get(operand) for operand in operands)
        )
        for symbol in symbols
    ]
    scanned, *left = match_list.left
    return ScanPage(rows, scanned, left)


def in_order(values: Mapping[str, StoredValues], sort: Sort) -> list[str]:
    """Equal values by symbol, and what has no value last, in both directions."""
    column = SORTABLE.get(sort.name)
    if column is None:
        return sorted(values, reverse=sort.descending)
    sources = [column.source, *((column.base,) if column.base else ())]
    numbers = {
        symbol: value(column, {source: own.get(_text(source)) for source in sources}) for symbol, own in values.items()
    }
    sign = -1 if sort.descending else 1
    valued = [(sign * number, symbol) for symbol, number in numbers.items() if isinstance(number, float)]
    names = {symbol for _, symbol in valued}
    return [symbol for _, symbol in sorted(valued)] + sorted(symbol for symbol in numbers if symbol not in names)


def _text(source: Source) -> str:
    """What a value is stored under; none of detections is."""
    return "" if isinstance(source, DetectionValue) else operand_text(source)


async def _descriptions(symbols: list[str], address: ScanAddress, sources: ScanSources) -> dict[str, ScanRow]:
    """Names, sectors and the like, by symbol, as far as the market has a table of newest values."""
    if not symbols:
        return {}
    part = ScanPart((), limit=len(symbols))
    page = await results.of_symbols(address._replace(sort=Sort()), part, tuple(symbols), sources.pools, sources.cache)
    return {row.symbol: row for row in page.rows}
