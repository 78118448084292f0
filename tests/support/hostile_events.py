"""Every incoming event, with hostile text in every field that holds text."""

from collections.abc import Iterator
from itertools import count
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import replace

from app.wire.events.event import KINDS, AnyEvent, LogGap, PatternEvent

VALUES = (
    "<script>window.pwned=1</script>",
    "<img src=/pwned onerror=window.pwned=1>",
    '"><svg onload=window.pwned=1>',
    "' autofocus onfocus=window.pwned=1 x='",
    '" hx-get="/pwned" hx-trigger="load" x="',
    "<b hx-get=/pwned hx-trigger=load>b</b>",
    "<i data-hx-get=/pwned data-hx-trigger=load>i</i>",
    "<u hx-swap-oob=innerHTML:body id=feed>u</u>",
    "<hx-partial hx-target=body>pwned</hx-partial>",
    "</hx-partial><hx-partial hx-target=title>pwned",
    "</template><title>pwned</title>",
    "<template><meta http-equiv=refresh content=0;/pwned>",
    "<svg><a href=javascript:pwned=1><animate>",
    "javascript:window.pwned=1",
    "</li></ul><form action=/pwned><base href=//e>",
    "<iframe srcdoc='<script>top.pwned=1</script>'>",
    "x\n\nevent: bye\ndata: pwned\n\n",
    "x\r\rid: 9-9\rdata: <hx-partial hx-target=body>",
    "x\u2028data: pwned\u2029\x85",
    "\0<img/src=/pwned>\0",
    "{{ 7 * 7 }}{% raw %}${7}<!--]]>",
    "\u202eevil\u2066\u2067\u200f\ufeff",
)

FIELD_VALUES = {"symbol": "IBM", "status": "completed", "timeframe": "1min", "work": "import", "severity": "error"}
"""Words that an event needs to be heard at all; any other word is as good as the next."""

BY_CHANNEL = {"work"}
"""Words that no message holds: the channel that it comes on says them."""

BEGINNING = 1346765400.0
"""2012-09-04 9:30 in New York: every event at a second of its own, so that none is taken for another."""

moments = count()


def events(value: str) -> Iterator[AnyEvent]:
    """Of each kind one with the value in every place, and one for each place alone. Patterns, which are seen, last."""
    for kind in sorted((kind for kind in KINDS if kind is not LogGap), key=lambda kind: issubclass(kind, PatternEvent)):
        hints = get_type_hints(kind)
        worded = (name for name, hint in hints.items() if _field(name, hint, "a") != _field(name, hint, "b"))
        places = [name for name in worded if name not in BY_CHANNEL]
        yield _event(kind, hints, dict.fromkeys(places, value))
        for place in places:
            yield _event(kind, hints, {place: value})


def pattern_event(kind: type[PatternEvent], pattern: str) -> PatternEvent:
    return replace(_event(kind, get_type_hints(kind), {}), pattern=pattern)


def _event(kind: type[Any], hints: dict[str, Any], hostile: dict[str, str]) -> Any:
    at = BEGINNING + next(moments)
    fields = {
        name: _field(name, hint, hostile.get(name, FIELD_VALUES.get(name, "word"))) for name, hint in hints.items()
    }
    return kind(**{**fields, "at": at, "published_at": 0.0, "arrived_at": 0.0})


def _field(name: str, hint: Any, text: str) -> Any:
    """A value of that type in which every word is `text`. A closed list of words is none to those who send."""
    origin, inside = get_origin(hint), [each for each in get_args(hint) if each not in (NoneType, Ellipsis)]
    if hint is str or origin is Literal:
        return text
    if origin in (Union, UnionType):
        return _field(name, inside[0], text)
    if origin is tuple:
        values = tuple(_field(name, each, text) for each in inside)
        return values if len(inside) == len(get_args(hint)) else (values[0],)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint(**{inner: _field(inner, each, text) for inner, each in get_type_hints(hint).items()})
    assert hint in (bool, int, float), f"{name}: nothing hostile is known for {hint}"
    return hint(1)
