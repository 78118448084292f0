"""Messages per minute over a sliding window of one minute, in twelve slots."""

SLOTS = 12
SLOT_SECONDS = 5.0


class RollingRate:
    """`now` is wall or monotonic time, as long as it is always the same of the two."""

    def __init__(self) -> None:
        self._counts = [0] * SLOTS
        self._slot = 0

    def note(self, now: float) -> None:
        self._turn(now)
        self._counts[self._slot % SLOTS] += 1

    def per_minute(self, now: float) -> int:
        self._turn(now)
        return sum(self._counts)

    def _turn(self, now: float) -> None:
        slot = int(now / SLOT_SECONDS)
        for empty_slot in range(max(self._slot + 1, slot - SLOTS + 1), slot + 1):
            self._counts[empty_slot % SLOTS] = 0
        # A clock that was set back goes on counting where it was.
        self._slot = max(self._slot, slot)
