"""Five synthetic price histories for tests, deterministic, each with known events."""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from itertools import islice
from random import Random
from typing import NamedTuple

from app.finance import calendar, path, plans
from app.finance.bars import Bar, day_start
from app.finance.instrument import Instrument
from app.finance.sessions import regular

SEED = 42
NEAR = 2
"""Days on either side whose closes an extreme stands out from."""
POINTS_A_MINUTE = 4
USUAL_VOLUME = 2_000_000


class PriceScenario(NamedTuple):
    symbol: str
    description: str
    begins: date
    """The first of its days, which are all sessions of the exchange."""
    base: float
    plan: Callable[[Random], list[plans.DayPlan]]


SCENARIOS: Mapping[str, PriceScenario] = {
    "crash_2020": PriceScenario(
        "TEST_CRASH_2020", "calm, a crash of 35 %, a V-shaped recovery", date(2020, 1, 2), 100, plans.crash
    ),
    "growth_2021": PriceScenario(
        "TEST_GROWTH_2021", "a quarter more in a year, by six breakouts", date(2021, 1, 4), 100, plans.growth
    ),
    "volatility_periods": PriceScenario(
        "TEST_VOLATILITY", "sideways within 30 %, calm and stormy by turns", date(2022, 1, 3), 150, plans.volatility
    ),
    "trend_changes": PriceScenario(
        "TEST_TREND_CHANGES", "up, down, up, sideways with false breakouts", date(2022, 7, 1), 80, plans.trends
    ),
    "high_low_events": PriceScenario(
        "TEST_HIGH_LOW_EVENTS", "highs, lows, gaps and spikes of volume", date(2023, 4, 3), 200, plans.extremes
    ),
}
"""By name. Symbols have at most the 20 characters that the market's tables hold."""

RANGE = 0.30
"""What volatility_periods spans, of its base."""


def daily(name: str) -> list[Bar]:
    """Raises KeyError for a name that is none."""
    scenario = SCENARIOS[name]
    random = Random(f"{SEED} {name}")  # noqa: S311
    days = scenario.plan(random)
    if name == "volatility_periods":
        days = plans.fill_range(days, RANGE)
    dates = islice(_sessions(scenario.begins), len(days))
    return [_bar(scenario, days, number, day, random) for number, day in enumerate(dates)]


def minutes(bar: Bar) -> list[Bar]:
    """A daily bar as its one-minute bars, which roll up to it exactly."""
    starts = regular(bar.day).minutes
    random = Random(int.from_bytes(sha256(f"{bar.symbol} {bar.day} minutes".encode()).digest()[:8]))  # noqa: S311
    points = path.prices(bar, path.walk(bar, len(starts) * POINTS_A_MINUTE), random)
    volumes = path.volumes(bar.volume, len(starts), random)
    return [
        _minute(bar.symbol, start, points[number * POINTS_A_MINUTE : (number + 1) * POINTS_A_MINUTE], volume)
        for number, (start, volume) in enumerate(zip(starts, volumes, strict=True))
    ]


def instrument(name: str) -> Instrument:
    scenario = SCENARIOS[name]
    return Instrument(scenario.symbol, f"Synthetic: {scenario.description}", "TEST")


def _sessions(first: date) -> Iterator[date]:
    day = calendar.newest_session(first)
    while True:
        yield day
        day = calendar.next_session(day)


def _bar(scenario: PriceScenario, days: list[plans.DayPlan], number: int, day: date, random: Random) -> Bar:
    plan = days[number]
    before = days[number - 1].close if number else plan.close
    open_price = before + (random.uniform(-0.002, 0.002) if plan.gap is None else plan.gap)
    reached = [open_price, plan.close, plan.close if plan.touch is None else plan.touch]
    high = max(reached) + (random.uniform(0, 0.003) if plan.touch is None else 0.0)
    low = min(reached) - (random.uniform(0, 0.003) if plan.touch is None else 0.0)
    near = [other.close for other in days[max(0, number - NEAR) : number + NEAR + 1]]
    high = max(high, max(near) + plans.EXTREME) if plan.high else high
    low = min(low, min(near) - plans.EXTREME) if plan.low else low
    volume = USUAL_VOLUME * random.uniform(0.8, 1.25) * (5.5 if plan.loud else 1)
    first, most, least, last = (_price(scenario.base, value) for value in (open_price, high, low, plan.close))
    return Bar(scenario.symbol, "daily", day_start(day), first, most, least, last, int(volume))


def _price(base: float, log: float) -> float:
    return round(base * math.exp(log), 2)


def _minute(symbol: str, start: int, points: list[float], volume: int) -> Bar:
    return Bar(symbol, "1min", float(start), points[0], max(points), min(points), points[-1], volume)
