"""Charts of random walks, without a database."""

import random

from app.finance.bars import Bar
from app.finance.instrument import Instrument
from app.quotes.charts.cache import OtherBars, assemble
from app.quotes.charts.model import ChartModel
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.settings import read_settings
from tests.support.quote_samples import bars

SYMBOL = "BRK.B"


def walk(symbol: str, count: int, seed: int) -> list[Bar]:
    """Bars of a random walk in cents, with gaps of some days."""
    rng, price, walked = random.Random(seed), 100.0, []
    for bar in bars(symbol, 2 * count):
        if rng.random() < 0.5 and len(walked) + count < 2 * count:
            opens = round(price * (1 + rng.gauss(0, 0.004)), 2)
            price = max(1.0, round(opens * (1 + rng.gauss(0, 0.02)), 2))
            high, low = max(opens, price) + rng.randint(0, 90) / 100, min(opens, price) - rng.randint(0, 90) / 100
            walked.append(bar._replace(open=opens, high=high, low=low, close=price, volume=rng.randint(0, 9_000)))
    return walked[-count:]


def model_of(query: dict[str, str], days: list[Bar], first: int = 0, *others: list[Bar]) -> ChartModel:
    chart = assemble(Instrument(SYMBOL), read_settings(query), days, None)
    compared = tuple(OtherBars(Instrument(each[0].symbol), tuple(each)) for each in others)
    return chart_model(chart._replace(first=first, others=compared))
