"""Verifies what one page received against the log: no unreported loss, no duplicate, no reordering."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.wire.log.entries import BEGINNING, StreamPosition
from bench.checker.log_record import LogRecord
from bench.checker.page_events import (
    FEED_LENGTH,
    PAUSE_SECONDS,
    Event,
    GapNotice,
    Insert,
    ListReplaced,
    MessageReceived,
    PageLoaded,
    StreamJoined,
)

READING_SECONDS = 10.0 + PAUSE_SECONDS
"""A list that is read from the database repeats what was shown while it was read; no reading takes longer."""

CONTEXT = 6
"""Events before a violation that are kept as its evidence."""


class Violation(NamedTuple):
    page: str
    kind: str
    what: str
    evidence: tuple[Event, ...] = ()


class Insertion(NamedTuple):
    at: float
    place: int
    """In the log; of an entry that is there again in a later epoch, the one that it was read from."""


class PageVerifier:
    """Checks the events of one page in order, and its content at the end."""

    def __init__(self, page: str, record: LogRecord) -> None:
        self.page = page
        self.tally: Counter[str] = Counter()
        self.violations: list[Violation] = []
        self.position = BEGINNING
        """Everything up to here was shown, or was told to be missing."""
        self._record = record
        self._evidence: list[Event] = []
        self._joining = False
        self._received: set[int] = set()
        """Inserted since the last id."""
        self._missing: list[int] = []
        """Passed over, so that a whole list has to follow."""
        self._inserted: dict[int, Insertion] = {}
        self._newest = -1
        """The place in the log of the newest entry that was inserted in order."""
        self._list: dict[int, None] = {}
        """As it stands on the page, oldest first."""
        self._whole: frozenset[int] = frozenset()
        """What the newest whole list held."""
        self._list_replaced = False
        self._notices: list[GapNotice] = []
        """Since the last id."""
        self._noticed_at = float("-inf")

    def process(self, events: Iterable[Event]) -> None:
        for event in events:
            self._evidence = [*self._evidence[-CONTEXT:], event]
            if isinstance(event, PageLoaded):
                self._on_page(event)
            elif isinstance(event, StreamJoined):
                self._joining = True
                self.tally[f"joins: {event.encoding}"] += 1
            else:
                self._on_message(event)

    def end(self) -> None:
        """Checks that the settled page has received the whole log and shows the newest patterns."""
        self._advance(self._record.top)
        if self._missing:
            self._add_violation("loss", f"told of, and no whole list followed: {_short(self._missing)}")
        expected = sorted(self._record.published)[-FEED_LENGTH:]
        on_page = set(sorted(self._list)[-FEED_LENGTH:])
        not_logged = [number for number in expected if number not in on_page and number not in self._record.places]
        missing = [number for number in expected if number not in on_page and number in self._record.places]
        unreported = [number for number in not_logged if self._noticed_at < self._record.published[number].at]
        if missing:
            self._add_violation("stale", f"logged, not on the page at the end: {_short(missing)}")
        if unreported:
            self._add_violation("unheard", f"published, never logged, and no gap was told since: {_short(unreported)}")

    def _on_page(self, page: PageLoaded) -> None:
        self.tally["pages"] += 1
        self.position = page.cursor or BEGINNING
        self._inserted, self._newest, self._received, self._missing = {}, -1, set(), []
        self._list = dict.fromkeys(sorted(page.numbers))
        self._whole, self._list_replaced, self._notices = frozenset(), False, []
        self._noticed_at = page.at

    def _on_message(self, message: MessageReceived) -> None:
        for step in message.steps:
            if isinstance(step, Insert):
                self._insert(step.number, message.at, message.id)
            elif isinstance(step, ListReplaced):
                self._replace(step.numbers, message.at)
            else:
                self._notices.append(step)
                self._noticed_at = message.at
                self.tally[f"marks: {step.kind}"] += 1
        if self._joining and (message.steps or message.id):
            self._resumed(message)
        if message.id is not None:
            self._advance(message.id)

    def _resumed(self, message: MessageReceived) -> None:
        """Checks the first message after a join, which says how the stream resumed."""
        whole = any(isinstance(step, ListReplaced) for step in message.steps)
        self.tally["resumed by snapshot" if whole else "resumed exactly"] += 1
        self._joining = False

    def _insert(self, number: int, at: float, id_: StreamPosition | None) -> None:
        self.tally["deliveries"] += 1
        places = [
            place for place in self._record.places.get(number, []) if id_ is None or self._record.ids[place] <= id_
        ]
        may_be_lost = self._may_be_lost(id_)
        if may_be_lost:
            self.tally["deliveries that Redis then forgot"] += 1
        if not places and not may_be_lost:
            return self._add_violation("unknown", f"pattern {number} was shown and is not in the log")
        place = next((place for place in places if place > self._newest), None)
        if number in self._inserted:
            self._add_violation("duplicate", f"pattern {number} came twice")
        elif place is None and not may_be_lost:
            newest = self._record.numbers[self._newest]
            self._add_violation("reordered", f"pattern {number} came after {newest}, and stands before it in the log")
        self._newest = self._newest if place is None else place
        self._inserted[number] = Insertion(at, self._newest)
        self._received.add(number)
        self._list[number] = None
        return None

    def _may_be_lost(self, id_: StreamPosition | None) -> bool:
        """It was in the log when it was shown, and Redis lost it before the log was read. Without an id nobody knows
        where it stood: then any entry of an epoch that ended may be."""
        return self._record.may_be_lost(id_) if id_ is not None else self.position.epoch < self._record.top.epoch

    def _replace(self, numbers: tuple[int, ...], at: float) -> None:
        self.tally["lists"] += 1
        self._whole, self._list_replaced = frozenset(numbers), True
        self._list = dict.fromkeys(sorted(numbers))
        for number, insertion in list(self._inserted.items()):
            if at - insertion.at < READING_SECONDS:
                del self._inserted[number]
        self._newest = max((insertion.place for insertion in self._inserted.values()), default=-1)
        if list(numbers) != sorted(numbers, reverse=True):
            self._add_violation("reordered", "the whole list is not newest first")

    def _advance(self, id_: StreamPosition) -> None:
        if not self._record.contains(id_) and not self._record.may_be_lost(id_):
            return self._add_violation("unknown", f"{id_} is no id of the log")
        if id_ == BEGINNING and self._notices:
            return None  # The log was lost and that was told: it is waited for anew, from its beginning.
        if id_ < self.position:
            self._add_violation("went back", f"from {self.position} to {id_}")
        elif id_.epoch != self.position.epoch and self.position != BEGINNING and not self._notices:
            self._add_violation("loss", f"the log of {self.position} was lost, and nothing told of it")
        self._find_missing(id_)
        self._settle()
        if id_.epoch != self.position.epoch:
            self._inserted, self._newest = {}, -1
        if id_ != self.position:
            self._list_replaced, self._notices, self._received = False, [], set()
        self.position = id_
        return None

    def _find_missing(self, position: StreamPosition) -> None:
        # From the very beginning is from that of the log as it is now: what an earlier one held was its readers'.
        after = self.position if self.position != BEGINNING else StreamPosition(position.epoch, -1)
        numbers = {number for number in self._record.after(after, position) if number is not None}
        missing = sorted(numbers - self._received - self._inserted.keys() - self._whole)
        if not missing:
            return None
        self.tally["passed over"] += len(missing)
        if not self._notices and not (self.position == BEGINNING and self._list_replaced):
            return self._add_violation("loss", f"not shown: {_short(missing)}, between {self.position} and {position}")
        if self._counted_too_few(len(missing)):
            self._add_violation("loss", f"{len(missing)} were missed, and fewer were told")
        self._missing += missing
        return None

    def _settle(self) -> None:
        """Checks that the whole list has the skipped entries, except those too old for it."""
        if not self._missing or not self._list_replaced:
            return
        oldest = min(self._whole) if len(self._whole) >= FEED_LENGTH else float("-inf")
        if absent := [number for number in self._missing if number > oldest and number not in self._whole]:
            self._add_violation("stale", f"the whole list does not hold {_short(absent)}")
        self._missing = []

    def _counted_too_few(self, missing: int) -> bool:
        counts = [mark.missed for mark in self._notices if mark.missed is not None]
        return bool(counts) and len(counts) == len(self._notices) and sum(counts) < missing

    def _add_violation(self, kind: str, what: str) -> None:
        self.violations.append(Violation(self.page, kind, what, tuple(self._evidence)))


def verify_page(page: str, events: Iterable[Event], record: LogRecord, *, ended: bool = True) -> PageVerifier:
    verifier = PageVerifier(page, record)
    verifier.process(events)
    if ended:
        verifier.end()
    return verifier


def verify_log(record: LogRecord) -> Iterator[Violation]:
    for number in record.logged_twice():
        ids = ", ".join(str(record.ids[place]) for place in record.places[number])
        yield Violation("log", "duplicate", f"pattern {number} is in the log at {ids}")


def _short(numbers: list[int]) -> str:
    first = ", ".join(map(str, numbers[:8]))
    return f"{first} and {len(numbers) - 8} more" if len(numbers) > 8 else first
