"""Messages between processes that invalidate cache entries, on one internal channel."""

import msgspec


class CacheDropped(msgspec.Struct, frozen=True, tag="cache-dropped", tag_field="notice"):
    """What carries one of these tags is out of date in every process."""

    sender: str
    tags: tuple[str, ...]


def encode(notice: CacheDropped) -> bytes:
    return msgspec.json.encode(notice)


def decode(payload: bytes) -> CacheDropped | None:
    """None for what is no such message."""
    try:
        return msgspec.json.decode(payload, type=CacheDropped)
    except (ValueError, RecursionError):
        return None
