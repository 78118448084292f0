"""A synthetic market at a given speed for some time: its bars, reconnects, lag, cores and memory."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from app.embedded.child import Child
from bench.scale.expected import ExpectedBars, compare
from bench.scale.observer import Observer
from bench.scale.pages import percentile
from bench.scale.readers import LISTED, READERS, lists, reading
from bench.scale.results import Row
from bench.scale.servers import Meter, Servers, Usage, Web

SAMPLE_SECONDS = 5.0
SETTLE_SECONDS = 15.0
SETTLED_LAG, RECOVERED_SECONDS = 1.0, 30.0
FLAT = 1.25
"""Of memory: the end beside what it was when a third of the time was over."""
LONG_SECONDS = 600.0
"""From which on it is asked whether memory stays flat."""
KEPT_MB = 150
"""Of Valkey: 64 MB of ticks, and the rest."""
MEASURED = ("web", "engine", "ingest", "valkey")
BUSY = "while True: pass"


class Plan(NamedTuple):
    """`ticks`: a second of the wall, of each symbol. `foreign`: when others use both cores, in seconds from the
    beginning; `readers`: from when on a thousand read lists."""

    part: str
    symbols: int
    speed: float
    ticks: float
    seconds: float
    foreign: tuple[float, float] | None = None
    readers: float | None = None
    engine_cores: float | None = None
    web_cores: float | None = None
    web_cores_read: float | None = None
    starts_at: str = "09:30:00"


class Sample(NamedTuple):
    at: float
    usage: dict[str, Usage]


def play(servers: Servers, database: str, plan: Plan) -> list[Row]:
    settings = {
        "TICKSTOCK_INGEST_PROVIDER": "synthetic",
        "TICKSTOCK_SYNTHETIC_SYMBOLS": str(plan.symbols),
        "TICKSTOCK_SYNTHETIC_SPEED": str(plan.speed),
        "TICKSTOCK_SYNTHETIC_TICKS_PER_SECOND": str(plan.ticks),
        "TICKSTOCK_SYNTHETIC_STARTS_AT": plan.starts_at,
        "TICKSTOCK_LIVE_MAX_CONNECTIONS": "100000",
        "TICKSTOCK_LIVE_STREAMS_PER_USER": "100000",
        "TICKSTOCK_LIMITS_OPENINGS_PER_USER": "1000000",
        "TICKSTOCK_LIMITS_OPENINGS_PER_ADDRESS": "1000000",
    }
    asyncio.run(servers.flush())
    url = servers.urls(database).engine
    with ExitStack() as stack:
        web = stack.enter_context(servers.web(database, **settings))
        engine = stack.enter_context(servers.running("engine", database, **settings))
        expected = stack.enter_context(ExpectedBars(servers.redis_url))
        observer = stack.enter_context(Observer(servers.redis_url, url, expected, lambda: servers.log("engine")))
        ingest = servers.program("ingest", database, **settings)
        stack.callback(ingest.stop, 20)
        ingest.start()
        children = {"web": web.child, "engine": engine, "ingest": ingest}
        meters = {**children, "valkey": servers.valkey, "postgres": servers.postgres}
        samples = _watched(plan, web, expected, meters)
        ingest.stop(20)
        time.sleep(SETTLE_SECONDS)
    rows = [Row(plan.part, "ticks a second", "1/s", expected.ticks / plan.seconds), *_usage(plan, samples)]
    rows += observer.rows(plan.part, lambda at: not _during(plan, at))
    rows += _recovered(plan, observer)
    rows += asyncio.run(compare(plan.part, url, expected))
    return rows


def _watched(plan: Plan, web: Web, expected: ExpectedBars, meters: dict[str, Child]) -> list[Sample]:
    samples: list[Sample] = []
    began = time.monotonic()
    with ExitStack() as stack:
        loads, readers = None, None
        while (elapsed := time.monotonic() - began) < plan.seconds:
            if plan.foreign and loads is None and elapsed >= plan.foreign[0]:
                loads = stack.enter_context(_foreign_load())
            if plan.foreign and loads and elapsed >= plan.foreign[1]:
                _end(loads)
            if plan.readers is not None and readers is None and elapsed >= plan.readers:
                watched = lists(sorted(expected.symbols), READERS)
                readers = stack.enter_context(reading(web.port, web.cookie, watched))
                readers.wait_open(READERS)
            meter = Meter(**meters)
            time.sleep(SAMPLE_SECONDS)
            samples.append(Sample(time.monotonic() - began, meter.read()))
            if len(samples) % 12 == 0:
                print(f"  {plan.part}: {elapsed / 60:.0f} min, {expected.ticks:,} ticks", flush=True)
        if readers and readers.ended:
            raise SystemExit(f"{readers.ended} of {READERS} streams ended by themselves")
    return samples


@contextmanager
def _foreign_load() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Load of other processes on both cores."""
    loads = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    try:
        yield loads
    finally:
        _end(loads)


def _end(loads: list["subprocess.Popen[bytes]"]) -> None:
    for load in loads:
        load.kill()
        load.wait()


def _usage(plan: Plan, samples: list[Sample]) -> list[Row]:
    calm = [each for each in samples if not _during(plan, each.at)]
    unread = [each for each in calm if plan.readers is None or each.at < plan.readers]
    rows = [_cores(plan, f"{name}, CPU", name, unread, _bound(plan, name)) for name in samples[0].usage]
    if plan.readers is not None:
        read = [each for each in calm if each.at > plan.readers + 4 * SAMPLE_SECONDS]
        what = f"web, CPU with {READERS:,} readers of lists of {LISTED}"
        rows.append(_cores(plan, what, "web", read, plan.web_cores_read))
    return rows + [_memory(plan, name, [each.usage[name].megabytes for each in samples]) for name in MEASURED]


def _memory(plan: Plan, name: str, megabytes: list[float]) -> Row:
    """Checks that memory at the end is as after a third of the time; Valkey's varies with the market."""
    middle, most = statistics.median(megabytes), max(megabytes)
    if name == "valkey":
        return Row(plan.part, "valkey, memory", "MB", middle, None, most, f"<= {KEPT_MB}", met=most <= KEPT_MB)
    if plan.seconds < LONG_SECONDS:
        return Row(plan.part, f"{name}, memory", "MB", middle, None, most)
    flat = megabytes[-1] <= FLAT * megabytes[len(megabytes) // 3]
    return Row(plan.part, f"{name}, memory", "MB", middle, None, most, f"end <= {FLAT} x a third", met=flat)


def _cores(plan: Plan, what: str, name: str, samples: list[Sample], bound: float | None) -> Row:
    used = [each.usage[name].cores for each in samples]
    middle = statistics.mean(used)
    aim = "" if bound is None else f"mean <= {bound:g}"
    within_bound = None if bound is None else middle <= bound
    return Row(plan.part, what, "cores", statistics.median(used), percentile(used), max(used), aim, met=within_bound)


def _bound(plan: Plan, name: str) -> float | None:
    return {"engine": plan.engine_cores, "web": plan.web_cores}.get(name)


def _during(plan: Plan, at: float) -> bool:
    """Whether other processes used the cores at that time, or a backlog of it was still being worked off."""
    return plan.foreign is not None and plan.foreign[0] <= at <= plan.foreign[1] + RECOVERED_SECONDS


def _recovered(plan: Plan, observer: Observer) -> list[Row]:
    if plan.foreign is None:
        return []
    after = observer.recovered_after(plan.foreign[1], SETTLED_LAG)
    within_bound = after is not None and after <= RECOVERED_SECONDS
    what = f"lag under {SETTLED_LAG:g} s again after the foreign load"
    return [Row(plan.part, what, "s", most=after, aim=f"<= {RECOVERED_SECONDS:g}", met=within_bound)]
