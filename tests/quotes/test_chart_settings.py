"""The address of a chart: one spelling for each, and an error that names what is wrong."""

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.quotes.charts import settings as chart_settings
from app.quotes.charts.settings import (
    ChartSettings,
    ChartStudy,
    SettingsError,
    read_settings,
    settings_of,
    usual_timeframe,
)

STUDIES = st.builds(ChartStudy, st.sampled_from(("sma", "ema", "bb")), st.integers(2, 250), st.just(""))
PANES = st.one_of(
    st.builds(ChartStudy, st.sampled_from(("rsi", "atr", "stoch")), st.integers(2, 250), st.just("")),
    st.just(ChartStudy("macd")),
    st.builds(ChartStudy, st.just("rs"), st.just(0), st.sampled_from(("SPY", "BF/B", "X:BTCUSD"))),
)
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@st.composite
def every_settings(draw: st.DrawFn) -> ChartSettings:
    span = draw(st.sampled_from(("", *chart_settings.SPANS)))
    since, until = sorted((draw(DAYS), draw(DAYS))) if not span and draw(st.booleans()) else (None, None)
    timeframe = draw(st.sampled_from((usual_timeframe(span), *chart_settings.TIMEFRAMES)))
    dated = timeframe in ("daily", "weekly", "monthly")
    return ChartSettings(
        draw(st.sampled_from(chart_settings.STYLES)),
        timeframe,
        span,
        since,
        until,
        draw(st.sampled_from(chart_settings.SCALES)),
        draw(st.sampled_from(("split", "total", "raw") if dated else ("split", "raw"))),
        tuple(draw(st.lists(STUDIES, max_size=20, unique=True))),
        tuple(draw(st.lists(PANES, max_size=3, unique=True))),
        tuple(draw(st.lists(st.sampled_from(("BRK.B", "BF/B", "X:BTCUSD", "^GSPC")), max_size=3, unique=True))),
        tuple(draw(st.lists(st.sampled_from((182.5, 190.0, -3.0, 0.000123)), max_size=4, unique=True))),
    )


@given(every_settings())
def test_an_address_and_a_topic_lead_back_to_the_settings(settings: ChartSettings) -> None:
    assert read_settings(dict(parse_qsl(settings.query()))) == settings
    assert settings_of(settings.key) == settings
    assert not set(settings.key) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_the_usual_chart_has_an_empty_address() -> None:
    usual = read_settings({"style": "candles", "timeframe": "daily", "range": "", "scale": "linear", "prices": "split"})

    assert (usual, usual.query(), usual.key) == (ChartSettings(), "", "usual")


@pytest.mark.parametrize(
    ("query", "spelling"),
    [
        ("range=6m&timeframe=daily", "range=6m"),
        ("range=5y&timeframe=daily", "timeframe=daily&range=5y"),
        ("panes=rsi,macd&overlays=sma,ema:50,sma:20", "overlays=sma:20,ema:50&panes=rsi:14,macd"),
        ("from=2024-05-01&range=1y", "from=2024-05-01"),
        ("lines=190.00,182.50", "lines=190,182.5"),
        ("compare=BF/B, BRK.B,BF/B", "compare=BF/B,BRK.B"),
    ],
)
def test_other_spellings_have_the_same_settings(query: str, spelling: str) -> None:
    assert read_settings(dict(parse_qsl(query))).query() == spelling


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("style=dots", "style: choose one of candles, bars, line, heikin."),
        ("timeframe=2h", "timeframe: choose one of"),
        ("range=2m", "range: choose one of 1d, 5d"),
        ("scale=cubic", "scale: choose one of linear, log."),
        ("prices=adjusted", "prices: choose one of split, total, raw."),
        ("timeframe=5min&prices=total", "prices: total is of daily"),
        ("from=yesterday", "from: write a date"),
        ("to=1066-10-14", "to: the year"),
        ("from=2024-05-02&to=2024-05-01", "from: it is later than to."),
        ("overlays=rsi", "overlays: 'rsi' is none of sma, ema, bb, vwap, levels."),
        ("overlays=sma:1", "overlays: the period of sma is a number of bars from 2 to 250."),
        ("overlays=sma:²", "overlays: the period of sma"),
        ("overlays=vwap:5", "overlays: vwap has no period."),
        ("panes=volume profile", "panes: 'volume profile' is none of"),
        ("panes=rs", "panes: '' is no symbol."),
        ("panes=rsi,macd,atr,stoch", "panes: at most 3"),
        ("compare=<script>", "compare: '<script>' is no symbol."),
        ("compare=A,B,C,D", "compare: at most 3"),
        ("lines=nan", "lines: 'nan' is no price."),
        ("lines=1e300", "lines: '1e300' is no price."),
        (f"lines={'1,' * 300}", "lines: it has more than 400 characters."),
    ],
)
def test_a_wrong_parameter_is_named(query: str, words: str) -> None:
    with pytest.raises(SettingsError, match="^" + words.replace(".", r"\.")):
        read_settings(dict(parse_qsl(query, keep_blank_values=True)))


@pytest.mark.parametrize("key", ["", "=", "usual2", "ä", "cmFuZ2U9Nm0&", "dXN1YWw", "cmFuZ2U9NTBt", "x" * 5000])
def test_what_is_the_key_of_no_settings_is_refused(key: str) -> None:
    assert settings_of(key) is None
