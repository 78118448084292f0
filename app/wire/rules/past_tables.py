"""Tables of past moments, stored by the key of the rule: the symbols for which it held, with the values of then."""

import math
import zlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
from redis.asyncio import Redis

from app.finance.panel import Floats
from app.wire.channels import PAST_TABLE_PREFIX
from app.wire.client import reachable
from app.wire.rules.match_lists import KEPT_SECONDS

MOST_BYTES = 20_000_000
"""Of a table that is unpacked: 20,000 symbols with a hundred values."""
LEVEL = 1
"""Of compression: values hardly become smaller."""


class PastTable(NamedTuple):
    """`values`: (symbols, operands), NaN where there is none; `operands`: in the spelling of rules."""

    symbols: tuple[str, ...]
    operands: tuple[str, ...]
    values: Floats

    def rows(self) -> Mapping[str, Mapping[str, float | None]]:
        """Values by symbol and operand."""
        numbers = ([each if math.isfinite(each) else None for each in own] for own in self.values.tolist())
        rows = (dict(zip(self.operands, own, strict=True)) for own in numbers)
        return dict(zip(self.symbols, rows, strict=True))


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    symbols: tuple[str, ...]
    operands: tuple[str, ...]
    values: bytes


class PastTables:
    """Raises RedisUnavailable."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def put(self, key: str, table: PastTable) -> None:
        packed = _Packed(table.symbols, table.operands, table.values.astype("<f8").tobytes())
        with reachable():
            value = zlib.compress(msgspec.msgpack.encode(packed), LEVEL)
            await self._client.set(PAST_TABLE_PREFIX + key, value, ex=KEPT_SECONDS)

    async def keep(self, key: str) -> bool:
        """Whether it is there; then it is kept as long as a new one."""
        with reachable():
            return bool(await self._client.expire(PAST_TABLE_PREFIX + key, KEPT_SECONDS))

    async def read(self, key: str) -> PastTable | None:
        """None where there is none that is readable."""
        with reachable():
            value = await self._client.get(PAST_TABLE_PREFIX + key)
        return _unpacked(value) if isinstance(value, bytes) else None


def _unpacked(value: bytes) -> PastTable | None:
    try:
        packed = msgspec.msgpack.decode(zlib.decompressobj().decompress(value, MOST_BYTES), type=_Packed)
        shape = len(packed.symbols), len(packed.operands)
        values = np.frombuffer(packed.values, dtype="<f8").astype(np.float64).reshape(shape)
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    return PastTable(packed.symbols, packed.operands, values)
