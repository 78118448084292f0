"""Writes docs/redis-contract.md from the tables that the codec reads and writes by.

`make docs` runs it. `page()` is what the file must be: a test compares the two.
"""

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_type_hints

from app.settings import channel_names
from app.wire import channels
from app.wire.channels import USES, Channels
from app.wire.codec import values
from app.wire.codec.fields import AHEAD_SECONDS
from app.wire.codec.readers import READERS
from app.wire.codec.shape import Shape, Spelling
from app.wire.events.base import LATE_SECONDS
from app.wire.events.event import KINDS, AnyEvent, Event

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "docs" / "redis-contract.md"

REASONS = {
    "not-json": "no UTF-8, no JSON, or nested deeper than can be read",
    "not-an-object": "JSON, but no object",
    "too-big": "more than 64 KiB",
    "empty-batch": "a batch without items",
    "too-many": "a batch of more than 500 items",
    "batch": "more than one event where one was asked for",
    "probe": "empty, or one of the probes that health checks publish: test, probe, ping, health_check",
    "unknown-event": "the name of the event belongs to nothing on this channel",
    "bad-symbol": "a symbol with characters that no symbol has",
    "bad-number": "a number that is needed is missing, infinite, out of range or no number",
    "bad-time": f"makes no sense as a time, or is more than {AHEAD_SECONDS / 3600:.0f} h ahead of its arrival",
    "bad-shape": "fields that do not make an event",
    "no-symbol": "no symbol or ticker",
    "no-pattern": "no name of a pattern",
    "no-indicator": "no name of an indicator",
    "no-alert": "no alert's id or type",
    "no-job": "no job's id",
    "no-run": "no run's id",
    "no-session": "no session's id",
    "no-schedule": "it does not say whether the schedule is on",
    "no-status": "no status",
    "no-message": "no message",
    "no-metrics": "no figure that is known",
    "no-operation": "no name of an operation",
    "no-universe": "no universe, symbol or count",
}
"""Why a message is refused; each is counted by channel."""

KEYS = (
    (channels.HEARTBEAT_KEY, "text", "epoch seconds, written by the engine at every beat"),
    (channels.OTHER_HEARTBEAT_KEY, "text", "the same, as other engines write it; the newer of the two counts"),
    (channels.JOB_STATUS_PREFIX + "{job_id}", "text or hash", "JobStatus, written by the engine; never by TickStock"),
    (channels.APP_JOB_STATUS_PREFIX + "{job_id}", "text", "JobStatus, where the one above is missing"),
    (
        channels.EOD_STATUS_KEY,
        "text",
        "results of the newest closed day, for a day; TickStock does not read it",
    ),
)

HEAD = """# Redis contract

This page is written by `make docs` from the tables that the code reads and writes by. Change those, not this page. It
lists every channel, key and message between TickStock and its engine.

Messages are JSON, published with PUBLISH. TickStock reads every spelling below, and writes the first one. Of a `log`
event every message counts, in order, and is kept in the log. Of a `state` event only the newest counts.

* Fields are in the message itself or in its envelope, which may be in another. The innermost wins; `null` is missing.
* Times are epoch seconds, milliseconds, microseconds or nanoseconds, as numbers or text, or ISO 8601 with `Z`, an
  offset or neither, which is UTC. Old times are accepted: a replay has them.
* A message that was published more than {LATE} minutes before it came is late. It is read, and counted by channel.
* Numbers may be text. A number that is not finite or beyond 1e15 is missing.
* Text loses control, format and surrogate characters, and is cut to the length of its field.
* A symbol has 1 to 32 of the letters, digits and `.` `_` `:` `/` `^` `=` `$` `&` `+` `-`. It begins with a letter, a
  digit, `^`, `$` or `.`, and no part between slashes is empty, `.` or `..`. Case is kept: BCPC and BCpC are two.
* Every event may have its `source`, and besides its own time `published_at` (the time of the outermost envelope).
"""


def page() -> str:
    return "\n".join((*_lines(), ""))


def _lines() -> Iterator[str]:
    yield HEAD.replace("{LATE}", f"{LATE_SECONDS / 60:.0f}")
    yield from _channels()
    yield "## Events"
    for meaning, reader in READERS.items():
        described: dict[int, str] = {}
        for shape in reader.shapes:
            yield from _event(shape, str(meaning), reader.envelopes)
            kind = described.setdefault(id(shape.fields), shape.kind.__name__)
            yield from _fields(shape) if kind == shape.kind.__name__ else (f"Fields as of {kind}.",)
    yield from _reasons()


def _channels() -> Iterator[str]:
    yield "## Channels\n"
    yield "In: from the engine to TickStock. Both: published by TickStock's own feed, read by engine and desk.\n"
    yield from _table("channel", "direction", "kind", "carries", "name set by")
    for field, name in Channels()._asdict().items():
        use = USES[field]
        yield _row(f"`{name}`", use.direction, use.kind, use.meaning, f"`{_variable(field)}`")
    yield "\n### Out\n"
    yield from _table("channel", "kind", "what for")
    for out in channels.OUTGOING:
        yield _row(f"`{out.name}`", out.kind, out.says)
    yield "\n### Keys\n"
    yield from _table("key", "type", "content")
    for key, kind, says in KEYS:
        yield _row(f"`{key}`", kind, says)
    yield "\nWhat begins with `ts:` is TickStock's own.\n"
    yield from _listeners()


def _listeners() -> Iterator[str]:
    ticks, indicators, own = Channels().ticks, Channels().indicators, channels.BATCHES
    yield f"""### Subscribers

TickStock's web processes read ticks and indicators in batches from {" and ".join(f"`{name}`" for name in own)}.
Its feed and its engine publish on `{ticks}` and `{indicators}`, one message each,
while another client subscribes there by name, or to anything by pattern (PUBSUB NUMSUB, PUBSUB NUMPAT).
A new subscriber gets everything from the next publication on.
Where they may not use PUBSUB, and on every other channel, they publish in any case.
"""


def _event(shape: Shape[Any], meaning: str, envelopes: Sequence[str]) -> Iterator[str]:
    kind: type[AnyEvent] = shape.kind
    yield f"\n### {kind.__name__}\n"
    if description := _docstring(kind):
        yield description + "\n"
    inside = f"fields in `{shape.inside}`" if shape.inside else "flat"
    read = ", ".join(f"`{name}`" for name in envelopes) or "none"
    word = f" as `{shape.key}: {shape.word}`" if isinstance(shape.word, str) else f" with its name in `{shape.key}`"
    yield f"{KINDS[kind]}; carried by *{meaning}*. Written{word}, {inside}. Envelopes read: {read}.\n"


def _fields(shape: Shape[Any]) -> Iterator[str]:
    yield from _table("field", "type", "written as", "also read as", "what it is")
    yield _row("at", "time", f"`{shape.time[0]}`", _names(shape.time[1:]), "the event's own time; arrival when missing")
    hints = get_type_hints(shape.kind)
    for name, spelling in shape.fields.items():
        kind = "time" if spelling.make is values.when else _type(hints[name])
        yield _row(name, kind, *_spellings(spelling), _meaning(spelling))


def _spellings(spelling: Spelling) -> tuple[str, str]:
    names = [*spelling.names, *(f"{name} (percent)" for name in spelling.percent)]
    return f"`{names[0].removesuffix(' (percent)')}`", _names(names[1:])


def _meaning(spelling: Spelling) -> str:
    return ", ".join(part for part in (spelling.says, "needed" if spelling.needed else "") if part)


def _names(names: Any) -> str:
    return ", ".join(f"`{name}`" if " " not in name else f"`{name.split()[0]}` (percent)" for name in names)


def _type(hint: Any) -> str:
    if isinstance(hint, type) and not hasattr(hint, "__args__"):
        return {"str": "text", "float": "number", "int": "whole number", "bool": "true or false"}[hint.__name__]
    text = str(hint).replace("typing.", "").removesuffix(" | None")
    return {
        "float": "number",
        "int": "whole number",
        "tuple[str, ...]": "texts",
        "tuple[tuple[str, float], ...]": "numbers by name",
        "tuple[app.wire.events.monitoring.Component, ...]": "components by name",
    }.get(text, "word")


def _docstring(kind: type[AnyEvent]) -> str:
    """Its own docstring, or that of the kind it is a case of."""
    docstrings = (base.__doc__ for base in kind.__mro__ if issubclass(base, Event) and base is not Event)
    return inspect.cleandoc(next((text for text in docstrings if text), ""))


def _reasons() -> Iterator[str]:
    yield "\n## Why a message is refused\n"
    yield from _table("reason", "what it means")
    for reason, says in REASONS.items():
        yield _row(f"`{reason}`", says)


def _variable(field: str) -> str:
    variables = {
        channel_names.field(path.removeprefix("redis.")): variable for variable, path in channel_names.VARIABLES.items()
    }
    return variables[field]


def _table(*heads: str) -> Iterator[str]:
    yield _row(*heads)
    yield _row(*("---" for _ in heads))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PLACE.write_text(page(), encoding="utf-8")
    print(f"written: {PLACE.relative_to(ROOT)}")
