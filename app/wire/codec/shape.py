"""The JSON shape of an event: a table of its fields, for decoding, encoding and documentation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from app.wire.codec import values
from app.wire.codec.fields import MISSING, Fields, Key, UnreadableMessage, keys
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
        iso_times: bool = True,
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
        self._columns = tuple(
            (
                name,
                *_split_path(spelling.names[0] if spelling.names else spelling.percent[0]),
                spelling.write,
                spelling.sparse,
            )
            for name, spelling in fields.items()
        )
        self._read = tuple(
            _Field(
                name,
                _first_names(spelling),
                keys(spelling.names),
                keys(spelling.percent),
                spelling.make,
                spelling.needed,
            )
            for name, spelling in fields.items()
        )

    def values(self, fields: Fields) -> dict[str, Any]:
        """By the event's own field names; what is missing or unreadable is left to the event's defaults."""
        values_by_name: dict[str, Any] = {}
        present = fields.names()
        for name, heads, names, percent, make, needed in self._read:
            if heads.isdisjoint(present):
                field_value = None
            else:
                value = fields.find(names)
                if value is MISSING and percent:
                    value = _from_percent(fields.find(percent))
                field_value = None if value is MISSING else make(value)
            if field_value is not None and field_value != "":
                values_by_name[name] = field_value
            elif needed:
                raise fields.missing(needed)
        at = fields.time(self._time_keys)
        values_by_name["at"] = fields.arrived_at if at is None else at
        values_by_name["published_at"] = fields.published() or at or 0.0
        values_by_name["arrived_at"] = fields.arrived_at
        values_by_name["source"] = fields.source()
        return values_by_name

    def read(self, fields: Fields) -> E:
        return self.to_event(self.values(fields))

    def to_event(self, values: dict[str, Any]) -> E:
        try:
            return msgspec.convert(values, self.kind)
        except msgspec.ValidationError:
            raise UnreadableMessage("bad-shape") from None

    def write(self, event: E) -> dict[str, object]:
        inner: dict[str, object] = {}
        for name, path, last, write, sparse in self._columns:
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


def _first_names(spelling: Spelling) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in (*spelling.names, *spelling.percent))


def _from_percent(value: object) -> object:
    share = values.from_percent(value)
    return MISSING if share is None else share


def _split_path(name: str) -> tuple[tuple[str, ...], str]:
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
