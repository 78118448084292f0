"""Decodes a provider's answer record by record, so that a malformed one does not cost the others."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")

_PLACE = re.compile(r"(.*?)(?: - at `\$\.?(.*)`)?", re.DOTALL)


class BadRecord(NamedTuple):
    kind: str
    """bar, ticker, split or dividend."""
    number: int
    """Position in the provider's answer, from 1."""
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.number}: {self.reason}"


class Numbered(NamedTuple, Generic[T]):
    """The readable records of an answer with their positions, and the malformed ones."""

    numbers: Sequence[int]
    records: list[T]
    bad: list[BadRecord]


class Records(NamedTuple, Generic[T]):
    """Decoders of one kind of record. `flaw`: a further error in a record, or ""."""

    kind: str
    one: msgspec.json.Decoder[T]
    all: msgspec.json.Decoder[list[T]]
    flaw: Callable[[T], str]


def records(kind: str, type_: type[T], flaw: Callable[[T], str] = lambda _: "") -> Records[T]:
    return Records(kind, msgspec.json.Decoder(type_), msgspec.json.Decoder(list[type_]), flaw)  # type: ignore[valid-type]


def decode(records: Records[T], answer: Sequence[msgspec.Raw]) -> Numbered[T]:
    try:
        # All at once where nothing is wrong: a third of the time.
        whole = records.all.decode(b"[" + b",".join(answer) + b"]")
    except (msgspec.DecodeError, RecursionError):
        whole = []
    if whole and not any(map(records.flaw, whole)):
        return Numbered(range(1, len(whole) + 1), whole, [])
    return _one_by_one(records, answer)


def _one_by_one(records: Records[T], answer: Iterable[msgspec.Raw]) -> Numbered[T]:
    numbers: list[int] = []
    numbered: Numbered[T] = Numbered(numbers, [], [])
    for number, raw in enumerate(answer, 1):
        try:
            record = records.one.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            numbered.bad.append(BadRecord(records.kind, number, _reason(error)))
            continue
        if flaw := records.flaw(record):
            numbered.bad.append(BadRecord(records.kind, number, flaw))
        else:
            numbers.append(number)
            numbered.records.append(record)
    return numbered


def _reason(error: Exception) -> str:
    """Turns `Expected `float`, got `str` - at `$.o`` into `o: expected float, got str`."""
    place = _PLACE.fullmatch(str(error))
    what, where = place.groups() if place else (str(error), None)
    words = what[:1].lower() + what[1:200].replace("`", "")
    return f"{where}: {words}" if where else words
