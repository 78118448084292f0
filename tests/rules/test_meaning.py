"""What conditions mean at each bar, worked by hand."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pytest

from app.finance import periods
from app.finance.adjust import Split
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.detections import LIFE, DetectedPattern
from app.finance.matrix import BarMatrix
from app.rules.evaluate import RuleEvaluation
from app.rules.market_bars import MarketSnapshot
from app.rules.matching import RuleMatching, RuleScope
from app.rules.parse import parse
from tests.support.bar_matrices import matrix

MONDAY = day_start(date(2012, 3, 5))
HOUR = 3600.0


def daily(closes: Sequence[float], symbol: str = "BRK.B", splits: Sequence[Split] = ()) -> BarMatrix:
    """Of sessions from a Monday on."""
    days = [MONDAY + 86400 * (7 * (place // 5) + place % 5) for place in range(len(closes))]
    bars = [Bar(symbol, "daily", day, c, c, c, c, 1000) for day, c in zip(days, closes, strict=True)]
    return matrix("daily", bars, {symbol: list(splits)})


def letters(text: str, days: BarMatrix, **others: object) -> str:
    """T, F or ? at each day."""
    snapshot = MarketSnapshot({"daily": days, **others.pop("matrices", {})}, **others)  # type: ignore[dict-item, arg-type]
    truth = RuleEvaluation(snapshot).whole(parse(text))
    return "".join(
        "T" if true else "F" if false else "?" for true, false in zip(truth.true[0], truth.false[0], strict=True)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("close:12..", "FFTTFFT"),
        ("close:11..12", "FTTFFTF"),
        ("close:gt:close@1", "?TTTFTT"),
        ("close:up:11.5", "FFTFFFT"),
        ("close:down:11.5", "?FFFTFF"),
        ("close:cross:11.5", "?FTFTFT"),
        ("close:up:avg2(close)", "??FFFTF"),
        ("in3(close:13..)", "??FTTTT"),
        ("in3(close:..10)", "TTTFTTT"),
        ("for2(close:12..)", "FFFTFFF"),
        ("for3(close:11..)", "FFFTFFF"),
        ("not(close:gt:close@1)", "?FFFTFF"),
        ("any(close:gt:close@1,close:..10)", "TTTTTTT"),
        ("all(close:gt:close@1,close:..10)", "?FFFFFF"),
        ("close:gt:max2(close)@1", "??TTFFT"),
        ("chg:20..", "?FFFFFT"),
        ("chg2(close):eq:20", "??TFFFF"),
        ("close:ge:close@1*1.05", "?TTTFTT"),
        ("5:lt:close", "TTTTTTT"),
    ],
)
def test_a_condition_at_each_bar(text: str, expected: str) -> None:
    assert letters(text, daily([10, 11, 12, 13, 10, 11, 14])) == expected


def test_a_price_against_a_number_is_as_traded_and_against_a_price_in_one_share() -> None:
    """Two for one on the third day: 100, 102 | 51, 52."""
    days = daily([100, 102, 51, 52], splits=[Split(date(2012, 3, 7), 2.0)])

    assert days.close[0].tolist() == [50, 51, 51, 52]
    assert letters("close:100..", days) == "TTFF"
    assert letters("close@1:100..", days) == "?TTF"
    assert letters("close:ge:close@1", days) == "?TTT"
    assert letters("max2(close):100..", days) == "?TFF"
    assert letters("max2(close)@1:100..", days) == "??TF"
    assert letters("close:down:60", days) == "FFTF"
    assert letters("volume:ge:1000", days) == "TTTT"
    assert letters("volume:ge:volume@1", days) == "?TFT"


def test_a_longer_bar_counts_from_its_end_on() -> None:
    """The week ends with the close of its last session, and its bar is not there before."""
    days = daily([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    weeks = weekly({0: 14.0, 7: 19.0})

    assert letters("w.close:14..", days, matrices=weeks) == "????TTTTTTT"
    assert letters("w.close:19..", days, matrices=weeks) == "????FFFFFTT"
    assert letters("w.close@1:14..", days, matrices=weeks) == "?????????TT"
    assert letters("w.close:up:15", days, matrices=weeks) == "????FFFFFTT"
    assert letters("in2(w.close:..14)", days, matrices=weeks) == "????TTTTTTT"
    assert letters("for2(w.close:15..)", days, matrices=weeks) == "????FFFFFFF"
    assert letters("close:gt:w.close", days, matrices=weeks) == "????FTTTTFT"


def test_prices_of_two_timeframes_are_compared_in_one_share() -> None:
    """The last week ended before the split; the day is of the new share."""
    split = {"BRK.B": [Split(date(2012, 3, 12), 2.0)]}
    days = daily([100, 100, 100, 100, 100, 50, 51], splits=split["BRK.B"])

    assert letters("close:gt:w.close", days, matrices=weekly({0: 100.0}, split)) == "????FFT"
    assert letters("w.close:100..", days, matrices=weekly({0: 100.0}, split)) == "????TTT"


def weekly(
    closes: Mapping[int, float], splits: Mapping[str, Sequence[Split]] | None = None
) -> dict[Timeframe, BarMatrix]:
    """By days after the Monday."""
    bars = [Bar("BRK.B", "weekly", MONDAY + 86400 * day, c, c, c, c, 1) for day, c in closes.items()]
    return {"weekly": matrix("weekly", bars, splits or {})}


def detection(
    pattern: str, day: int, confidence: float, timeframe: Timeframe = "daily", after: float = 0.0
) -> DetectedPattern:
    """`day`: of the first week; `after`: its close in seconds."""
    end = periods.end("daily", MONDAY + 86400 * day) + after
    return DetectedPattern("BRK.B", pattern, timeframe, end, confidence, "bullish")


def test_a_detection_is_there_from_its_bar_on_until_it_expires_or_as_its_age_says() -> None:
    days = daily([10.0] * 7)
    detections = [detection("Hammer", 1, 0.7)]

    assert LIFE["daily"] == 5 * 86400
    assert letters("pattern:hammer", days, detections=detections) == "FTTTTFF"
    assert letters("pattern:Hammer,age:..2", days, detections=detections) == "FTTTFFF"
    assert letters("pattern:Hammer,age:1..", days, detections=detections) == "FFTTTTT"
    assert letters("hammer", days, detections=detections) == "FTFFFFF"
    assert letters("in3(hammer:0.7..)", days, detections=detections) == "?TTTFFF"
    assert letters("hammer:0.8..", days, detections=detections) == "FFFFFFF"


def test_conditions_of_one_list_speak_of_one_detection() -> None:
    days = daily([10.0] * 2)
    two = [detection("Hammer", 0, 0.5), detection("Doji", 0, 0.9)]

    assert letters("pattern:Hammer,conf:0.8..", days, detections=two) == "FF"
    assert letters("all(pattern:Hammer),all(conf:0.8..)", days, detections=two) == "TT"
    assert letters("not(pattern:Hammer,conf:0.8..)", days, detections=two) == "TT"
    assert letters("pattern:Hammer;Doji,conf:0.8..,direction:Bullish,tier:daily", days, detections=two) == "TT"
    assert letters("any(pattern:Engulfing,conf:0.8..)", days, detections=two) == "TT"


def test_steps_say_what_each_condition_leaves() -> None:
    days = matrix("daily", [*daily_bars("BRK.B", 3), *daily_bars("BF/B", 3)], {})
    old = [detection("Hammer", 0, 0.9), detection("Doji", 2, 0.9)._replace(symbol="BF/B")]
    market = MarketSnapshot({"daily": days}, detections=old)
    rule = parse("close:1..,pattern:Hammer;Doji,close:..5,age:..1,close:2..")

    steps = RuleEvaluation(market).steps(rule)
    matches = RuleMatching(market).matches(rule, "d", RuleScope())

    assert [step.true[:, 0].tolist() for step in steps] == [
        [True, True], [False, True], [False, True], [False, True], [False, False],
    ]  # fmt: skip
    assert matches.left == (2, 2, 1, 1, 1, 0)


def test_the_age_of_an_intraday_detection_counts_its_own_bars() -> None:
    days = daily([10.0] * 3)
    hours = [Bar("BRK.B", "hourly", MONDAY + 20 * HOUR + HOUR * place, 1, 1, 1, 1, 1) for place in range(4)]
    detections = [detection("Hammer", 0, 0.9, "hourly")]
    matrices = {"hourly": matrix("hourly", hours, {})}

    assert letters("tier:intraday,age:..0", days, detections=detections, matrices=matrices) == "TFF"
    assert letters("tier:intraday,age:..3", days, detections=detections, matrices=matrices) == "TTT"
    assert letters("tier:intraday,age:..3", days, detections=detections) == "???"


def test_a_detection_on_a_running_bar_counts_as_of_now() -> None:
    days = daily([10.0])
    detections = [detection("Hammer", 0, 0.9, "1min", after=-5 * HOUR)]
    at = detections[0].at

    assert letters("pattern:Hammer", days, detections=detections) == "F"
    assert letters("pattern:Hammer", days, detections=detections, now=at + HOUR - 1) == "T"
    assert letters("pattern:Hammer", days, detections=detections, now=at + HOUR) == "F"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("symbol:bf/b;brk.b", "T"),
        ("symbol:X:BTCUSD", "F"),
        ("sector:energy", "T"),
        ("industry:Software", "?"),
        ("not(industry:Software)", "?"),
        ("universe:sp500", "T"),
        ("universe:dow30", "F"),
        ("cap:10m..", "T"),
        ("exchange:XNYS", "?"),
    ],
)
def test_words_are_compared_without_case_and_missing_ones_are_unknown(text: str, expected: str) -> None:
    facts = {"sector": {"BRK.B": ("Energy",)}, "universe": {"BRK.B": ("SP500", "us")}}

    assert letters(text, daily([10.0]), facts=facts, caps={"BRK.B": 2e7}) == expected


def test_what_is_missing_is_unknown() -> None:
    assert letters("cap:10m..", daily([10.0])) == "?"
    assert letters("universe:sp500", daily([10.0])) == "F"
    assert letters("pattern:Hammer", daily([10.0])) == "F"
    assert letters("w.close:1..", daily([10.0])) == "?"


def test_bars_that_a_symbol_lacks_are_unknown() -> None:
    both = [*daily_bars("BRK.B", 4), *daily_bars("BF/B", 2)]
    truth = RuleEvaluation(MarketSnapshot({"daily": matrix("daily", both, {})})).whole(parse("not(symbol:IBM)"))

    assert truth.true.tolist() == [[True] * 4, [False, False, True, True]]
    assert not truth.false.any()


def daily_bars(symbol: str, count: int) -> list[Bar]:
    return [Bar(symbol, "daily", MONDAY + 86400 * place, 1, 1, 1, 1, 1) for place in range(count)]


def test_rules_of_another_timeframe_are_of_its_bars() -> None:
    weeks = weekly({0: 14.0, 7: 19.0})
    own = RuleEvaluation(MarketSnapshot({"daily": daily([10.0] * 3), **weeks}), "w")

    assert own.symbols == ["BRK.B"]
    assert own.whole(parse("close:15..", "w")).true.tolist() == [[False, True]]
    assert np.isnan(own.values(parse("d.close:1..").conditions[0].operand)).tolist() == [[False]]  # type: ignore[union-attr]
