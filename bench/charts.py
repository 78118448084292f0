"""CPU of drawing a chart from stored bars: its numbers, its plot and its HTML, as a page draws it. Medians.

python -m bench.charts [--draws 200]
"""

import argparse
import gzip
import re
import statistics
import time
from collections.abc import Callable
from urllib.parse import parse_qsl

from app.finance.instrument import Instrument
from app.identity import View
from app.quotes.charts import figure
from app.quotes.charts.cache import assemble
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.plot import draw_plot
from app.quotes.charts.settings import read_settings
from tests.support.chart_models import SYMBOL, walk

STUDIES = ",".join(f"{name}:{period}" for name in ("sma", "ema") for period in range(5, 45, 5))
CASES = (
    ("120 bars", 120, ""),
    ("250 bars", 250, ""),
    ("250 bars, two averages", 250, "overlays=sma:20,sma:50"),
    ("250 bars, twenty studies", 250, f"overlays={STUDIES},bb:20&panes=rsi,macd,stoch"),
)
WARM_UP = 600


def median_ms(draw: Callable[[], object], draws: int) -> float:
    times = []
    for _ in range(draws):
        start = time.process_time()
        draw()
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    draws = parser.parse_args().draws
    print(f"{'chart':<26}{'numbers':>9}{'plot':>7}{'HTML':>7}{'ms, all':>9}{'gzip':>7}{'without list':>14}")
    for name, count, query in CASES:
        days = walk(SYMBOL, WARM_UP + count, 1)
        chart = assemble(Instrument(SYMBOL), read_settings(dict(parse_qsl(query))), days, None)._replace(first=WARM_UP)
        if not query:
            chart = chart._replace(past=chart.past[WARM_UP:], first=0)
        model = chart_model(chart)
        plot = draw_plot(model)
        html = figure.whole_chart(SYMBOL, plot, View())
        without_list = re.sub(r"<ol.*</ol>", "", html, flags=re.S)
        numbers = median_ms(lambda chart=chart: chart_model(chart), draws)  # type: ignore[misc]
        drawing = median_ms(lambda model=model: draw_plot(model), draws)  # type: ignore[misc]
        markup = median_ms(lambda plot=plot: figure.whole_chart(SYMBOL, plot, View()), draws)  # type: ignore[misc]
        sizes = [len(gzip.compress(text.encode(), 9)) for text in (html, without_list)]
        whole = numbers + drawing + markup
        print(f"{name:<26}{numbers:9.2f}{drawing:7.2f}{markup:7.2f}{whole:9.2f}{sizes[0]:7,}{sizes[1]:14,}")


if __name__ == "__main__":
    main()
