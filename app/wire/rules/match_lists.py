"""Match lists: the symbols for which a live rule holds, stored by key and published in batches."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
from redis.asyncio import Redis

from app.finance.symbols import is_symbol
from app.rules.matching import Departure
from app.rules.past_matches import PastMatches
from app.wire.channels import DATA_VERSION_KEY, MATCHES_CHANNEL, MATCHES_PREFIX
from app.wire.client import reachable

KEPT_SECONDS = 4 * 3600
BATCH_BYTES = 500_000
READ_BYTES = 2_000_000
AHEAD_SECONDS = 300.0
"""That the clock of another process may be ahead."""

_Seconds = Annotated[float, msgspec.Meta(ge=0, lt=1e12)]
_Version = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class MatchList(msgspec.Struct, frozen=True):
    """`version`: grows with every change of the symbols or the problem; the time of the change in milliseconds, or
    more. `at`: that time, UTC epoch seconds. `as_of`: market time up to which it holds. `version_before`: that of the
    list before, which had other symbols or another problem; 0 if there was none."""

    key: str
    version: _Version
    at: _Seconds
    as_of: _Seconds
    symbols: tuple[str, ...] = ()
    """In order of their names."""
    left: tuple[int, ...] = ()
    """Symbols that were looked at, then those that are left after each condition."""
    departures: Mapping[str, Departure] = {}
    """Of the symbols that have left since the version before, where it is known why."""
    past: PastMatches | None = None
    """Of a rule of daily bars, once it is computed."""
    data: _Version = 0
    """Version of the stored bars that `past`, or the list of a past moment, was computed from."""
    problem: str = ""
    """Why the rule cannot be evaluated; then nothing else counts."""
    version_before: _Version = 0


class MatchBatch(msgspec.Struct, frozen=True):
    """What one evaluation changed: `lists` whole, and of rules with the same symbols, by key, how many are left after
    each condition."""

    as_of: _Seconds
    lists: tuple[MatchList, ...] = ()
    same: Mapping[str, tuple[int, ...]] = {}


class MatchLists:
    """Raises RedisUnavailable."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def newest(self, keys: Sequence[str]) -> dict[str, MatchList]:
        """Those of them that are stored and readable."""
        if not keys:
            return {}
        with reachable():
            values = await self._client.mget([MATCHES_PREFIX + key for key in keys])
        lists = (_decoded(key, value) for key, value in zip(keys, values, strict=True))
        return {each.key: each for each in lists if each}

    async def data_version(self) -> int:
        """Of stored bars: another one when bars of the past have changed, not when one has closed."""
        with reachable():
            value = await self._client.get(DATA_VERSION_KEY)
        return int(value) if isinstance(value, bytes) and value.isdigit() else 0

    async def renew_data_version(self) -> None:
        """Stored bars of the past have changed."""
        with reachable():
            await self._client.set(DATA_VERSION_KEY, int(time.time() * 1000))

    async def publish(self, changed: Sequence[MatchList], same: Sequence[MatchList]) -> None:
        """Stores all of them, and publishes the changed ones; of the others only that they still hold."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for each in (*changed, *same):
                pipeline.set(MATCHES_PREFIX + each.key, msgspec.json.encode(each), ex=KEPT_SECONDS)
            for batch in _batches(changed, same):
                pipeline.publish(MATCHES_CHANNEL, batch)
            await pipeline.execute()


def _batches(changed: Iterable[MatchList], same: Sequence[MatchList]) -> Iterable[bytes]:
    if same:
        yield msgspec.json.encode(MatchBatch(same[0].as_of, same={each.key: each.left for each in same}))
    batch: list[MatchList] = []
    size = 0
    for each in changed:
        length = len(msgspec.json.encode(each))
        if batch and size + length > BATCH_BYTES:
            yield msgspec.json.encode(MatchBatch(batch[0].as_of, tuple(batch)))
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield msgspec.json.encode(MatchBatch(batch[0].as_of, tuple(batch)))


def decode_batch(payload: bytes) -> MatchBatch | None:
    if len(payload) > READ_BYTES:
        return None
    try:
        batch = msgspec.json.decode(payload, type=MatchBatch)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return batch if all(map(_is_plausible, batch.lists)) else None


def _decoded(key: str, value: object) -> MatchList | None:
    if not isinstance(value, bytes) or len(value) > READ_BYTES:
        return None
    try:
        match_list = msgspec.json.decode(value, type=MatchList)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return match_list if match_list.key == key and _is_plausible(match_list) else None


def _is_plausible(match_list: MatchList) -> bool:
    return all(map(is_symbol, match_list.symbols)) and match_list.at <= time.time() + AHEAD_SECONDS
