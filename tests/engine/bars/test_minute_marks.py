"""Where a restart begins to read ticks: far enough back for unstored and correctable minutes, and no further."""

from app.engine.bars.minute_marks import MOST_TICKS, STEPS_BACK, MinuteMarks
from app.wire.ticks.reader import BEGINNING, Checkpoint, MinuteOffset

FIRST = MinuteOffset(0.0, BEGINNING, 0)


def mark(minute: int) -> MinuteOffset:
    return MinuteOffset(60.0 * minute, f"{minute}-0", minute)


def test_the_newest_mark_is_that_of_the_first_minute_that_is_not_stored() -> None:
    marks = MinuteMarks()
    marks.begin()
    for minute in range(1, 100):
        marks.add(mark(minute), minute * 10)

    assert marks.checkpoint(60.0 * 50) == Checkpoint(3000.0, tuple(mark(n) for n in range(50 - STEPS_BACK, 51)))
    assert marks.checkpoint(60.0 * 3 + 30) == Checkpoint(210.0, (FIRST, *(mark(n) for n in range(1, 4))))


def test_a_minute_without_ticks_needs_no_mark() -> None:
    marks = MinuteMarks()
    marks.begin()
    for minute in (1, 5):
        marks.add(mark(minute), minute)

    assert marks.checkpoint(240.0) == Checkpoint(240.0, (FIRST, mark(1)))


def test_after_many_ticks_only_unstored_minutes_are_read_again() -> None:
    marks = MinuteMarks()
    marks.begin()
    for minute in range(1, 10):
        marks.add(mark(minute), minute * MOST_TICKS)

    assert marks.checkpoint(300.0) == Checkpoint(300.0, (mark(4), mark(5)))


def test_after_a_gap_nothing_before_it_is_read() -> None:
    marks = MinuteMarks()
    marks.begin()
    marks.add(mark(1), 10)
    marks.resume(mark(5), 20)

    assert marks.checkpoint(240.0) is None
    assert marks.checkpoint(300.0) == Checkpoint(300.0, (mark(5),))
