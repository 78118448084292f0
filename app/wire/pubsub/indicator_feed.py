"""Indicators from Redis, decoded for the symbols that somebody watches; all are kept undecoded for a while."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from app.wire.channels import Meaning
from app.wire.codec.codec import IndicatorBatch, Rejected, decode_each, open_indicators
from app.wire.events.event import AnyEvent, IndicatorCalculated

KEPT_SECONDS = 30.0
"""Longer than it takes from the publication of a value until the database has it."""
KEPT_BYTES = 8_000_000
KEPT_MESSAGES = 50_000

_KEY = re.compile(rb'"(?:symbol|ticker)"')
_SYMBOL = re.compile(rb'"(?:symbol|ticker)"\s*:\s*"([^"\\\x00-\x1f]+)"')


class _Single(NamedTuple):
    symbols: frozenset[str]
    payload: bytes
    arrived_at: float


class _RecentMessage(NamedTuple):
    at: float
    size: int
    message: IndicatorBatch | _Single


class IndicatorFeed:
    def __init__(self, watched: Callable[[str], bool] = lambda _symbol: True) -> None:
        """`watched`: whether somebody looks at the indicators of a symbol now."""
        self.skipped = 0
        """Messages of which nothing was decoded, and batches of which not all was."""
        self._watched = watched
        self._recent: deque[_RecentMessage] = deque()
        self._recent_bytes = 0

    def batch(self, payload: bytes, arrived_at: float) -> list[AnyEvent | Rejected]:
        """The values of the symbols that are watched."""
        message = open_indicators(payload, arrived_at)
        if isinstance(message, Rejected):
            return [message]
        symbols = [symbol for symbol in message.rows if self._watched(symbol)]
        self.skipped += len(symbols) < len(message.rows)
        self._keep(message, len(payload))
        return _events(message, symbols)

    def single(self, payload: bytes, arrived_at: float) -> Iterable[AnyEvent | Rejected]:
        """The values of a message of the contract's channel, unless it plainly speaks of unwatched symbols alone."""
        symbols = plain_symbols(payload)
        if symbols:
            self._keep(_Single(symbols, payload, arrived_at), len(payload))
            if not any(map(self._watched, symbols)):
                self.skipped += 1
                return ()
        return decode_each(Meaning.INDICATORS, payload, arrived_at)

    def recent(self, symbol: str) -> list[IndicatorCalculated]:
        """What came for a symbol in the last KEPT_SECONDS, in the order of arrival, whether or not somebody watched it.

        A value may be published before it is stored: who reads the database for a new watcher needs both. Whoever
        watched it when it came may have left since, and what the board knew of the symbol with him.
        """
        self._evict()
        events: list[AnyEvent | Rejected] = []
        for entry in self._recent:
            message = entry.message
            if isinstance(message, IndicatorBatch):
                events += _events(message, (symbol,))
            elif symbol in message.symbols:
                events += decode_each(Meaning.INDICATORS, message.payload, message.arrived_at)
        return [event for event in events if isinstance(event, IndicatorCalculated) and event.symbol == symbol]

    def _keep(self, message: IndicatorBatch | _Single, size: int) -> None:
        self._recent.append(_RecentMessage(time.monotonic(), size, message))
        self._recent_bytes += size
        self._evict()

    def _evict(self) -> None:
        messages, oldest = self._recent, time.monotonic() - KEPT_SECONDS
        while messages and (
            messages[0].at < oldest or self._recent_bytes > KEPT_BYTES or len(messages) > KEPT_MESSAGES
        ):
            self._recent_bytes -= messages.popleft().size


def plain_symbols(payload: bytes) -> frozenset[str]:
    """The symbols that a message speaks of, without decoding it; none where a look at its bytes cannot tell."""
    names = _SYMBOL.findall(payload)
    if not names or b"\\" in payload or len(names) != len(_KEY.findall(payload)):
        return frozenset()
    return frozenset(name.decode("utf-8", "replace").strip() for name in names)


def _events(message: IndicatorBatch, symbols: Iterable[str]) -> list[AnyEvent | Rejected]:
    events: list[AnyEvent | Rejected] = []
    for symbol in symbols:
        rows = message.of(symbol)
        if isinstance(rows, Rejected):
            events.append(rows)
        else:
            events += rows
    return events
