"""What a chart shows, in three to five sentences from its numbers."""

import math
from collections.abc import Sequence

from app.finance.bars import Bar
from app.identity import View
from app.quotes.charts.model import ChartModel
from app.quotes.charts.time_axis import moments, whole_moment
from app.web import numbers
from app.web.filters import timeframe as timeframe_words

STYLE_WORDS = {"candles": "candles", "bars": "bars", "line": "line", "heikin": "Heikin-Ashi candles"}
UNITS = {"daily": "day", "weekly": "week", "monthly": "month"}
RECENT = 20
"""Bars of the recent trend."""


def title(model: ChartModel) -> str:
    """IBM, daily candles, 8 Jun to 25 Nov 2026, with SMA 20"""
    bars, settings = model.bars, model.settings
    studies = [curve.name for curve in model.overlays] if model.own_percent is None else []
    others = [each.instrument.symbol for each in model.comparisons]
    extra = f", with {_listed(studies)}" if studies else ""
    extra += f", in percent beside {_listed(others)}" if others else ""
    scale = ", logarithmic" if settings.scale == "log" else ""
    span = f"{whole_moment(bars[0], settings.timeframe)} to {whole_moment(bars[-1], settings.timeframe)}"
    kind = f"{timeframe_words(settings.timeframe)} {STYLE_WORDS[settings.style]}"
    return f"{model.instrument.symbol}, {kind}{scale}, {span}{extra}"


def describe(model: ChartModel, view: View) -> tuple[str, ...]:
    """Of what is drawn; nothing without bars."""
    if not model.bars:
        return ()
    sentences = [_whole(model, view), _extremes(model, view), _recent(model, view)]
    sentences.extend([_others(model, view)] if model.comparisons else [_studies(model)] if model.overlays else [])
    sentences.extend([_marks(model)] if model.marks else [])
    return tuple(sentence for sentence in sentences if sentence)


def _whole(model: ChartModel, view: View) -> str:
    first, last = model.bars[0], model.bars[-1]
    timeframe = model.settings.timeframe
    return (
        f"{model.instrument.symbol} {_moved(first.open, last.close, view)} from {_price(first.open, model, view)} at"
        f" the open of {whole_moment(first, timeframe)} to {_price(last.close, model, view)}"
        f" {'now' if model.live else f'at the close of {whole_moment(last, timeframe)}'}."
    )


def _extremes(model: ChartModel, view: View) -> str:
    highest, lowest = max(model.bars, key=lambda bar: bar.high), min(model.bars, key=lambda bar: bar.low)
    timeframe = model.settings.timeframe
    return (
        f"The highest price was {_price(highest.high, model, view)} on {whole_moment(highest, timeframe)},"
        f" the lowest {_price(lowest.low, model, view)} on {whole_moment(lowest, timeframe)}."
    )


def _recent(model: ChartModel, view: View) -> str:
    bars = model.bars
    if len(bars) <= RECENT:
        return f"{len(bars)} bars are drawn." if len(bars) > 1 else "One bar is drawn."
    moved = _moved(bars[-1 - RECENT].close, bars[-1].close, view)
    volumes = [bar.volume for bar in bars[-1 - RECENT : -1]]
    mean = sum(volumes) / len(volumes)
    volume = f"; its mean volume there was {numbers.volume(mean, view)}" if mean else ""
    return f"Over the last {RECENT} {_unit(model)}s it {moved}{volume}."


def _others(model: ChartModel, view: View) -> str:
    changes = [f"{each.instrument.symbol} {_percent_words(each.values[-1], view)}" for each in model.comparisons]
    own = math.nan if model.own_percent is None else float(model.own_percent[-1])
    first = _first_common(model)
    since = f"Since {whole_moment(first, model.settings.timeframe)}" if first else "Since the first common bar"
    return f"{since} {model.instrument.symbol} is at {_percent_words(own, view)}, {_listed(changes)}."


def _first_common(model: ChartModel) -> Bar | None:
    values = () if model.own_percent is None else model.own_percent.tolist()
    return next((bar for bar, value in zip(model.bars, values, strict=True) if not math.isnan(value)), None)


def _studies(model: ChartModel) -> str:
    close = model.bars[-1].close
    above = [curve.name for curve in model.overlays if curve.values[-1] <= close]
    below = [curve.name for curve in model.overlays if curve.values[-1] > close]
    parts = [f"{word} {_listed(names)}" for word, names in (("at or above", above), ("below", below)) if names]
    return f"The price is {' and '.join(parts)}." if parts else ""


def _marks(model: ChartModel) -> str:
    newest = max(model.marks, key=lambda mark: mark.bar)
    day = moments([model.bars[newest.bar]], model.settings.timeframe, model.bars[-1])[0]
    count = len(model.marks)
    return f"{count} {'patterns are' if count > 1 else 'pattern is'} marked, the newest {newest.words}, on {day}."


def _moved(before: float, after: float, view: View) -> str:
    if before == after:
        return "did not move"
    word = "rose" if after > before else "fell"
    return f"{word} {numbers.ratio(abs(100 * (after / before - 1)), view, 1)}%" if before > 0 else word


def _percent_words(percent: float, view: View) -> str:
    return numbers.percent(None if math.isnan(percent) else percent / 100, view)


def _price(value: float, model: ChartModel, view: View) -> str:
    return numbers.price(value, model.instrument, view)


def _unit(model: ChartModel) -> str:
    return UNITS.get(model.settings.timeframe, "bar")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
