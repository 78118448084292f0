"""Ticks from Redis: our own batches, and the contract's single ones unless a batch has brought the same already."""

from collections import deque
from collections.abc import Sequence

from app.wire.channels import Meaning
from app.wire.codec import Rejected, decode_each, decode_ticks
from app.wire.events import AnyEvent

KEPT_SECONDS = 30.0
KEPT_BATCHES = 8
"""Whose single messages may still come: each feed sends a batch, then its ticks one by one in the same order."""


class _Batch:
    """An array as it came, read once more item by item while its ticks come one by one."""

    __slots__ = ("_at", "_payload", "arrived_at")

    def __init__(self, payload: bytes, arrived_at: float) -> None:
        self.arrived_at = arrived_at
        self._payload = payload
        self._at = 1

    @property
    def spent(self) -> bool:
        return self._at >= len(self._payload)

    def takes(self, single: bytes) -> bool:
        """Whether this is the next of its items; from there it goes on."""
        end = self._at + len(single)
        if not self._payload.startswith(single, self._at) or self._payload[end : end + 1] not in (b",", b"]"):
            return False
        self._at = end + 1
        return True


class TickFeed:
    def __init__(self) -> None:
        self.doubles = 0
        """Single messages that a batch had brought before."""
        self._batches: deque[_Batch] = deque(maxlen=KEPT_BATCHES)

    def batch(self, payload: bytes, arrived_at: float) -> Sequence[AnyEvent | Rejected]:
        self._batches.append(_Batch(payload, arrived_at))
        return decode_ticks(payload, arrived_at)

    def single(self, payload: bytes, arrived_at: float) -> Sequence[AnyEvent | Rejected]:
        """Nothing for what a batch has brought: counted twice it would double the volume."""
        while self._batches and (self._batches[0].spent or self._batches[0].arrived_at < arrived_at - KEPT_SECONDS):
            self._batches.popleft()
        if any(batch.takes(payload) for batch in self._batches):
            self.doubles += 1
            return ()
        return decode_each(Meaning.TICKS, payload, arrived_at)
