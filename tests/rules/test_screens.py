"""The screens that everybody has, in the strict spelling and as people write them."""

import pytest

from app.rules.parse import parse
from app.rules.presets import PRESETS, Preset
from app.rules.show import show
from tests.support.rule_trees import problems

USUAL = {
    "oversold-in-uptrend": ("rsi(14) < 30 and close > sma(200)", "rsi14:lt:30,close:gt:sma200"),
    "golden-cross": ("sma(50) crosses above sma(200)", "sma50:up:sma200"),
    "golden-cross-in-5-bars": ("sma(50) crosses above sma(200) within 5 bars", "in5(sma50:up:sma200)"),
    "52-week-breakout": ("close > highest(high,252)[1]", "close:gt:max252(high)@1"),
    "breakout-on-volume": (
        "close > highest(high,20)[1] and relvol > 2",
        "close:gt:max20(high)@1,relvol:gt:2",
    ),
    "rsi-back-above-30": (
        "rsi(14) crosses above 30 and close >= 5 and average(volume,20) >= 500k",
        "rsi14:up:30,close:5..,avg20(volume):500k..",
    ),
    "three-rising-closes": ("close > close[1] for 3 bars", "for3(close:gt:close@1)"),
    "dip-in-uptrend": ("weekly close > weekly sma(30) and rsi(14) < 40", "w.close:gt:w.sma30,rsi14:lt:40"),
    "confident-pattern": ("pattern in (Hammer, Doji) and conf >= 0.8", "pattern:Hammer;Doji,conf:0.8.."),
    "daily-and-intraday": (
        "(pattern = Hammer and tier = daily) and (direction = bullish and tier = intraday and age <= 3)",
        "all(pattern:Hammer,tier:daily),all(direction:bullish,tier:intraday,age:..3)",
    ),
    "large-drop": (
        "sector in (Technology, Energy) and cap >= 10b and chg <= -3",
        "sector:Technology;Energy,cap:10b..,chg:..-3",
    ),
    "bollinger-squeeze": ("bb(20).width <= lowest(bb(20).width,120)", "bb20.width:le:min120(bb20.width)"),
    "macd-cross-below-zero": ("macd crosses above macd.signal and macd < 0", "macd:up:macd.signal,macd:lt:0"),
    "gap-that-holds": ("gap >= 3 and close > open", "gap:3..,close:gt:open"),
    "near-sma-50": ("close between sma(50)*0.98 and sma(50)*1.02", "close:sma50*0.98..sma50*1.02"),
    "three-timeframes": (
        "adx(14) >= 25 and ema(12) > ema(26) and weekly ema(12) > weekly ema(26) and monthly ema(12) > monthly ema(26)",
        "adx14:25..,ema12:gt:ema26,w.ema12:gt:w.ema26,mo.ema12:gt:mo.ema26",
    ),
    "recovered": ("rsi(14) < 30 within 10 bars and rsi(14) > 50", "in10(rsi14:lt:30),rsi14:gt:50"),
    "own-symbols": ("symbol in ('BRK.B','BF/B','X:BTCUSD') and chg >= 2", "symbol:BRK.B;BF/B;X:BTCUSD,chg:2.."),
    "above-vwap": (
        "hourly close > hourly vwap for 3 bars and rs(20) >= 1.1",
        "for3(h.close:gt:h.vwap),rs20:1.1..",
    ),
}
"""By slug: as people write it, and the spelling that it is answered with."""

LENIENT = {
    "RSI14 < 30": "rsi14:lt:30",
    "rsi14:<30": "rsi14:lt:30",
    "rsi 14 \u2264 30": "rsi14:..30",
    "rsi(14)\u226530": "rsi14:30..",
    "rsi": "rsi14",
    "close = 5": "close:eq:5",
    "close == 5": "close:eq:5",
    "close != open": "close:ne:open",
    "close <> open": "close:ne:open",
    "close \u2260 open": "close:ne:open",
    "chg : .. \u22123": "chg:..-3",
    "price:5\u202650": "close:5..50",
    "Avg20(Volume) : 500K ..": "avg20(volume):500k..",
    "money:1.5M..": "money:1.5m..",
    "money:2000000..": "money:2m..",
    "close:1500..": "close:1500..",
    "close[1] > open[2]": "close@1:gt:open@2",
    "close*2@1:5..": "close*2@1:5..",
    "close@1*2:5..": "close*2@1:5..",
    "close > 1.02*sma(50)[1]": "close:gt:sma50*1.02@1",
    "close between 0.98*sma 50 and 1.02 * sma 50": "close:sma50*0.98..sma50*1.02",
    "weekly.close > sma 30": "w.close:gt:sma30",
    "max20(w.high):5..": "w.max20(high):5..",
    "sma50 crosses below sma200": "sma50:down:sma200",
    "sma50 crosses sma200": "sma50:cross:sma200",
    "5 < close": "5:lt:close",
    "not industry = Biotechnology": "not(industry:Biotechnology)",
    "sector != Energy": "not(sector:Energy)",
    "not rsi14 < 30 and close > 5": "not(rsi14:lt:30),close:gt:5",
    "sector = Oil and Gas and rsi < 30": "sector:Oil and Gas,rsi14:lt:30",
    "pattern = Hammer within 5 bars": "in5(pattern:Hammer)",
    "sector:  Health   Care ;Energy": "sector:Health Care;Energy",
    "cap:10b..,w.cap:..1000b": "cap:10b..,cap:..1000b",
    "PriceAboveSMA50": "priceabovesma50",
    " rsi14:..30 , close:5.. ": "rsi14:..30,close:5..",
    "close:-0..": "close:0..",
}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_a_screen_is_in_its_one_spelling(preset: Preset) -> None:
    assert show(parse(preset.text)) == preset.text


def test_the_screens_have_different_names_and_rules() -> None:
    assert len(PRESETS) == 20
    for column in zip(*(preset[:3] for preset in PRESETS), strict=True):
        assert len(set(column)) == len(column)


@pytest.mark.parametrize("slug", USUAL)
def test_a_screen_is_understood_as_people_write_it(slug: str) -> None:
    text, spelling = USUAL[slug]

    assert slug in {preset.slug for preset in PRESETS}
    assert show(parse(text)) == spelling


def test_or_is_refused_with_the_spelling_to_write() -> None:
    text = "(rsi(14) < 30 or stoch(14) < 20) and not industry = Biotechnology"
    (problem,) = problems(text)

    assert (problem.code, text[problem.at - 1 :][: problem.length]) == ("or", "or")
    assert "write any(a,b)" in problem.message


@pytest.mark.parametrize("text", LENIENT)
def test_input_is_lenient_and_output_strict(text: str) -> None:
    assert show(parse(text)) == LENIENT[text]
