"""Positions in the tick stream at which minutes begin, from which a restart reads again."""

from collections import deque

from app.finance.rollup import CORRECTION_SECONDS
from app.finance.sessions import MINUTE
from app.wire.ticks.reader import BEGINNING, Checkpoint, MinuteOffset

STEPS_BACK = int(CORRECTION_SECONDS // MINUTE) + 1
"""Minutes before the checkpoint that ticks may still correct."""
MOST_TICKS = 200_000
"""Ticks that a restart reads at most to correct earlier minutes; those of unstored minutes are always read."""
MOST_MARKS = 1024


class MinuteMarks:
    def __init__(self) -> None:
        self._marks: deque[tuple[MinuteOffset, int]] = deque(maxlen=MOST_MARKS)
        """Each with the number of ticks read before it."""

    def begin(self) -> None:
        """Reading begins with the first entry of the stream."""
        self.resume(MinuteOffset(0.0, BEGINNING, 0), 0)

    def resume(self, mark: MinuteOffset, ticks: int) -> None:
        """Drops earlier marks: reading continues at this one."""
        self._marks.clear()
        self._marks.append((mark, ticks))

    def add(self, mark: MinuteOffset, ticks: int) -> None:
        """The entry after `mark` is the first with ticks of its minute; `ticks` were read before."""
        self._marks.append((mark, ticks))

    def checkpoint(self, stored_until: float) -> Checkpoint | None:
        """The checkpoint for minutes stored until then; None without a mark before it."""
        before = [each for each in self._marks if each[0].minute <= stored_until]
        if not before:
            return None
        newest = before[-1][1]
        near = [mark for mark, ticks in before[-STEPS_BACK - 1 :] if newest - ticks <= MOST_TICKS]
        return Checkpoint(stored_until, tuple(near))
