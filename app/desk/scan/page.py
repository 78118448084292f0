"""The page of a scan: the rule in words, the table, and what each condition leaves."""

import math
import time

from markupsafe import Markup

from app.desk.scan.results import page_of, set_columns
from app.finance.instrument import Instrument
from app.identity import View
from app.quotes import partials as quotes
from app.quotes.board import QuoteBoard
from app.quotes.live_order import KEYS, LiveOrder, in_order
from app.quotes.quote import SymbolQuote, stored_quote
from app.quotes.spark import spark
from app.rules import words
from app.scans import cells, partials
from app.scans.address import SCAN, ScanAddress
from app.scans.cells import Heading, Values
from app.scans.columns import CHANGE, LAST, SORTABLE, SYMBOL, USUAL_SET, ScreenColumn, Sort, number, value
from app.scans.fitting_rules import fitting_rule
from app.scans.partials import FunnelStep, MatchRow, RuleChip
from app.scans.queries import ScanPage, ScanRow
from app.web.times import exchange_day, exchange_stamp, exchange_weekday

FIRST_UP = frozenset((SYMBOL,))
"""Columns whose link sorts the smallest first."""
SPARKS = frozenset((USUAL_SET,))
"""Sets of columns with the session's line."""


def chips(address: ScanAddress) -> Markup:
    conditions = address.rule.conditions
    alone = len(conditions) == 1
    return partials.chips(
        [
            RuleChip(
                words.describe(condition),
                "/scan" if alone else address.with_rule(words.without(address.rule, place)).url(),
            )
            for place, condition in enumerate(conditions)
        ]
    )


def funnel(address: ScanAddress, answer: ScanPage, scope: str, view: View) -> Markup:
    """`scope`: in words."""
    steps = [FunnelStep(scope[:1].upper() + scope[1:], answer.scanned, 100.0 if answer.scanned else 0.0)]
    for condition, count in zip(address.rule.conditions, answer.left, strict=True):
        steps.append(FunnelStep(words.describe(condition), count, round(100 * count / max(1, answer.scanned), 1)))
    return partials.funnel(steps, view)


def headings(address: ScanAddress, units: dict[str, str]) -> list[Heading]:
    """Of the columns behind price, change and percentage."""
    return [_heading(column, cells.label(column, units), address) for column in set_columns(address)]


def fixed_headings(address: ScanAddress) -> dict[str, Heading]:
    """Of symbol, price and percentage, by name."""
    symbol = ScreenColumn(SYMBOL, "Symbol", LAST.kind, LAST.source)
    return {column.name: _heading(column, column.label, address) for column in (symbol, LAST, CHANGE)}


def _heading(column: ScreenColumn, label: str, address: ScanAddress) -> Heading:
    sort = address.sort
    is_sorted = sort.name == column.name
    order = ("descending" if sort.descending else "ascending") if is_sorted else ""
    following = Sort(column.name, column.name not in FIRST_UP)
    if sort == following:
        following = following._replace(descending=not following.descending)
    is_sortable = column.name == SYMBOL or column.name in SORTABLE
    return Heading(label, column.style, order, address.sorted_by(following).url() if is_sortable else "")


def moment_words(address: ScanAddress, as_of: float) -> str:
    """Such as "At the close of Tue 4 Sep 2012"; empty now. `as_of`: where the newest bar ends."""
    if address.at is None:
        return ""
    if address.at.is_close:
        return f"At the close of {exchange_weekday(as_of)} {exchange_day(as_of)}"
    day, _, clock = exchange_stamp(address.at.at).partition(", ")
    return f"At {clock} on {exchange_weekday(address.at.at)} {day}"


def units(address: ScanAddress, answer: ScanPage) -> dict[str, str]:
    return cells.units(set_columns(address), [values(address, row) for row in answer.rows])


def rows(
    address: ScanAddress,
    answer: ScanPage,
    board: QuoteBoard,
    volume_units: dict[str, str],
    view: View,
    *,
    linked: bool = True,
    scanned: bool = False,
) -> Markup:
    """`scanned`: whether each value leads to the scan with the rule that fits it."""
    now = time.time()
    matches = [_row(address, row, board, volume_units, now, view) for row in answer.rows]
    if scanned:
        matches = [_scanned(match, address, row) for match, row in zip(matches, answer.rows, strict=True)]
    return partials.rows(matches, linked)


def _scanned(match: MatchRow, address: ScanAddress, row: ScanRow) -> MatchRow:
    row_values = values(address, row)
    rules = [fitting_rule(column, value(column, row_values)) for column in set_columns(address)]
    scan = address._replace(path=SCAN, page=1)
    urls = [scan.with_rule(rule).url() if rule else "" for rule in rules]
    return match._replace(cells=[cell._replace(url=url) for cell, url in zip(match.cells, urls, strict=True)])


def _row(
    address: ScanAddress, row: ScanRow, board: QuoteBoard, volume_units: dict[str, str], now: float, view: View
) -> MatchRow:
    row_values = values(address, row)
    instrument = board.instrument(row.symbol) or Instrument(row.symbol, row.name)
    live = None if address.at else board.quote(row.symbol)
    quote = (live or _stored_quote(instrument, row, row_values)).without_move
    return MatchRow(
        instrument,
        quotes.cells(quote, quote.age(now), view),
        cells.cells(set_columns(address), row_values, instrument, volume_units, view),
        quotes.spark(spark(quote), view) if address.columns in SPARKS and not address.at else "",
    )


def _stored_quote(instrument: Instrument, row: ScanRow, values: Values) -> SymbolQuote:
    close, change = number(LAST, values), number(CHANGE, values)
    before = close / (1 + change / 100) if close is not None and change is not None and change > -100 else None
    return stored_quote(instrument, math.nan if close is None else close, before, row.at)


def in_live_order(address: ScanAddress, page: ScanPage, board: QuoteBoard) -> ScanPage:
    """The page in the order of what its cells show, where pushes change what it is sorted by."""
    order = live_order(address, page)
    if order is None:
        return page
    rows, numbers = {row.symbol: row for row in page.rows}, {}
    for row in page.rows:
        own = values(address, row)
        quote = board.quote(row.symbol) or _stored_quote(Instrument(row.symbol), row, own)
        number = KEYS[order.column](quote)
        numbers[row.symbol] = number if number is not None and math.isfinite(number) else None
    return page._replace(rows=[rows[symbol] for symbol in in_order(numbers, order.is_descending)])


def live_order(address: ScanAddress, page: ScanPage) -> LiveOrder | None:
    """None where rows are in an order that pushes do not change."""
    if address.at or address.sort.name not in KEYS:
        return None
    return LiveOrder(address.sort.name, address.sort.descending, tuple(row.symbol for row in page.rows))


def values(address: ScanAddress, row: ScanRow) -> Values:
    return dict(zip(page_of(address).sources, row.values, strict=True))
