"""The numbers of a chart as a table and as JSON."""

import csv
import math
from io import StringIO

import msgspec
import numpy as np

from app.desk.symbol.formats.chart_json import ChartFacts, chart_json
from app.desk.symbol.formats.table import chart_document
from app.finance.instrument import Instrument
from app.quotes.charts.model import ChartModel, Comparison, Curve, Level, Mark, Pane
from app.quotes.charts.settings import ChartSettings, ChartStudy
from app.web.formats import TableFormat, render
from tests.support.quote_samples import OPEN, bars

NAN = math.nan
ZONE = "America/New_York"
FACTS = ChartFacts(["It rose."], "v", ZONE, OPEN, "synthetic market")
CHART = ChartModel(
    instrument=Instrument("BF/B", '=<i>A & "B"</i>', "XNYS"),
    settings=ChartSettings(overlays=(ChartStudy("sma", 2),), compare=("BF.B",)),
    bars=tuple(bars("BF/B", 3)),
    live=True,
    overlays=(Curve("SMA 2", np.array([NAN, 11.5, 12.500000000001])),),
    levels=(Level("Line", 12.5),),
    panes=(
        Pane("RSI 14", (Curve("RSI 14", np.array([NAN, NAN, 50.0])),), (30.0, 70.0)),
        Pane("MACD", (Curve("MACD", np.zeros(3)), Curve("signal", np.array([0.0, NAN, math.inf])))),
    ),
    comparisons=(Comparison(Instrument("BF.B", "Other"), np.array([NAN, 0.0, -4.5])),),
    own_percent=np.array([0.0, 9.0, 18.0]),
    marks=(Mark(1, "H", "Hammer", "bullish", "/detections/x"),),
    notes=("log scale needs prices above zero.",),
    version="0123",
)


def test_a_table_has_bars_and_curves_with_their_units() -> None:
    heads, *rows = csv.reader(StringIO(render(chart_document(CHART, ZONE, OPEN), TableFormat.CSV).decode(), newline=""))

    assert heads == [
        "time", "open (USD)", "high (USD)", "low (USD)", "close (USD)", "volume (shares)",
        "sma_2 (USD)", "rsi_14", "macd", "macd_signal", "bf_b_change (%)", "bf_b_change_5 (%)",
        f"as_of ({ZONE})",
    ]  # fmt: skip
    assert rows[0][:-1] == ["2012-08-29", "10.0", "12.0", "9.0", "11.0", "1000", "", "", "0.0", "0.0", "0.0", ""]
    assert rows[2][:-1] == [
        "2012-08-31", "12.0", "14.0", "11.0", "13.0", "1002", "12.5", "50.0", "0.0", "", "18.0", "-4.5",
    ]  # fmt: skip
    assert {row[-1] for row in rows} == {"2012-09-04T09:30:00.000-04:00"}


def test_bars_within_a_day_have_their_time() -> None:
    minutes = tuple(bar._replace(timeframe="5min", start=OPEN + 300 * n) for n, bar in enumerate(CHART.bars))
    chart = CHART._replace(bars=minutes, settings=ChartSettings(timeframe="5min"))
    rows = render(chart_document(chart, ZONE, OPEN), TableFormat.CSV).decode().splitlines()

    assert rows[0].startswith(f"time ({ZONE}),open")
    assert rows[2].startswith("2012-09-04T09:35:00.000-04:00,11.0,")
    assert chart_json(chart, FACTS._replace(zone="UTC")).bars[1].time == "2012-09-04T13:35:00.000+00:00"


def test_json_has_the_numbers_of_the_table_and_what_a_table_cannot_hold() -> None:
    document = msgspec.json.decode(msgspec.json.encode(chart_json(CHART, FACTS)))

    assert document["bars"][0] == {
        "time": "2012-08-29", "open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 1000,
    }  # fmt: skip
    assert document["overlays"] == [{"name": "SMA 2", "kind": "line", "values": [None, 11.5, 12.5]}]
    assert document["panes"][1]["curves"][1]["values"] == [0.0, None, None]
    assert document["panes"][0]["rules"] == [30.0, 70.0]
    assert document["comparisons"] == [{"symbol": "BF.B", "name": "Other", "percent": [None, 0.0, -4.5]}]
    assert document["percent"] == [0.0, 9.0, 18.0]
    assert document["levels"] == [{"name": "Line", "price": 12.5}]
    assert document["marks"] == [
        {"time": "2012-08-30", "words": "Hammer", "direction": "bullish", "address": "/detections/x"}
    ]
    assert document["settings"] == {"overlays": "sma:2", "compare": "BF.B"}
    assert (document["name"], document["version"], document["summary"]) == ('=<i>A & "B"</i>', "v", ["It rose."])
    assert (document["live"], document["adjusted"], document["notes"]) == (True, False, [*CHART.notes])
    assert document["price_source"] == "synthetic market"
    assert document["as_of"] == "2012-09-04T09:30:00.000-04:00"


def test_json_without_comparisons_has_no_percent() -> None:
    chart = CHART._replace(comparisons=(), own_percent=None)

    assert chart_json(chart, FACTS).percent is None
    assert [column.name for column in chart_document(chart, ZONE, OPEN).columns][-1] == "macd_signal"
