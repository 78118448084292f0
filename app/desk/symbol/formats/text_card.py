"""A symbol as a card of text for terminals: price, ranges, a chart of block characters, the newest detections."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from app.finance.bars import Bar
from app.finance.instrument import Instrument
from app.finance.periods import DATED
from app.identity import View
from app.patterns.queries import Detection
from app.quotes.charts.block_chart import block_chart
from app.quotes.quote import SymbolQuote
from app.web import filters, numbers, times
from app.web.formats import printable

WIDTH = 80
ROWS = 8
NEWEST = 5
"""Detections."""
LABEL = 10
"""Letters before the values."""
DIRECTIONS = {"bullish": "▲", "bearish": "▼"}


class TextCard(NamedTuple):
    """`bars`: oldest first; `span`: what they are, in words. `detections`: newest first; None while the database is
    away. `as_of`: the newest moment in it, UTC epoch seconds."""

    instrument: Instrument
    quote: SymbolQuote | None
    bars: Sequence[Bar]
    span: str
    notes: Sequence[str]
    detections: Sequence[Detection] | None
    as_of: float
    price_source: str = ""
    """What the prices are, such as an invented market."""


def draw_card(card: TextCard, view: View) -> str:
    """Lines of at most WIDTH columns."""
    lines = [*_head(card, view), "", *_ranges(card, view), "", *_chart(card, view)]
    lines += [*(f"Note: {note}" for note in card.notes), "", *_detected(card, view), "", *_foot(card, view)]
    return "".join(f"{_within(printable(line))}\n" for line in lines)


def _head(card: TextCard, view: View) -> Iterator[str]:
    instrument, quote = card.instrument, card.quote
    yield "  ".join(filter(None, (instrument.symbol, instrument.name)))
    if quote is None:
        yield f"{numbers.price(card.bars[-1].close, instrument, view)}, last close"
        return
    change = numbers.change(quote.change, instrument, view), numbers.percent(quote.fraction, view)
    price = numbers.price(quote.price, instrument, view)
    words = f"{price}  {filters.arrow(quote.change)} {change[0]} ({change[1]}) since the previous close"
    yield f"{words}, {quote.hours}" if quote.hours else words


def _ranges(card: TextCard, view: View) -> Iterator[str]:
    def price(value: float | None) -> str:
        return numbers.price(value, card.instrument, view)

    if quote := card.quote:
        yield f"{'Day':<{LABEL}}{price(quote.low)} to {price(quote.high)}, open {price(quote.open)}"
        yield f"{'Before':<{LABEL}}{price(quote.previous_close)}, previous close"
        yield f"{'Volume':<{LABEL}}{numbers.volume(quote.volume, view)}"
    low, high = min(bar.low for bar in card.bars), max(bar.high for bar in card.bars)
    yield f"{'Chart':<{LABEL}}{price(low)} to {price(high)}, {card.span}"


def _chart(card: TextCard, view: View) -> Iterator[str]:
    prices = [bar.close for bar in card.bars]
    low, high = (numbers.price(edge, card.instrument, view) for edge in (min(prices), max(prices)))
    margin = max(cell_len(low), cell_len(high))
    rows = block_chart(prices, WIDTH - margin - 2, ROWS).rows
    labels = [high, *[""] * (ROWS - 2), low]
    for label, row in zip(labels, rows, strict=True):
        yield f"{' ' * (margin - cell_len(label))}{label}  {row}"
    first, last = (_moment(bar) for bar in (card.bars[0], card.bars[-1]))
    gap = max(2, len(rows[0]) - cell_len(first) - cell_len(last))
    yield f"{' ' * margin}  {first}{' ' * gap}{last}"


def _moment(bar: Bar) -> str:
    return times.day(bar.day) if bar.timeframe in DATED else times.exchange_stamp(bar.start)


def _detected(card: TextCard, view: View) -> Iterator[str]:
    if card.detections is None:
        yield "Detections are not available now."
    elif not card.detections:
        yield "Nothing was detected."
    for each in (card.detections or ())[:NEWEST]:
        shape = DIRECTIONS.get(each.direction, "◆")
        confidence = "" if each.confidence is None else f", confidence {numbers.share(each.confidence, view)}"
        name, timeframe = filters.words(each.pattern), filters.timeframe(each.timeframe)
        yield f"{shape} {name}, {timeframe}, {_detected_at(each)}{confidence}"


def _detected_at(detection: Detection) -> str:
    dated = detection.timeframe in DATED
    return times.exchange_day(detection.at) if dated else times.exchange_stamp(detection.at)


def _foot(card: TextCard, view: View) -> Iterator[str]:
    if card.price_source:
        yield f"Prices: {card.price_source}."
    address = filters.symbol_path(card.instrument.symbol)
    yield f"As of {times.stamp(card.as_of, view)}. Also {address}.csv .json .svg .png"


def _within(line: str) -> str:
    """Cut at WIDTH columns, where letters of East Asia take two."""
    return line.rstrip() if cell_len(line) <= WIDTH else f"{set_cell_size(line, WIDTH - 1).rstrip()}…"
