"""Holds what one page was shown against what there was: no unmarked loss, no duplicate, no reordering."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.wire.log.entries import BEGINNING, StreamPosition
from bench.checker.transcript import SHOWN, STANDS_SECONDS, Event, Insert, Joined, Mark, Opened, Told, Whole
from bench.checker.truth import Truth

READING_SECONDS = 10.0 + STANDS_SECONDS
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


class Judge:
    """Takes one page's events in order, then what it looked like at the end."""

    def __init__(self, page: str, truth: Truth) -> None:
        self.page = page
        self.tally: Counter[str] = Counter()
        self.violations: list[Violation] = []
        self.position = BEGINNING
        """Everything up to here was shown, or was told to be missing."""
        self._truth = truth
        self._evidence: list[Event] = []
        self._joining = False
        self._seen: set[int] = set()
        """Inserted since the last id."""
        self._owed: list[int] = []
        """Passed over, so that a whole list has to follow."""
        self._inserted: dict[int, Insertion] = {}
        self._newest = -1
        """The place in the log of the newest entry that was inserted in order."""
        self._list: dict[int, None] = {}
        """As it stands on the page, oldest first."""
        self._whole: frozenset[int] = frozenset()
        """What the newest whole list held."""
        self._told_whole = False
        self._marks: list[Mark] = []
        """Since the last id."""
        self._marked_at = float("-inf")

    def see(self, events: Iterable[Event]) -> None:
        for event in events:
            self._evidence = [*self._evidence[-CONTEXT:], event]
            if isinstance(event, Opened):
                self._open(event)
            elif isinstance(event, Joined):
                self._joining = True
                self.tally[f"joins: {event.encoding}"] += 1
            else:
                self._hear(event)

    def end(self) -> None:
        """When all is quiet: the page has the whole log behind it, and shows the newest that were published."""
        self._account(self._truth.top)
        if self._owed:
            self._complain("loss", f"told of, and no whole list followed: {_short(self._owed)}")
        expected = sorted(self._truth.published)[-SHOWN:]
        shown = set(sorted(self._list)[-SHOWN:])
        unheard = [number for number in expected if number not in shown and number not in self._truth.places]
        lacking = [number for number in expected if number not in shown and number in self._truth.places]
        silent = [number for number in unheard if self._marked_at < self._truth.published[number].at]
        if lacking:
            self._complain("stale", f"logged, not on the page at the end: {_short(lacking)}")
        if silent:
            self._complain("unheard", f"published, never logged, and no gap was told since: {_short(silent)}")

    def _open(self, page: Opened) -> None:
        self.tally["pages"] += 1
        self.position = page.cursor or BEGINNING
        self._inserted, self._newest, self._seen, self._owed = {}, -1, set(), []
        self._list = dict.fromkeys(sorted(page.numbers))
        self._whole, self._told_whole, self._marks = frozenset(), False, []
        self._marked_at = page.at

    def _hear(self, told: Told) -> None:
        for step in told.steps:
            if isinstance(step, Insert):
                self._insert(step.number, told.at, told.id)
            elif isinstance(step, Whole):
                self._replace(step.numbers, told.at)
            else:
                self._marks.append(step)
                self._marked_at = told.at
                self.tally[f"marks: {step.kind}"] += 1
        if self._joining and (told.steps or told.id):
            self._resumed(told)
        if told.id is not None:
            self._account(told.id)

    def _resumed(self, told: Told) -> None:
        """The first message after a join says how it went on."""
        whole = any(isinstance(step, Whole) for step in told.steps)
        self.tally["resumed by snapshot" if whole else "resumed exactly"] += 1
        self._joining = False

    def _insert(self, number: int, at: float, id_: StreamPosition | None) -> None:
        self.tally["deliveries"] += 1
        places = [place for place in self._truth.places.get(number, []) if id_ is None or self._truth.ids[place] <= id_]
        may_be_lost = self._may_be_lost(id_)
        if may_be_lost:
            self.tally["deliveries that Redis then forgot"] += 1
        if not places and not may_be_lost:
            return self._complain("unknown", f"pattern {number} was shown and is not in the log")
        place = next((place for place in places if place > self._newest), None)
        if number in self._inserted:
            self._complain("duplicate", f"pattern {number} came twice")
        elif place is None and not may_be_lost:
            newest = self._truth.numbers[self._newest]
            self._complain("reordered", f"pattern {number} came after {newest}, and stands before it in the log")
        self._newest = self._newest if place is None else place
        self._inserted[number] = Insertion(at, self._newest)
        self._seen.add(number)
        self._list[number] = None
        return None

    def _may_be_lost(self, id_: StreamPosition | None) -> bool:
        """It was in the log when it was shown, and Redis lost it before the log was read. Without an id nobody knows
        where it stood: then any entry of an epoch that ended may be."""
        return self._truth.vanished(id_) if id_ is not None else self.position.epoch < self._truth.top.epoch

    def _replace(self, numbers: tuple[int, ...], at: float) -> None:
        self.tally["lists"] += 1
        self._whole, self._told_whole = frozenset(numbers), True
        self._list = dict.fromkeys(sorted(numbers))
        for number, inserted in list(self._inserted.items()):
            if at - inserted.at < READING_SECONDS:
                del self._inserted[number]
        self._newest = max((inserted.place for inserted in self._inserted.values()), default=-1)
        if list(numbers) != sorted(numbers, reverse=True):
            self._complain("reordered", "the whole list is not newest first")

    def _account(self, id_: StreamPosition) -> None:
        if not self._truth.known(id_) and not self._truth.vanished(id_):
            return self._complain("unknown", f"{id_} is no id of the log")
        if id_ == BEGINNING and self._marks:
            return None  # The log was lost and that was told: it is waited for anew, from its beginning.
        if id_ < self.position:
            self._complain("went back", f"from {self.position} to {id_}")
        elif id_.epoch != self.position.epoch and self.position != BEGINNING and not self._marks:
            self._complain("loss", f"the log of {self.position} was lost, and nothing told of it")
        self._look_for_holes(id_)
        self._settle()
        if id_.epoch != self.position.epoch:
            self._inserted, self._newest = {}, -1
        if id_ != self.position:
            self._told_whole, self._marks, self._seen = False, [], set()
        self.position = id_
        return None

    def _look_for_holes(self, id_: StreamPosition) -> None:
        # From the very beginning is from that of the log as it is now: what an earlier one held was its readers'.
        after = self.position if self.position != BEGINNING else StreamPosition(id_.epoch, -1)
        passed = {number for number in self._truth.after(after, id_) if number is not None}
        unseen = sorted(passed - self._seen - self._inserted.keys() - self._whole)
        if not unseen:
            return None
        self.tally["passed over"] += len(unseen)
        if not self._marks and not (self.position == BEGINNING and self._told_whole):
            return self._complain("loss", f"not shown: {_short(unseen)}, between {self.position} and {id_}")
        if self._counted_too_few(len(unseen)):
            self._complain("loss", f"{len(unseen)} were missed, and fewer were told")
        self._owed += unseen
        return None

    def _settle(self) -> None:
        """The whole list has what was passed over, except what is so old that it has scrolled out of it."""
        if not self._owed or not self._told_whole:
            return
        oldest = min(self._whole) if len(self._whole) >= SHOWN else float("-inf")
        if absent := [number for number in self._owed if number > oldest and number not in self._whole]:
            self._complain("stale", f"the whole list does not hold {_short(absent)}")
        self._owed = []

    def _counted_too_few(self, unseen: int) -> bool:
        counts = [mark.missed for mark in self._marks if mark.missed is not None]
        return bool(counts) and len(counts) == len(self._marks) and sum(counts) < unseen

    def _complain(self, kind: str, what: str) -> None:
        self.violations.append(Violation(self.page, kind, what, tuple(self._evidence)))


def judged(page: str, events: Iterable[Event], truth: Truth, *, ended: bool = True) -> Judge:
    judge = Judge(page, truth)
    judge.see(events)
    if ended:
        judge.end()
    return judge


def of_log(truth: Truth) -> Iterator[Violation]:
    for number in truth.logged_twice():
        ids = ", ".join(str(truth.ids[place]) for place in truth.places[number])
        yield Violation("log", "duplicate", f"pattern {number} is in the log at {ids}")


def _short(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:8]))
    return f"{shown} and {len(numbers) - 8} more" if len(numbers) > 8 else shown
