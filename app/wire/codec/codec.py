"""Bytes from Redis to events and back. Decode never raises; what it cannot read has a named reason."""

from collections.abc import Sequence

import msgspec

from app.wire.channels import Channels, Meaning
from app.wire.codec.batches import IndicatorBatch, encode_indicators, open_indicators
from app.wire.codec.fields import Fields, Rejected, UnreadableMessage
from app.wire.codec.readers import READERS, SHAPES
from app.wire.codec.text import parse
from app.wire.codec.tick_batches import decode_ticks, encode_ticks
from app.wire.codec.ticks import DIALECTS, decode_canonical
from app.wire.events.event import AnyEvent, Tick

__all__ = ["IndicatorBatch", "Rejected", "decode_ticks", "encode_indicators", "encode_ticks", "open_indicators"]

MAX_BYTES = 64 * 1024
MOST_IN_A_BATCH = 500


def decode(meaning: Meaning, payload: bytes, arrived_at: float) -> AnyEvent | Rejected:
    """The one event of a message; a batch of more is refused here."""
    events = decode_each(meaning, payload, arrived_at)
    return events[0] if len(events) == 1 else Rejected("batch")


def decode_each(meaning: Meaning, payload: bytes, arrived_at: float) -> tuple[AnyEvent | Rejected, ...]:
    """Whatever a message holds, one by one, at least one: a bad item of a batch does not cost the others."""
    if len(payload) > MAX_BYTES:
        return (Rejected("too-big"),)
    if meaning is Meaning.TICKS and (tick := decode_canonical(payload, arrived_at)):
        return (tick,)
    reader = READERS[meaning]
    try:
        message = parse(payload)
    except UnreadableMessage as refusal:
        return (Rejected(refusal.reason),)
    items = next((batch for name in reader.batch if isinstance(batch := message.get(name), list)), None)
    if items is None:
        return (_read(meaning, Fields.open(message, reader.envelopes, arrived_at)),)
    if not 0 < len(items) <= MOST_IN_A_BATCH:
        return (Rejected("empty-batch" if not items else "too-many"),)
    return tuple(_item(meaning, reader.envelopes, item, message, arrived_at) for item in items)


def encode(event: AnyEvent) -> bytes:
    """The contract's canonical JSON; decoding it gives the event back."""
    return msgspec.json.encode(SHAPES[type(event)].write(event))


def encode_for(channel: str, event: AnyEvent) -> bytes:
    """As the readers of that channel know it."""
    if isinstance(event, Tick) and channel in DIALECTS:
        return msgspec.json.encode(DIALECTS[channel].write(event))
    return encode(event)


def carries(channel: str, event: AnyEvent) -> bool:
    """Not a quote where readers know ticks by other fields: they would take it for a print."""
    return not (isinstance(event, Tick) and event.kind == "Q" and channel in DIALECTS)


def channel(event: AnyEvent, channels: Channels) -> str:
    """Where the contract has it published."""
    return str(getattr(channels, SHAPES[type(event)].channel(event)))


def _item(
    meaning: Meaning, envelopes: Sequence[str], item: object, message: dict[str, object], arrived_at: float
) -> AnyEvent | Rejected:
    if not isinstance(item, dict):
        return Rejected("not-an-object")
    return _read(meaning, Fields.open(item, envelopes, arrived_at).within(message))


def _read(meaning: Meaning, fields: Fields) -> AnyEvent | Rejected:
    try:
        return READERS[meaning].read(fields)
    except UnreadableMessage as refusal:
        return Rejected(refusal.reason)
