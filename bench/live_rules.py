"""Live rules through the engine: CPU and time from a minute's close until their match lists are out.

    python -m bench.live_rules [--symbols 500] [--rules 300] [--minutes 5]

Real Redis and PostgreSQL of our own; the engine is a process of its own. Every symbol has 800 stored days and 255
minutes, and trades once a minute. The rules are the presets with other numbers, as in bench.rules; with `--rules 1` it
is one with a window. Minutes close without rules and then with them: the difference of the engine's CPU time is what
the rules cost. The lists are out when the last of their messages arrives; its time counts from the last event of the
bars.
"""

import argparse
import asyncio
import math
import time
from collections.abc import Sequence
from datetime import date
from statistics import median
from typing import NamedTuple

import asyncpg
from redis.asyncio import Redis

from app.finance import calendar
from app.rules.live_rule import LiveRule, live_rule
from app.rules.parse import parse
from app.wire.channels import MATCHES_CHANNEL, Channels
from app.wire.client import connect
from app.wire.rules.live_rules import Announcement, LiveRules
from app.wire.rules.match_lists import MatchLists
from bench import rules as variations
from bench.engine import START, EventRecorder, Market, fill, running_engine, second, servers
from bench.fanout.machine import cpu_seconds
from bench.scale import data

WINDOW = "in5(sma50:up:sma200)"
FIRST_DAY, LAST_DAY, DAYS = date(2009, 1, 5), date(2012, 8, 31), 800
REST_SECONDS, WARM_MINUTES = 12.0, 40
"""The engine pauses between evaluations, several times as long as the last one took; and at first it computes what the
rules would have matched in past sessions."""
STEP, IDLE_STEPS, IDLE_SHARE = 0.25, 4, 0.06
"""The engine is idle when so many steps of so many seconds took less than that share of a core."""


class MinuteClose(NamedTuple):
    """`cpu`: seconds of the engine until it is idle. `behind`: seconds from the last event of the bars to the last
    message of match lists, None without rules."""

    cpu: float
    behind: float | None


async def fill_longer(database_url: str, symbols: int) -> None:
    link = await asyncpg.connect(database_url)
    await link.execute("delete from ohlcv_daily")
    await link.execute(data.DAILY, 1, symbols, list(calendar.sessions(FIRST_DAY, LAST_DAY))[-DAYS:])
    for table, key, unit in (("weekly", "week_start", "week"), ("monthly", "month_start", "month")):
        await link.execute(data.LONGER.format(name=table, key=key, unit=unit))
    await link.execute("vacuum analyze")
    await link.close()


def live_rules(count: int) -> list[LiveRule]:
    every = [parse(WINDOW)] if count == 1 else variations.rules()[:count]
    return [live_rule(rule, "d", (), None) for rule in every]


async def announce(client: Redis, rules: Sequence[LiveRule]) -> None:
    """What nobody announces is live for some seconds alone."""
    await LiveRules(client).announce([Announcement(rule.key, time.time()) for rule in rules])


async def wait_idle(pid: int) -> None:
    idle, used = 0, cpu_seconds(pid)
    while idle < IDLE_STEPS:
        await asyncio.sleep(STEP)
        before, used = used, cpu_seconds(pid)
        idle = idle + 1 if used - before < IDLE_SHARE * STEP else 0


class Measurement:
    def __init__(self, client: Redis, market: Market, pid: int, recorders: tuple[EventRecorder, EventRecorder]) -> None:
        """`recorders`: of the events of bars, and of match lists."""
        self._client, self._market, self._pid = client, market, pid
        self._bars, self._lists = recorders
        self._minute = 0

    async def closes(self, minutes: int, rules: Sequence[LiveRule]) -> list[MinuteClose]:
        closes = []
        for _ in range(minutes):
            start = START + 60 * self._minute
            self._minute += 1
            await announce(self._client, rules)
            await second(self._client, self._market, start + 30, 0.0)
            await asyncio.sleep(REST_SECONDS if rules else 0.0)
            await wait_idle(self._pid)
            used, began = cpu_seconds(self._pid), time.perf_counter()
            await second(self._client, self._market, start + 60, 0.0)
            await wait_idle(self._pid)
            behind = self._lists.newest - self._bars.newest if self._lists.newest > began else None
            closes.append(MinuteClose(cpu_seconds(self._pid) - used, behind))
        return closes

    async def make_live(self, rules: Sequence[LiveRule]) -> None:
        """Until there is a list of each."""
        for rule in rules:
            await LiveRules(self._client).put(rule)
        await announce(self._client, rules)
        for rule in rules:
            await LiveRules(self._client).wake(rule.key)
        while len(await MatchLists(self._client).newest([rule.key for rule in rules])) < len(rules):
            await announce(self._client, rules)
            await asyncio.sleep(1)
        for _ in range(WARM_MINUTES):
            await self.closes(1, rules)
            lists = await MatchLists(self._client).newest([rule.key for rule in rules])
            if all(each.past or each.problem for each in lists.values()):
                break


async def measure(urls: tuple[str, str], symbols: int, rules: int, minutes: int) -> None:
    redis_url, database_url = urls
    market = Market([data.name(number) for number in range(1, symbols + 1)])
    await fill(database_url, market)
    await fill_longer(database_url, symbols)
    client = connect(redis_url)
    channels = Channels()
    recorders = (
        EventRecorder(redis_url, channels.patterns, channels.indicators),
        EventRecorder(redis_url, MATCHES_CHANNEL),
    )
    recordings = [asyncio.create_task(recorder.run()) for recorder in recorders]
    async with running_engine(redis_url, database_url) as pid:
        measurement, live = Measurement(client, market, pid, recorders), live_rules(rules)
        without = await measurement.closes(minutes, ())
        await measurement.make_live(live)
        report(live, symbols, without, await measurement.closes(minutes, live))
    for recording in recordings:
        recording.cancel()
    await client.aclose()


def report(
    rules: Sequence[LiveRule], symbols: int, without: Sequence[MinuteClose], closes: Sequence[MinuteClose]
) -> None:
    bare, cpu = (1000 * median(close.cpu for close in each) for each in (without, closes))
    behind = [1000 * close.behind for close in closes if close.behind is not None] or [math.nan]
    print(f"a minute's close of {symbols:,} symbols takes {bare:.0f} ms of the engine's CPU")
    print(f"with {len(rules)} rules {cpu:.0f} ms: the rules take {cpu - bare:.0f} ms")
    print(
        f"match lists are out {median(behind):.0f} ms (at most {max(behind):.0f}) after the last event of the bars, in"
        f" {len(behind)} of {len(closes)} minutes; wanted: " + ("250 ms of CPU" if len(rules) > 1 else "100 ms")
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--rules", type=int, default=300)
    parser.add_argument("--minutes", type=int, default=5)
    options = parser.parse_args()
    with servers() as urls:
        asyncio.run(measure(urls, options.symbols, options.rules, options.minutes))


if __name__ == "__main__":
    main()
