"""Indicators of many symbols in one message of our own: a reader decodes those of the symbols that it needs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec

from app.finance.symbols import is_symbol
from app.wire.codec import values
from app.wire.codec.fields import AHEAD_SECONDS
from app.wire.codec.moments import LATEST
from app.wire.codec.refusal import Rejected
from app.wire.codec.ticks import is_clean
from app.wire.events.event import IndicatorCalculated

MOST_BYTES = 500_000
"""Of a message that is written here; one symbol alone may take more."""
READ_BYTES = 4 * MOST_BYTES

_Figure = Annotated[float, msgspec.Meta(ge=-values.LARGEST, le=values.LARGEST)]
_Seconds = Annotated[float, msgspec.Meta(gt=0, lt=LATEST)]
_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Row(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    indicator: _Word
    timeframe: Annotated[str, msgspec.Meta(max_length=32)]
    value: _Figure
    signal: Annotated[str, msgspec.Meta(max_length=64)]
    at: _Seconds
    parts: dict[str, _Figure] | None = None


class _Message(msgspec.Struct):
    source: str
    published_at: _Seconds
    symbols: dict[str, msgspec.Raw]


_MESSAGE = msgspec.json.Decoder(_Message)
_ROWS = msgspec.json.Decoder(list[_Row])
_encode = msgspec.json.Encoder().encode


class IndicatorBatch(NamedTuple):
    """The rows of each symbol as they came, decoded when they are asked for."""

    source: str
    published_at: float
    arrived_at: float
    rows: Mapping[str, msgspec.Raw]

    def of(self, symbol: str) -> list[IndicatorCalculated] | Rejected:
        """The values of one symbol, in the order in which they were calculated; none for another symbol."""
        raw = self.rows.get(symbol)
        if raw is None:
            return []
        try:
            rows = _ROWS.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return Rejected("bad-shape")
        if not is_symbol(symbol) or any(row.at > self.arrived_at + AHEAD_SECONDS for row in rows):
            return Rejected("bad-shape")
        return [self._event(symbol, row) for row in rows]

    def _event(self, symbol: str, row: _Row) -> IndicatorCalculated:
        return IndicatorCalculated(
            at=row.at,
            published_at=self.published_at,
            arrived_at=self.arrived_at,
            source=self.source,
            symbol=symbol,
            indicator=row.indicator,
            timeframe=row.timeframe,
            value=row.value,
            signal=row.signal,
            parts=tuple((row.parts or {}).items()),
        )


def encode_indicators(events: Iterable[IndicatorCalculated], now: float) -> list[bytes]:
    """As few messages as MOST_BYTES allows, every symbol whole in one of them.

    An event that was not published yet is published at `now`, in UTC epoch seconds.
    """
    groups: dict[tuple[str, float], dict[str, list[_Row]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        row = _Row(event.indicator, event.timeframe, event.value, event.signal, event.at, dict(event.parts) or None)
        groups[event.source, event.published_at or now][event.symbol].append(row)
    return [
        _encode(_Message(source, published_at, batch))
        for (source, published_at), symbols in groups.items()
        for batch in _split(symbols)
    ]


def open_indicators(payload: bytes, arrived_at: float) -> IndicatorBatch | Rejected:
    """Which symbols a message has; a symbol's rows are read when `of` is asked for it."""
    if len(payload) > READ_BYTES:
        return Rejected("too-big")
    try:
        message = _MESSAGE.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Rejected("bad-shape")
    if message.published_at > arrived_at + AHEAD_SECONDS or not is_clean(message.source):
        return Rejected("bad-shape")
    return IndicatorBatch(message.source, message.published_at, arrived_at, message.symbols)


def _split(symbols: Mapping[str, Sequence[_Row]]) -> Iterator[dict[str, msgspec.Raw]]:
    batch: dict[str, msgspec.Raw] = {}
    size = 0
    for symbol, rows in symbols.items():
        encoded = _encode(rows)
        if batch and size + len(encoded) > MOST_BYTES:
            yield batch
            batch, size = {}, 0
        batch[symbol] = msgspec.Raw(encoded)
        size += len(encoded) + len(symbol) + 4
    yield batch
