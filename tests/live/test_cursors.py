"""The cursor of a page is older than the data that the page read."""

from app.live.cursors import Cursors


def test_a_cursor_is_the_newest_position_that_is_old_enough() -> None:
    cursors = Cursors(step_back=10)

    for second in range(30):
        cursors.add(f"e-{second}", now=second)

    assert cursors.page_start(now=29.5) == "e-19"


def test_a_young_process_gives_its_oldest_position() -> None:
    cursors = Cursors(step_back=10)
    cursors.add("e-5", now=100)
    cursors.add("e-6", now=101)

    assert cursors.page_start(now=102) == "e-5"


def test_before_the_first_read_of_the_log_there_is_no_cursor() -> None:
    cursors = Cursors()
    cursors.add("")

    assert cursors.page_start() == ""


def test_positions_in_a_log_that_was_lost_are_forgotten() -> None:
    cursors = Cursors(step_back=10)
    cursors.add("old-9", now=0)

    cursors.clear()
    cursors.add("new-0", now=20)

    assert cursors.page_start(now=21) == "new-0"
