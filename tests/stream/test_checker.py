"""The delivery checker itself: it sees what is lost, doubled, out of order or not told, and is silent else."""

from collections.abc import Sequence

import pytest

from app.identity import View
from app.market import partials as market
from app.patterns import partials as patterns
from app.patterns.queries import Detection
from app.patterns.stream import FEED
from app.push import Push
from app.web.html import patch
from app.wire.log.entries import BEGINNING, StreamPosition
from bench.checker import transcript
from bench.checker.judge import judged, of_log
from bench.checker.transcript import Event, Insert, Joined, Mark, Opened, Step, Told, Whole
from bench.checker.truth import Published, Truth

EPOCH = 7


def id_(number: int, epoch: int = EPOCH) -> StreamPosition:
    return StreamPosition(epoch, number)


def log(count: int, *, published: int | None = None) -> Truth:
    """Pattern n stands at n."""
    truth = Truth((id_(number), number) for number in range(count))
    truth.published = {number: Published(float(number), 1) for number in range(published or count)}
    return truth


def told(upto: int, *shown: Step | int, at: float = 0.0) -> Told:
    return Told(at, id_(upto), tuple(Insert(step) if isinstance(step, int) else step for step in shown))


def opened(*numbers: int, cursor: int = 0) -> list[Event]:
    return [Opened(0.0, id_(cursor), numbers), Joined(0.0, id_(cursor), "gzip")]


def kinds(events: Sequence[Event], truth: Truth) -> list[str]:
    return [violation.kind for violation in judged("page", events, truth).violations]


WELL = [*opened(0), told(1, 1), told(3, 2, 3), told(5, 4, 5)]


def test_nothing_is_wrong_where_nothing_is() -> None:
    assert kinds(WELL, log(6)) == []


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([*opened(0), told(1, 1), told(3, 3), told(5, 4, 5)], ["loss", "stale"]),
        ([*opened(0), told(1, 1), told(3, 2, 3), told(5, 5)], ["loss", "stale"]),
        ([*opened(0), told(1, 1), told(3, 2, 3)], ["loss", "stale"]),
        ([*opened(0), told(1, 1), told(3, 2, 3), told(3, 2), told(5, 4, 5)], ["duplicate"]),
        ([*opened(0), told(1, 1), Joined(1.0, id_(1), "gzip"), told(5, 1, 2, 3, 4, 5)], ["duplicate"]),
        ([*opened(0), told(1, 1), told(3, 3, 2), told(5, 4, 5)], ["reordered"]),
        ([*opened(0), told(2, 2), told(3, 1, 3), told(5, 4, 5)], ["loss", "reordered"]),
        ([*opened(0), told(3, 1, 2, 3), told(1), told(5, 4, 5)], ["went back"]),
        ([*opened(0), told(5, 1, 2, 3, 4, 5, 99)], ["unknown"]),
        ([*opened(0), told(5, 1, 2, 3, 4, 5), told(77)], ["unknown"]),
    ],
)
def test_a_hole_a_duplicate_and_a_swap_are_seen(events: Sequence[Event], found: list[str]) -> None:
    assert kinds(events, log(6)) == found


def test_a_hole_is_covered_by_a_notice_and_the_whole_list_together() -> None:
    whole, missed = Whole((5, 4, 3, 2, 1, 0)), Mark("missed", 4)

    assert kinds([*opened(0), told(1, 1), told(5, whole, missed)], log(6)) == []
    assert kinds([*opened(0), told(1, 1), told(5, missed)], log(6)) == ["loss", "stale"]
    assert kinds([*opened(0), told(1, 1), told(5, Whole((5, 4, 3, 1, 0)), missed)], log(6)) == ["stale", "stale"]
    assert kinds([*opened(0), told(1, 1), told(5, Whole((5, 4, 3, 1, 0)))], log(6)) == ["loss", "stale"]


def test_a_notice_must_not_make_the_loss_smaller() -> None:
    whole = Whole(tuple(range(99, 49, -1)))

    assert kinds([*opened(0), told(99, whole, Mark("missed", 99))], log(100)) == []
    assert kinds([*opened(0), told(99, whole, Mark("missed", None))], log(100)) == []
    assert kinds([*opened(0), told(99, whole, Mark("missed", 20))], log(100)) == ["loss"]


def test_a_list_may_repeat_what_was_shown_while_it_was_read_and_nothing_older() -> None:
    whole = Whole((5, 4, 3, 2, 1, 0))
    before = [*opened(0), told(1, 1, at=1), told(5, 2, 3, 4, 5, at=50)]

    assert kinds([*before, told(5, Mark("gap", None), whole, 4, 5, at=51)], log(6)) == []
    assert kinds([*before, told(5, Mark("gap", None), whole, 1, at=51)], log(6)) == ["duplicate"]
    assert kinds([*before, told(5, Mark("gap", None), whole, 5, 4, at=51)], log(6)) == ["reordered"]
    assert kinds([*before, told(5, Mark("gap", None), whole, 5, 5, at=51)], log(6)) == ["duplicate"]


def test_what_was_published_and_never_logged_has_to_be_on_the_page_or_told_of() -> None:
    truth = log(6, published=7)

    assert kinds(WELL, truth) == ["unheard"]
    assert kinds([*WELL, told(5, Whole((6, 5, 4, 3, 2, 1, 0)), at=8)], truth) == []
    assert kinds([*WELL, told(5, Mark("gap", None), at=8)], truth) == []
    assert kinds([*WELL, told(5, Mark("gap", None), at=5.5)], truth) == ["unheard"]


def test_a_log_that_was_lost_is_told() -> None:
    truth = Truth([(id_(0), 0), (id_(1), 1), (id_(0, 8), 2), (id_(1, 8), 3)])
    truth.published = {number: Published(float(number), 1) for number in range(4)}
    before, mark = [*opened(0), told(1, 1)], Mark("missed", None)
    lost = Told(2.0, BEGINNING, (mark, Whole((1, 0))))
    after = Told(3.0, id_(1, 8), (Insert(2), Insert(3)))

    assert kinds([*before, lost, after], truth) == []
    assert kinds([*before, after], truth) == ["loss"]


def test_an_entry_that_comes_into_the_log_again_after_a_loss_is_no_swap_before_it() -> None:
    truth = log(4)
    for place, number in enumerate((2, 3)):
        truth.note(id_(place, EPOCH + 1), number)
    then = [Told(1.0, None, (Mark("missed", None),)), Told(2.0, id_(1, EPOCH + 1), (Whole((3, 2, 1, 0)),))]

    assert kinds([*opened(0), told(1, 1), told(3, 2, 3), *then], truth) == []
    assert kinds([*opened(0), told(1, 1), told(3, 3, 2), *then], truth) == ["reordered"]


def test_what_was_shown_and_then_lost_with_the_log_has_to_be_told() -> None:
    truth = Truth([(id_(0), 0), (id_(1), 1), (id_(0, 8), 3)])
    truth.published = {number: Published(float(number), 1) for number in (0, 1, 3)}
    shown = [*opened(0), told(1, 1), told(2, 2)]
    after = Told(3.0, id_(0, 8), (Insert(3),))

    assert kinds([*shown, Told(2.5, BEGINNING, (Mark("missed", None), Whole((1, 0)))), after], truth) == []
    assert kinds([*shown, after], truth) == ["loss"]


def test_an_entry_that_stands_twice_in_the_log_is_seen() -> None:
    assert list(of_log(log(3))) == []
    assert [found.kind for found in of_log(Truth([(id_(0), 0), (id_(1), 0)]))] == ["duplicate"]
    assert list(of_log(Truth([(id_(0), 0), (id_(0, 8), 0)]))) == []


def test_what_the_application_draws_is_read() -> None:
    view = View()

    def detection(number: int) -> str:
        at = transcript.market_time(number)
        return patterns.detection(Detection("BRK.B", "Doji", "1min", 0.8, "bullish", at), view)

    drawn = [
        Push("patterns", FEED, "insert", lambda _: detection(3)),
        Push("patterns", FEED, "trim", str),
        Push("patterns", FEED, "replace", lambda _: patterns.feed(FEED, [detection(3), detection(2)])),
        Push("patterns", "notice", "replace", lambda _: market.notice(12)),
        Push("patterns", "notice", "replace", lambda _: market.notice(None)),
        Push("patterns", "notice", "replace", lambda _: market.notice(0)),
        Push("patterns", "notice", "replace", lambda _: market.gap()),
    ]

    assert transcript.steps("\n".join(patch(push, view) for push in drawn)) == (
        Insert(3),
        Whole((3, 2)),
        Mark("missed", 12),
        Mark("missed", None),
        Mark("gap", None),
    )
