"""What came of it, in words."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from bench.checker.judge import Violation
from bench.checker.nemesis import Struck
from bench.checker.truth import Truth

SHOWN = 4
"""Different violations of each kind."""


class Report(NamedTuple):
    truth: Truth
    pages: int
    tally: Counter[str]
    """Of what all pages were shown."""
    ends: Counter[str]
    """Why streams ended."""
    struck: Sequence[Struck]
    violations: Sequence[Violation]
    began: float
    ended: float

    def lines(self) -> Iterator[str]:
        shown = sum(number is not None for number in self.truth.numbers)
        epochs = len({id_.epoch for id_ in self.truth.ids})
        unanswered = sum(published.heard is None for published in self.truth.published.values())
        unheard = sum(published.heard == 0 for published in self.truth.published.values())
        yield f"{self.pages} pages, {self.ended - self.began:.0f} s"
        yield (
            f"published {len(self.truth.published):,} patterns ({unheard} while nobody listened, "
            f"{unanswered} without an answer); logged {shown:,} in {epochs} epochs"
        )
        yield from _table("faults", Counter(struck.fault for struck in self.struck))
        yield from _table("what pages were shown", self.tally)
        yield from _table("why streams ended", self.ends)
        kinds = Counter(violation.kind for violation in self.violations)
        yield f"violations: {sum(kinds.values())}" + "".join(f"; {kind} {count}" for kind, count in kinds.items())
        if self.violations:
            yield from self._evidence()

    def _evidence(self) -> Iterator[str]:
        """Times are seconds since the beginning."""
        alike: dict[tuple[str, str], list[Violation]] = defaultdict(list)
        for violation in self.violations:
            alike[violation.kind, violation.what].append(violation)
        shown: Counter[str] = Counter()
        for (kind, what), found in alike.items():
            shown[kind] += 1
            if shown[kind] > SHOWN:
                continue
            yield f"  {kind}: {what} ({len(found)} times, first on {found[0].page})"
            for event in found[0].evidence:
                yield f"      {event.at - self.began:.2f} {type(event).__name__} {event[1:]}"[:240]
        yield "what was done to them:"
        for struck in self.struck:
            yield f"  {struck.began - self.began:.2f} to {struck.ended - self.began:.2f} {struck.fault}"
        yield "the log's epochs:"
        for epoch, ids in groupby(range(len(self.truth.ids)), lambda place: self.truth.ids[place].epoch):
            places = list(ids)
            first, last = self.truth.numbers[places[0]], self.truth.numbers[places[-1]]
            yield f"  {epoch}: {len(places)} entries, patterns {first} to {last}"


def _table(title: str, counts: Counter[str]) -> Iterator[str]:
    yield f"{title}:"
    yield from (f"  {count:>9,}  {name}" for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))
