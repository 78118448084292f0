"""Plans of the test scenarios: closes, gaps, extremes and volumes of each day."""

import math
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

EXTREME = 0.035
"""How far an extreme stands beyond the closes around it."""


class DayPlan(NamedTuple):
    """Logarithms of prices over the base."""

    close: float
    gap: float | None = None
    """Of the open over the close before."""
    high: bool = False
    low: bool = False
    loud: bool = False
    """Several times the usual volume."""
    touch: float | None = None
    """A price that the day reaches and leaves again."""


def crash(random: Random) -> list[DayPlan]:
    """60 % calm, 10 % crash to 35 % below the peak, 30 % back up as steeply at first."""
    calm, falling, rising = 151, 25, 76
    peak, trough = math.log(1.10), math.log(1.10 * 0.65)
    closes = [min(peak - 0.006, peak * n / calm + _ripple(random, 0.008)) for n in range(calm - 1)] + [peak]
    steps = ((trough - peak) * n / falling + _ripple(random, 0.03) for n in range(1, falling))
    closes += [max(trough + 0.02, peak + step) for step in steps] + [trough]
    shares = (1 - (1 - n / (rising - 1)) ** 2.2 for n in range(1, rising))
    climb = peak - trough - 0.02
    closes += [min(peak - 0.01, trough + 0.008 + climb * share + _ripple(random, 0.01)) for share in shares]
    closes.append(peak - 0.02)
    closes[0] = 0.0
    loud = [20, 45, 75, 110, *range(calm + 1, calm + falling, 3), 190, 215, 235]
    days = _days(closes, loud=loud)
    return _extremes(days, highs=(30, 90, 130, 225), lows=(60, calm + 8, calm + 17, 200))


def growth(random: Random) -> list[DayPlan]:
    """Six breakouts from quiet stretches, four of them with momentum, a quarter more in the end."""
    legs = {35: True, 70: False, 105: True, 140: True, 175: False, 215: True}
    small, jump = 0.0205, 0.016
    large = (math.log(1.25) - 2 * small) / 4
    level, closes = 0.0, [0.0]
    while len(closes) < 251:
        rise = legs.get(len(closes))
        if rise is None:
            closes.append(level - random.uniform(0, 0.008))
            continue
        height = large if rise else small
        closes += [level + jump + (height - jump) * step / 4 for step in range(5)]
        level += height
    return _days([*closes, math.log(1.25)], loud=legs)


def volatility(random: Random) -> list[DayPlan]:
    """Months of calm and of storm by turns, always back to where it began; drawn to fill its range by `filled`."""
    path, price = [0.0], 0.0
    for number in range(1, 126):
        storm = number // 21 % 2 == 1
        price += random.gauss(0, 0.03 if storm else 0.005) - 0.08 * price
        path.append(price)
    return _days([price - path[-1] * number / 125 for number, price in enumerate(path)])


def fill_range(days: Sequence[DayPlan], reach: float) -> list[DayPlan]:
    """The same shape, made as high as it takes for the closes to span `reach` of the base."""
    low, high = 0.0, 50.0
    for _ in range(60):
        size = (low + high) / 2
        closes = [math.exp(size * day.close) for day in days]
        low, high = (low, size) if max(closes) - min(closes) > reach else (size, high)
    return [day._replace(close=low * day.close) for day in days]


def trends(random: Random) -> list[DayPlan]:
    """Flat, up, down, up, sideways: there six tests of the range's edges and two false breakouts."""
    closes = [_ripple(random, 0.004) for _ in range(26)]
    for steps, slope in ((42, 0.006), (36, -0.006), (36, 0.006)):
        start = closes[-1]
        closes += [start + slope * n + _ripple(random, 0.003) for n in range(1, steps + 1)]
    middle = closes[-1]
    sideways = [middle + _ripple(random, 0.004) for _ in range(49)]
    sideways[18] = middle + EDGES + 0.012
    sideways[38] = middle + EDGES + 0.012
    days = _days([*closes, *sideways], loud=(140 + 18, 140 + 38))
    for number, side in ((4, 1), (9, -1), (14, 1), (24, -1), (30, 1), (44, -1)):
        days[140 + number] = days[140 + number]._replace(touch=middle + side * (EDGES - 0.001))
    return days


EDGES = 0.02
"""Of the sideways range in `trends`, above and below its middle."""


def extremes(random: Random) -> list[DayPlan]:
    """Twelve highs, ten lows and eight gaps on days of their own, in sixty-three days."""
    places = random.sample(range(3, 61), 30)
    gaps = {day: random.uniform(0.026, 0.034) * (-1) ** number for number, day in enumerate(sorted(places[:8]))}
    level, closes = 0.0, []
    for number in range(63):
        level += gaps.get(number, 0.0)
        closes.append(level + math.copysign(0.002, gaps[number]) if number in gaps else level + _ripple(random, 0.008))
    closes[0] = 0.0
    days = _days(closes, loud=range(8, 53, 3))
    for number, gap in gaps.items():
        # From wherever the day before closed to the level behind the gap, and never less than a gap.
        days[number] = days[number]._replace(gap=gap)
        days[number] = days[number]._replace(close=days[number - 1].close + gap + math.copysign(0.002, gap))
    return _extremes(days, highs=places[8:20], lows=places[20:])


def _days(closes: Iterable[float], loud: Iterable[int] = ()) -> list[DayPlan]:
    often = set(loud)
    return [DayPlan(close, loud=number in often) for number, close in enumerate(closes)]


def _extremes(days: list[DayPlan], highs: Iterable[int], lows: Iterable[int]) -> list[DayPlan]:
    for number in highs:
        days[number] = days[number]._replace(high=True)
    for number in lows:
        days[number] = days[number]._replace(low=True)
    return days


def _ripple(random: Random, size: float) -> float:
    return random.uniform(-size, size)
