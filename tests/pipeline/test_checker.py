"""The delivery checker detects lost, duplicated, reordered and unannounced entries, and nothing else."""

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
from bench.checker import page_events
from bench.checker.log_record import LogRecord, Publication
from bench.checker.page_events import (
    Event,
    GapNotice,
    Insert,
    ListReplaced,
    MessageReceived,
    PageLoaded,
    Step,
    StreamJoined,
)
from bench.checker.verifier import verify_log, verify_page

EPOCH = 7


def id_(number: int, epoch: int = EPOCH) -> StreamPosition:
    return StreamPosition(epoch, number)


def log(count: int, *, published: int | None = None) -> LogRecord:
    """Pattern n stands at n."""
    record = LogRecord((id_(number), number) for number in range(count))
    record.published = {number: Publication(float(number), 1) for number in range(published or count)}
    return record


def message_event(upto: int, *numbers: Step | int, at: float = 0.0) -> MessageReceived:
    return MessageReceived(at, id_(upto), tuple(Insert(step) if isinstance(step, int) else step for step in numbers))


def page_loaded(*numbers: int, cursor: int = 0) -> list[Event]:
    return [PageLoaded(0.0, id_(cursor), numbers), StreamJoined(0.0, id_(cursor), "gzip")]


def kinds(events: Sequence[Event], record: LogRecord) -> list[str]:
    return [violation.kind for violation in verify_page("page", events, record).violations]


WELL = [*page_loaded(0), message_event(1, 1), message_event(3, 2, 3), message_event(5, 4, 5)]


def test_a_correct_delivery_has_no_finding() -> None:
    assert kinds(WELL, log(6)) == []


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([*page_loaded(0), message_event(1, 1), message_event(3, 3), message_event(5, 4, 5)], ["loss", "stale"]),
        ([*page_loaded(0), message_event(1, 1), message_event(3, 2, 3), message_event(5, 5)], ["loss", "stale"]),
        ([*page_loaded(0), message_event(1, 1), message_event(3, 2, 3)], ["loss", "stale"]),
        (
            [*page_loaded(0), message_event(1, 1), message_event(3, 2, 3), message_event(3, 2), message_event(5, 4, 5)],
            ["duplicate"],
        ),
        (
            [*page_loaded(0), message_event(1, 1), StreamJoined(1.0, id_(1), "gzip"), message_event(5, 1, 2, 3, 4, 5)],
            ["duplicate"],
        ),
        ([*page_loaded(0), message_event(1, 1), message_event(3, 3, 2), message_event(5, 4, 5)], ["reordered"]),
        ([*page_loaded(0), message_event(2, 2), message_event(3, 1, 3), message_event(5, 4, 5)], ["loss", "reordered"]),
        ([*page_loaded(0), message_event(3, 1, 2, 3), message_event(1), message_event(5, 4, 5)], ["went back"]),
        ([*page_loaded(0), message_event(5, 1, 2, 3, 4, 5, 99)], ["unknown"]),
        ([*page_loaded(0), message_event(5, 1, 2, 3, 4, 5), message_event(77)], ["unknown"]),
    ],
)
def test_a_gap_a_duplicate_and_a_swap_are_detected(events: Sequence[Event], expected: list[str]) -> None:
    assert kinds(events, log(6)) == expected


def test_a_gap_is_excused_by_a_notice_together_with_the_whole_list() -> None:
    whole, missed = ListReplaced((5, 4, 3, 2, 1, 0)), GapNotice("missed", 4)

    assert kinds([*page_loaded(0), message_event(1, 1), message_event(5, whole, missed)], log(6)) == []
    assert kinds([*page_loaded(0), message_event(1, 1), message_event(5, missed)], log(6)) == ["loss", "stale"]
    assert kinds(
        [*page_loaded(0), message_event(1, 1), message_event(5, ListReplaced((5, 4, 3, 1, 0)), missed)], log(6)
    ) == [
        "stale",
        "stale",
    ]
    assert kinds([*page_loaded(0), message_event(1, 1), message_event(5, ListReplaced((5, 4, 3, 1, 0)))], log(6)) == [
        "loss",
        "stale",
    ]


def test_a_notice_that_understates_the_loss_is_a_finding() -> None:
    whole = ListReplaced(tuple(range(99, 49, -1)))

    assert kinds([*page_loaded(0), message_event(99, whole, GapNotice("missed", 99))], log(100)) == []
    assert kinds([*page_loaded(0), message_event(99, whole, GapNotice("missed", None))], log(100)) == []
    assert kinds([*page_loaded(0), message_event(99, whole, GapNotice("missed", 20))], log(100)) == ["loss"]


def test_a_list_may_repeat_only_entries_shown_while_it_was_read() -> None:
    whole = ListReplaced((5, 4, 3, 2, 1, 0))
    before = [*page_loaded(0), message_event(1, 1, at=1), message_event(5, 2, 3, 4, 5, at=50)]

    assert kinds([*before, message_event(5, GapNotice("gap", None), whole, 4, 5, at=51)], log(6)) == []
    assert kinds([*before, message_event(5, GapNotice("gap", None), whole, 1, at=51)], log(6)) == ["duplicate"]
    assert kinds([*before, message_event(5, GapNotice("gap", None), whole, 5, 4, at=51)], log(6)) == ["reordered"]
    assert kinds([*before, message_event(5, GapNotice("gap", None), whole, 5, 5, at=51)], log(6)) == ["duplicate"]


def test_a_published_entry_that_was_never_logged_must_be_shown_or_noticed() -> None:
    record = log(6, published=7)

    assert kinds(WELL, record) == ["unheard"]
    assert kinds([*WELL, message_event(5, ListReplaced((6, 5, 4, 3, 2, 1, 0)), at=8)], record) == []
    assert kinds([*WELL, message_event(5, GapNotice("gap", None), at=8)], record) == []
    assert kinds([*WELL, message_event(5, GapNotice("gap", None), at=5.5)], record) == ["unheard"]


def test_a_lost_log_needs_a_notice() -> None:
    record = LogRecord([(id_(0), 0), (id_(1), 1), (id_(0, 8), 2), (id_(1, 8), 3)])
    record.published = {number: Publication(float(number), 1) for number in range(4)}
    before, mark = [*page_loaded(0), message_event(1, 1)], GapNotice("missed", None)
    lost = MessageReceived(2.0, BEGINNING, (mark, ListReplaced((1, 0))))
    after = MessageReceived(3.0, id_(1, 8), (Insert(2), Insert(3)))

    assert kinds([*before, lost, after], record) == []
    assert kinds([*before, after], record) == ["loss"]


def test_an_entry_logged_again_after_a_loss_is_no_swap() -> None:
    record = log(4)
    for place, number in enumerate((2, 3)):
        record.note(id_(place, EPOCH + 1), number)
    then = [
        MessageReceived(1.0, None, (GapNotice("missed", None),)),
        MessageReceived(2.0, id_(1, EPOCH + 1), (ListReplaced((3, 2, 1, 0)),)),
    ]

    assert kinds([*page_loaded(0), message_event(1, 1), message_event(3, 2, 3), *then], record) == []
    assert kinds([*page_loaded(0), message_event(1, 1), message_event(3, 3, 2), *then], record) == ["reordered"]


def test_an_entry_shown_and_then_lost_with_the_log_needs_a_notice() -> None:
    record = LogRecord([(id_(0), 0), (id_(1), 1), (id_(0, 8), 3)])
    record.published = {number: Publication(float(number), 1) for number in (0, 1, 3)}
    numbers = [*page_loaded(0), message_event(1, 1), message_event(2, 2)]
    after = MessageReceived(3.0, id_(0, 8), (Insert(3),))

    assert (
        kinds(
            [*numbers, MessageReceived(2.5, BEGINNING, (GapNotice("missed", None), ListReplaced((1, 0)))), after],
            record,
        )
        == []
    )
    assert kinds([*numbers, after], record) == ["loss"]


def test_an_entry_that_is_in_the_log_twice_is_detected() -> None:
    assert list(verify_log(log(3))) == []
    assert [violations.kind for violations in verify_log(LogRecord([(id_(0), 0), (id_(1), 0)]))] == ["duplicate"]
    assert list(verify_log(LogRecord([(id_(0), 0), (id_(0, 8), 0)]))) == []


def test_the_markup_of_the_application_is_parsed() -> None:
    view = View()

    def detection(number: int) -> str:
        at = page_events.market_time(number)
        return patterns.detection(Detection("BRK.B", "Doji", "1min", 0.8, "bullish", at), view)

    markup = [
        Push("patterns", FEED, "insert", lambda _: detection(3)),
        Push("patterns", FEED, "trim", str),
        Push("patterns", FEED, "replace", lambda _: patterns.feed(FEED, [detection(3), detection(2)])),
        Push("patterns", "notice-_0patterns", "replace", lambda _: market.notice("patterns", "detections", 12)),
        Push("patterns", "notice-_0patterns", "replace", lambda _: market.notice("patterns", "detections", None)),
        Push("patterns", "notice-_0patterns", "replace", lambda _: market.notice("patterns", "detections", 0)),
        Push("patterns", "notice-_0patterns", "replace", lambda _: market.gap("patterns", "detections")),
    ]

    assert page_events.steps("\n".join(patch(push, view) for push in markup)) == (
        Insert(3),
        ListReplaced((3, 2)),
        GapNotice("missed", 12),
        GapNotice("missed", None),
        GapNotice("gap", None),
    )
