"""Positions in the tick stream at which minutes begin, from which a restart reads again."""

from collections import deque

from app.finance.rollup import HELD_SECONDS
from app.finance.sessions import MINUTE
from app.wire.ticks.reader import BEGINNING, Checkpoint, MinuteOffset

STEPS_BACK = int(HELD_SECONDS // MINUTE) + 1
"""Minutes before the one that is asked for: ticks still mend them."""
MOST_TICKS = 200_000
"""That a restart reads to be able to mend earlier minutes; it always reads those of minutes that are not stored."""
MOST_MARKS = 1024


class MinuteMarks:
    def __init__(self) -> None:
        self._marks: deque[tuple[MinuteOffset, int]] = deque(maxlen=MOST_MARKS)
        """And the ticks that were read before, since this process began."""

    def begin(self) -> None:
        """Reading begins with the first entry that was ever written."""
        self.resume(MinuteOffset(0.0, BEGINNING, 0), 0)

    def resume(self, mark: MinuteOffset, ticks: int) -> None:
        """What came before the mark does not belong to what comes."""
        self._marks.clear()
        self._marks.append((mark, ticks))

    def add(self, mark: MinuteOffset, ticks: int) -> None:
        """The entry after it is the first that has ticks of its minute; so many ticks were read before."""
        self._marks.append((mark, ticks))

    def checkpoint(self, stored_until: float) -> Checkpoint | None:
        """With minutes before that instant stored; None where it is not known from where to read."""
        before = [each for each in self._marks if each[0].minute <= stored_until]
        if not before:
            return None
        newest = before[-1][1]
        near = [mark for mark, ticks in before[-STEPS_BACK - 1 :] if newest - ticks <= MOST_TICKS]
        return Checkpoint(stored_until, tuple(near))
