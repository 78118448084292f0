"""Many ticks as one payload: what is kept of the feed, and what web processes read of it."""

import zlib
from collections.abc import Sequence

import msgspec

from app.wire.codec.ticks import DecodedTick, to_contract, to_tick
from app.wire.events.event import Tick

MOST_BYTES = 4 * 1024 * 1024
"""Of a payload's JSON: whatever is longer is cut off, and then cannot be read."""
LEVEL = 1
"""A tenth of the bytes for a quarter of a microsecond a tick; higher levels gain little more."""

_ALL = msgspec.json.Decoder(list[DecodedTick])
_EACH = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(DecodedTick)


def encode_ticks(ticks: Sequence[Tick], published_at: float) -> bytes:
    """A JSON array of ticks under the contract's names, without what a tick does not say, compressed with zlib.

    `published_at` is that of ticks that do not say their own."""
    return zlib.compress(msgspec.json.encode([to_contract(tick, published_at) for tick in ticks]), LEVEL)


def decode_ticks(payload: bytes, arrived_at: float) -> list[Tick]:
    """The ticks of such an array, compressed or not, in their order. An item that is no tick costs itself alone, and a
    payload that is no array gives nothing."""
    try:
        text = payload if payload.startswith(b"[") else _decompressed(payload)
        items = _ALL.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        items = _readable(text)
    except (zlib.error, RecursionError):
        return []
    return [tick for item in items if (tick := to_tick(item, arrived_at))]


def _decompressed(payload: bytes) -> bytes:
    return zlib.decompressobj().decompress(payload, MOST_BYTES)


def _readable(text: bytes) -> list[DecodedTick]:
    items: list[DecodedTick] = []
    try:
        raws = _EACH.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return items
    for raw in raws:
        try:
            items.append(_ONE.decode(raw))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return items
