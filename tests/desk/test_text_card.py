"""The card of a symbol for terminals, and the picture for link previews."""

import re
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len

from app.desk.symbol.formats.text_card import TextCard, draw_card
from app.finance.instrument import Instrument
from app.identity import NumberForm, View
from app.patterns.queries import Detection
from app.quotes.charts import partials
from app.quotes.charts.lettering import text_width
from app.quotes.charts.model import ChartModel
from app.quotes.charts.picture import chart_picture
from app.quotes.charts.settings import ChartSettings
from app.quotes.charts.share_card import HEIGHT, WIDTH, share_card
from app.quotes.quote import SymbolQuote
from tests.support.quote_samples import OPEN, bars, quote

VIEW = View()
HOSTILE = 'A <b>&amp; "B" \x1b[31m\u202e' + "very " * 40
DETECTIONS = [Detection("BRK.B", f"DarkCloud{n}", "daily", 0.87, "bearish", OPEN - 86_400 * n) for n in range(9)]
BERKSHIRE = Instrument("BRK.B", "Berkshire")
TEXT = re.compile(r'<text x="([\d.]+)" y="66"')


def card(instrument: Instrument = BERKSHIRE, priced: bool = True, count: int = 126) -> TextCard:
    newest = quote("BRK.B")._replace(instrument=instrument) if priced else None
    return TextCard(instrument, newest, bars("BRK.B", count), f"{count} daily bars", [], DETECTIONS, OPEN)


def test_a_card_has_price_change_ranges_chart_and_detections() -> None:
    text = draw_card(card(), VIEW)

    assert text.startswith("BRK.B  Berkshire\n85.50  ▲ +1.50 (+1.79%) since the previous close\n")
    assert re.search(r"^Day +84\.25 to 86\.00, open 84\.50$", text, re.M)
    assert re.search(r"^Before +84\.00, previous close$", text, re.M)
    assert re.search(r"^Volume +1\.23M$", text, re.M)
    assert re.search(r"^Chart +9\.00 to 137\.00, 126 daily bars$", text, re.M)
    assert re.search(r"^136\.00 .*█$", text, re.M)
    assert re.search(r"^ 11\.00 .*█$", text, re.M)
    assert re.search(r"^ +28 Apr 2012 +31 Aug 2012$", text, re.M)
    assert "▼ Dark Cloud0, daily, 4 Sep 2012, confidence 87%" in text
    assert text.count("▼") == 5
    assert "As of 4 Sep 2012, 09:30 EDT. Also /s/BRK.B.csv" in text


def test_a_card_without_a_quote_has_the_last_close() -> None:
    text = draw_card(card(priced=False), VIEW)

    assert "\n136.00, last close\n" in text
    assert "previous close" not in text


@pytest.mark.parametrize("symbol", ["BRK.B", "BF/B", "X:BTCUSD"])
@pytest.mark.parametrize("count", [1, 2, 126, 3000])
def test_no_line_is_wider_than_a_terminal_or_commands_it(symbol: str, count: int) -> None:
    instrument = Instrument(symbol, f"{HOSTILE}東京", currency="KRW")
    for view in (VIEW, View(numbers=NumberForm.SPACE, zone="Asia/Shanghai")):
        text = draw_card(card(instrument, count=count)._replace(notes=["word " * 40]), view)

        assert max(map(cell_len, text.splitlines())) <= 80
        assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_a_card_says_what_is_missing() -> None:
    assert "Nothing was detected." in draw_card(card()._replace(detections=[]), VIEW)
    assert "Detections are not available now." in draw_card(card()._replace(detections=None), VIEW)


def card_svg(instrument: Instrument, newest: SymbolQuote | None) -> str:
    drawing = chart_picture(ChartModel(instrument, ChartSettings(), tuple(bars(instrument.symbol, 5))), VIEW)
    assert drawing
    card = share_card(drawing, instrument, newest, "synthetic market", VIEW)
    return partials.share_card(card, partials.picture(instrument.symbol, drawing))


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    return ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_share_card_has_symbol_name_price_and_chart() -> None:
    newest = quote("BRK.B")._replace(instrument=BERKSHIRE)

    with_price, without = texts(card_svg(BERKSHIRE, newest)), texts(card_svg(BERKSHIRE, None))
    assert with_price[:5] == ["BRK.B", "Berkshire", "▲ +1.79%", "85.50", "Prices: synthetic market"]
    assert with_price[5].startswith("BRK.B, daily candles")
    assert without[:3] == ["BRK.B", "Berkshire", "Prices: synthetic market"]


@pytest.mark.parametrize("newest", [None, quote("X:BTCUSD", 123_456_789.125)])
def test_a_long_name_ends_before_the_price(newest: SymbolQuote | None) -> None:
    svg = card_svg(Instrument("X:BTCUSD", HOSTILE), newest)
    left, *after = [float(left) for left in TEXT.findall(svg)][1:]
    name = texts(svg)[1]

    assert name.startswith("A <b>")
    assert name.endswith("…")
    assert "\x1b" not in name
    assert left + text_width(name, 28) < (after[-1] if after else WIDTH)
