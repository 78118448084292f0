"""The report of a run."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from bench.checker.faults import InjectedFault
from bench.checker.log_record import LogRecord
from bench.checker.verifier import Violation

MOST_PER_KIND = 4
"""Different violations of each kind."""


class Report(NamedTuple):
    record: LogRecord
    pages: int
    tally: Counter[str]
    """Of deliveries to all pages."""
    ends: Counter[str]
    """Why streams ended."""
    faults: Sequence[InjectedFault]
    violations: Sequence[Violation]
    started_at: float
    ended_at: float

    def lines(self) -> Iterator[str]:
        logged = sum(number is not None for number in self.record.numbers)
        epochs = len({id_.epoch for id_ in self.record.ids})
        unanswered = sum(published.subscribers is None for published in self.record.published.values())
        without_subscriber = sum(published.subscribers == 0 for published in self.record.published.values())
        yield f"{self.pages} pages, {self.ended_at - self.started_at:.0f} s"
        yield (
            f"published {len(self.record.published):,} patterns ({without_subscriber} without a subscriber, "
            f"{unanswered} without a reply); logged {logged:,} in {epochs} epochs"
        )
        yield from _table("faults", Counter(fault.fault for fault in self.faults))
        yield from _table("deliveries", self.tally)
        yield from _table("why streams ended", self.ends)
        kinds = Counter(violation.kind for violation in self.violations)
        yield f"violations: {sum(kinds.values())}" + "".join(f"; {kind} {count}" for kind, count in kinds.items())
        if self.violations:
            yield from self._evidence()

    def _evidence(self) -> Iterator[str]:
        """The evidence of a violation; times are seconds since the start."""
        alike: dict[tuple[str, str], list[Violation]] = defaultdict(list)
        for violation in self.violations:
            alike[violation.kind, violation.what].append(violation)
        printed: Counter[str] = Counter()
        for (kind, what), violations in alike.items():
            printed[kind] += 1
            if printed[kind] > MOST_PER_KIND:
                continue
            yield f"  {kind}: {what} ({len(violations)} times, first on {violations[0].page})"
            for event in violations[0].evidence:
                yield f"      {event.at - self.started_at:.2f} {type(event).__name__} {event[1:]}"[:240]
        yield "faults in order:"
        for fault in self.faults:
            yield f"  {fault.started_at - self.started_at:.2f} to {fault.ended_at - self.started_at:.2f} {fault.fault}"
        yield "the log's epochs:"
        for epoch, ids in groupby(range(len(self.record.ids)), lambda place: self.record.ids[place].epoch):
            places = list(ids)
            first, last = self.record.numbers[places[0]], self.record.numbers[places[-1]]
            yield f"  {epoch}: {len(places)} entries, patterns {first} to {last}"


def _table(title: str, counts: Counter[str]) -> Iterator[str]:
    yield f"{title}:"
    yield from (f"  {count:>9,}  {name}" for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))
