"""A provider's answer, record by record: one that is malformed costs itself and no other."""

import re
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")

_PLACE = re.compile(r"(.*?)(?: - at `\$\.?(.*)`)?", re.DOTALL)


class BadRecord(NamedTuple):
    kind: str
    """bar, ticker, split or dividend."""
    number: int
    """Its place in the provider's answer, from 1."""
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.number}: {self.reason}"


class Numbered(NamedTuple, Generic[T]):
    """The records of one answer that can be read, each with its place, and those that cannot."""

    numbers: list[int]
    records: list[T]
    bad: list[BadRecord]


class Records(NamedTuple, Generic[T]):
    """How records of a kind are read. `flaw`: what else is wrong with one, "" where nothing is."""

    kind: str
    decoder: msgspec.json.Decoder[T]
    flaw: Callable[[T], str]


def decode(records: Records[T], answer: Iterable[msgspec.Raw]) -> Numbered[T]:
    numbered: Numbered[T] = Numbered([], [], [])
    for number, raw in enumerate(answer, 1):
        try:
            record = records.decoder.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            numbered.bad.append(BadRecord(records.kind, number, _reason(error)))
            continue
        if flaw := records.flaw(record):
            numbered.bad.append(BadRecord(records.kind, number, flaw))
        else:
            numbered.numbers.append(number)
            numbered.records.append(record)
    return numbered


def _reason(error: Exception) -> str:
    """`Expected `float`, got `str` - at `$.o`` as `o: expected float, got str`."""
    place = _PLACE.fullmatch(str(error))
    what, where = place.groups() if place else (str(error), None)
    words = what[:1].lower() + what[1:200].replace("`", "")
    return f"{where}: {words}" if where else words
