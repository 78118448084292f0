"""What every symbol has done in today's session, kept for after a restart: the provider does not say it again."""

import time
from collections.abc import Iterable

import msgspec

from app.finance.sessions import in_session, trading_date
from app.wire.events import Tick

SAVE_SECONDS = 0.002
"""For each symbol in it: at most that often the bookmark is written anew."""


class Done(msgspec.Struct, array_like=True):
    at: float
    open: float
    high: float
    low: float
    price: float
    volume: int


class Kept(msgspec.Struct):
    session: str
    done: dict[str, Done]


class SoFar:
    def __init__(self) -> None:
        self._kept = Kept("", {})
        self._written = b""
        self._at = 0.0

    def load(self, bookmark: bytes | None, session: str) -> None:
        """Of another day, or of nonsense, nothing is kept."""
        try:
            kept = msgspec.json.decode(bookmark or b"", type=Kept)
        except msgspec.MsgspecError:
            return
        if kept.session == session:
            self._kept = kept

    def add(self, ticks: Iterable[Tick]) -> None:
        for tick in ticks:
            session = trading_date(tick.at).isoformat()
            if session > self._kept.session:
                self._kept = Kept(session, {})
            if session == self._kept.session and in_session(tick.symbol, tick.at):
                self._add(tick)

    def ticks(self) -> list[Tick]:
        return [
            Tick(
                at=done.at, source="massive", symbol=symbol, price=done.price, volume=done.volume,
                open=done.open, high=done.high, low=done.low, close=done.price,
            )
            for symbol, done in self._kept.done.items()
        ]  # fmt: skip

    def bookmark(self) -> bytes:
        now = time.monotonic()
        if not self._written or now - self._at >= SAVE_SECONDS * len(self._kept.done):
            self._written, self._at = msgspec.json.encode(self._kept), now
        return self._written

    def _add(self, tick: Tick) -> None:
        first = tick.price if tick.open is None else tick.open
        high, low = tick.high or tick.price, tick.low or tick.price
        done = self._kept.done.get(tick.symbol)
        if done is None:
            self._kept.done[tick.symbol] = Done(tick.at, first, high, low, tick.price, tick.volume)
            return
        done.high, done.low = max(done.high, high), min(done.low, low)
        done.volume += tick.volume
        if tick.at >= done.at:
            done.at, done.price = tick.at, tick.price
