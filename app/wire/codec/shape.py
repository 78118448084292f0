"""What an event looks like on the wire: a table of its fields, for reading, for writing and for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from app.wire.codec import values
from app.wire.codec.fields import MISSING, Fields, Key, Refused, keys
from app.wire.codec.moments import iso
from app.wire.codec.text import clean
from app.wire.events.event import AnyEvent

E = TypeVar("E", bound=AnyEvent)

TIME: Sequence[str] = ("timestamp",)


class Spelling(NamedTuple):
    """`names`: the first is what we write, the others are read too. `percent`: names under which it is 0 to 100."""

    names: tuple[str, ...]
    make: Callable[[object], object]
    says: str = ""
    """Unit, range, or words."""
    needed: str = ""
    """Why a message without it is refused."""
    percent: tuple[str, ...] = ()
    write: Callable[[Any], object] | None = None
    sparse: bool = False
    """Not written where there is nothing to say."""


class _Field(NamedTuple):
    name: str
    heads: frozenset[str]
    """What has to stand somewhere for it to be found."""
    keys: tuple[Key, ...]
    percent: tuple[Key, ...]
    make: Callable[[object], object]
    needed: str


class Shape(Generic[E]):
    """`inside`: the envelope that we write the fields in; `dated_inside`: and the time of the event with them."""

    def __init__(
        self,
        kind: type[E],
        fields: Mapping[str, Spelling],
        *,
        home: str | Callable[[E], str],
        word: str | Callable[[E], str],
        key: str = "event_type",
        inside: str = "",
        dated_inside: bool = False,
        time: Sequence[str] = TIME,
        iso_times: bool = False,
        extra: Callable[[E], Mapping[str, object]] | None = None,
    ) -> None:
        self.kind = kind
        self.fields = fields
        self.home = home
        """The field of Channels whose channel it is published on."""
        self.word = word
        self.key = key
        self.inside = inside
        self.dated_inside = dated_inside
        self.time = tuple(time)
        self.iso_times = iso_times
        self._extra = extra
        self._time_keys = keys(time)
        self._written = tuple(
            (name, *_place(one.names[0] if one.names else one.percent[0]), one.write, one.sparse)
            for name, one in fields.items()
        )
        self._read = tuple(
            _Field(name, _heads(one), keys(one.names), keys(one.percent), one.make, one.needed)
            for name, one in fields.items()
        )

    def values(self, fields: Fields) -> dict[str, Any]:
        """By the event's own field names; what is missing or unreadable is left to the event's defaults."""
        found: dict[str, Any] = {}
        present = fields.names()
        for name, heads, names, percent, make, needed in self._read:
            if heads.isdisjoint(present):
                made = None
            else:
                value = fields.find(names)
                if value is MISSING and percent:
                    value = _per_hundred(fields.find(percent))
                made = None if value is MISSING else make(value)
            if made is not None and made != "":
                found[name] = made
            elif needed:
                raise fields.missing(needed)
        at = fields.time(self._time_keys)
        found["at"] = fields.arrived_at if at is None else at
        found["published_at"] = fields.published() or at or 0.0
        found["arrived_at"] = fields.arrived_at
        found["source"] = fields.source()
        return found

    def read(self, fields: Fields) -> E:
        return self.made(self.values(fields))

    def made(self, found: dict[str, Any]) -> E:
        try:
            return msgspec.convert(found, self.kind)
        except msgspec.ValidationError:
            raise Refused("bad-shape") from None

    def write(self, event: E) -> dict[str, object]:
        inner: dict[str, object] = {}
        for name, path, last, write, sparse in self._written:
            value = getattr(event, name)
            if write is not None:
                value = write(value)
            if path or sparse:
                _put(inner, path, last, value)
            else:
                inner[last] = value
        at = iso(event.at) if self.iso_times else event.at
        published = event.published_at or event.at
        word = self.word if isinstance(self.word, str) else self.word(event)
        outer: dict[str, object] = {self.key: word, "source": event.source}
        if self.dated_inside:
            inner["timestamp"] = at
            outer["timestamp"] = published
        else:
            outer["timestamp"] = at
            outer["published_at"] = published
        if self._extra:
            outer |= self._extra(event)
        return outer | ({self.inside: inner} if self.inside else inner)

    def channel(self, event: E) -> str:
        return self.home if isinstance(self.home, str) else self.home(event)


def text(*names: str, says: str = "", limit: int = 64, needed: str = "") -> Spelling:
    def make(value: object) -> str:
        return clean(value, limit) if isinstance(value, str) else ""

    return Spelling(names, make, says, needed)


def name(*names: str, needed: str = "") -> Spelling:
    """Text, or an object that has a name or a type."""

    def make(value: object) -> str:
        if isinstance(value, dict):
            value = value.get("name") or value.get("type")
        return clean(value, 64) if isinstance(value, str) else ""

    return Spelling(names, make, "or an object with `name` or `type`", needed)


def lower(*names: str, says: str = "", needed: str = "") -> Spelling:
    def make(value: object) -> str:
        return clean(value, 32).lower() if isinstance(value, str) else ""

    return Spelling(names, make, says, needed)


def number(*names: str, says: str = "", needed: str = "") -> Spelling:
    return Spelling(names, values.number, says, needed)


def positive(*names: str, says: str = "") -> Spelling:
    return Spelling(names, values.positive, says)


def count(*names: str, says: str = "") -> Spelling:
    return Spelling(names, values.count, says)


def tally(*names: str) -> Spelling:
    return Spelling(names, values.tally, "symbols, or a list of them")


def share(*names: str, percent: Sequence[str] = ()) -> Spelling:
    return Spelling(names, values.share, "0 to 1; more than 1 is percent", percent=tuple(percent))


def percent(*names: str) -> Spelling:
    """Written in percent too."""
    return Spelling((), values.share, "percent", percent=names, write=values.to_percent)


def when(*names: str) -> Spelling:
    return Spelling(names, values.when, "may lie ahead")


def symbols(*names: str) -> Spelling:
    return Spelling(names, values.symbols, "a list, or a text with commas")


def words(*names: str) -> Spelling:
    return Spelling(names, values.words, "a list, or a text with commas")


SYMBOL = Spelling(("symbol", "ticker"), values.symbol, "case is kept", "no-symbol")


def _heads(spelling: Spelling) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in (*spelling.names, *spelling.percent))


def _per_hundred(value: object) -> object:
    made = values.from_percent(value)
    return MISSING if made is None else made


def _place(name: str) -> tuple[tuple[str, ...], str]:
    """The objects that it stands in, and what it is called there."""
    *path, last = name.split(".")
    return tuple(path), last


def _put(target: dict[str, object], path: tuple[str, ...], last: str, value: object) -> None:
    """Nested objects are made for what there is."""
    if value in (None, "", ()):
        return
    for part in path:
        inside = target.setdefault(part, {})
        if not isinstance(inside, dict):
            raise TypeError(f"{'.'.join(path)}.{last} would stand in a field")
        target = inside
    target[last] = value
