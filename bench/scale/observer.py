"""What the desk reports and stores while a market runs: lag, losses, reconnects, and closes of days."""

import asyncio
import re
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import asyncpg
import msgspec
from redis.asyncio import Redis

from app.wire.channels import EOD_COMPLETION, Channels
from app.wire.client import connect
from app.wire.state import market_clock
from bench.scale.expected import ExpectedBars, Over
from bench.scale.pages import percentile
from bench.scale.results import Row, none

LOOK_SECONDS = 0.5
CLOSE_SECONDS = 40.0
"""After a minute's end at real speed: what is published in that time belongs to its close."""
CLOSE_WITHIN = 5.0
BATCHES = "ts:batch:indicators"
DROPPED = re.compile(r"lost so far: .*?(\d+) dropped")

STORED_MINUTES = """
select number from unnest($1::text[], $2::float8[]) with ordinality as over(symbol, start, number)
 where exists (select from ohlcv_1min where symbol = over.symbol and timestamp = to_timestamp(over.start))
"""


class Observer:
    """A thread that runs while the context is open; its subscriptions make the desk send nothing more."""

    def __init__(self, redis_url: str, database_url: str, expected: ExpectedBars, log: Callable[[], str]) -> None:
        """`log`: what the engine has written so far."""
        self._redis_url, self._database_url, self._expected, self._log = redis_url, database_url, expected, log
        self._began = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._lags: list[tuple[float, float]] = []
        self._closes: dict[int, float] = {}
        self._days: Counter[str] = Counter()
        self._missing: list[Over] = []
        """Minutes that are over and were not in the database at the last look, oldest first."""
        self._waiting = 0
        self._cut = (0, 0)

    def __enter__(self) -> "Observer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def recovered_after(self, moment: float, bound: float) -> float | None:
        """Seconds from `moment`, itself seconds from the beginning, until the lag was below and stayed there for
        ten seconds."""
        later = [(at, lag) for at, lag in self._lags if at >= moment]
        for at, _ in later:
            if all(lag < bound for when, lag in later if at <= when < at + 10):
                return at - moment
        return None

    def rows(self, part: str, calm: Callable[[float], bool]) -> list[Row]:
        """`calm` says whether no other process used the cores at a time, in seconds from the start."""
        lags = [lag for at, lag in self._lags if calm(at)] or [0.0]
        dropped = max((int(count) for count in DROPPED.findall(self._log())), default=0)
        again = sum(count - 1 for count in self._days.values())
        rows = [
            Row(part, "lag of stored minutes", "s", statistics.median(lags), percentile(lags), max(lags)),
            Row(part, "lag, foreign load included", "s", most=max((lag for _, lag in self._lags), default=0.0)),
            Row(part, "rows that waited in the engine", "count", most=self._waiting),
            none(part, "rows and events dropped", dropped),
            none(part, "links that Valkey cut off", self._cut[1] - self._cut[0]),
            Row(part, "days closed", "count", most=len(self._days)),
            none(part, "days closed again", again),
        ]
        if self._closes:
            outs = sorted(self._closes.values())
            rows.append(
                Row(
                    part, "all of a minute's close published after its end", "s", statistics.median(outs),
                    percentile(outs), outs[-1], f"<= {CLOSE_WITHIN:g}", met=outs[-1] <= CLOSE_WITHIN,
                )
            )  # fmt: skip
        return rows

    async def _run(self) -> None:
        client = connect(self._redis_url)
        link = await asyncpg.connect(self._database_url)
        self._cut = (await _cut_links(client),) * 2
        hearing = asyncio.create_task(self._hear(client))
        try:
            while not self._done.is_set():
                await self._look(link)
                self._cut = (self._cut[0], await _cut_links(client))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing
            await link.close()
            await client.aclose()

    async def _look(self, link: asyncpg.Connection) -> None:
        while self._expected.over:
            self._missing.append(self._expected.over.popleft())
        symbols, starts = [each.symbol for each in self._missing], [each.start for each in self._missing]
        stored_numbers = {row["number"] - 1 for row in await link.fetch(STORED_MINUTES, symbols, starts)}
        self._missing = [each for place, each in enumerate(self._missing) if place not in stored_numbers]
        now = time.monotonic()
        self._lags.append((now - self._began, now - self._missing[0].at if self._missing else 0.0))

    async def _hear(self, client: Redis) -> None:
        subscription = client.pubsub()
        health = Channels().health
        await subscription.subscribe(health, EOD_COMPLETION, BATCHES)
        market = await market_clock.read(client)
        read_at = time.monotonic()
        async for message in subscription.listen():
            if message["type"] != "message":
                continue
            name = message["channel"].decode()
            if name == BATCHES:
                if time.monotonic() - read_at > 1:
                    market, read_at = await market_clock.read(client), time.monotonic()
                if market and market.speed == 1 and market.state == "open":
                    minute, since = divmod(market.now(time.time()), 60.0)
                    if since < CLOSE_SECONDS:
                        self._closes[int(minute)] = since
            elif name == health:
                self._waiting = max(self._waiting, msgspec.json.decode(message["data"]).get("waiting") or 0)
            else:
                self._days[msgspec.json.decode(message["data"])["results"]["target_date"]] += 1


async def _cut_links(client: Redis) -> int:
    return int((await client.info("stats")).get("client_output_buffer_limit_disconnections", 0))
