"""Ticks from Redis: our own batches, and the contract's single ones unless a batch has brought the same already."""

from collections import deque
from collections.abc import Sequence

from app.wire.channels import Meaning
from app.wire.codec.codec import Rejected, decode_each, decode_ticks
from app.wire.events.event import AnyEvent, Tick

KEPT_SECONDS = 30.0
KEPT_BATCHES = 8
"""Whose single messages may still come: each feed sends a batch, then its ticks one by one in the same order."""


class _Batch:
    """Read once more, tick by tick, while its ticks come one by one."""

    __slots__ = ("_next", "_ticks", "arrived_at")

    def __init__(self, ticks: Sequence[Tick], arrived_at: float) -> None:
        self.arrived_at = arrived_at
        self._ticks = ticks
        self._next = 0

    @property
    def spent(self) -> bool:
        return self._next >= len(self._ticks)

    def advance(self, single: Tick) -> bool:
        """Whether this is the next of its ticks; from there it goes on."""
        if self.spent or _content(self._ticks[self._next]) != _content(single):
            return False
        self._next += 1
        return True


class TickFeed:
    def __init__(self) -> None:
        self.duplicates = 0
        """Single messages that a batch had brought before."""
        self._batches: deque[_Batch] = deque(maxlen=KEPT_BATCHES)

    def batch(self, payload: bytes, arrived_at: float) -> Sequence[AnyEvent | Rejected]:
        ticks = decode_ticks(payload, arrived_at)
        if not ticks:
            return (Rejected("empty-batch"),)
        self._batches.append(_Batch(ticks, arrived_at))
        return ticks

    def single(self, payload: bytes, arrived_at: float) -> Sequence[AnyEvent | Rejected]:
        """Nothing for what a batch has brought: it would be counted twice."""
        return [event for event in decode_each(Meaning.TICKS, payload, arrived_at) if not self._is_duplicate(event)]

    def _is_duplicate(self, event: AnyEvent | Rejected) -> bool:
        oldest = event.arrived_at - KEPT_SECONDS if isinstance(event, Tick) else 0.0
        while self._batches and (self._batches[0].spent or self._batches[0].arrived_at < oldest):
            self._batches.popleft()
        double = isinstance(event, Tick) and any(batch.advance(event) for batch in self._batches)
        self.duplicates += double
        return double


def _content(tick: Tick) -> tuple[object, ...]:
    """What the feed says of it: not when it was published, for the batch and the single message are written apart."""
    return tick.symbol, tick.at, tick.price, tick.volume, tick.kind, tick.starts_at, tick.trade_id, tick.bid, tick.ask
