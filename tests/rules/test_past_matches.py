"""What a rule would have matched in past sessions equals counting it day by day."""

import numpy as np

from app.rules.evaluate import RuleEvaluation
from app.rules.parse import parse
from app.rules.past_matches import AFTER_BARS, SESSIONS, PastMatches, past_matches
from tests.support.market_snapshots import random_market

MARKET = random_market(1, 90).snapshot()
MATRIX = MARKET.matrix("daily")


def test_past_matches_are_those_of_each_session_and_the_bars_behind_them() -> None:
    rule, evaluation = parse("close:gt:close@1"), RuleEvaluation(MARKET)
    scope = np.array([symbol != "SPY" for symbol in MATRIX.symbols])

    past = past_matches(evaluation, rule, MATRIX, scope, np.inf)

    days = sorted({start for start in MATRIX.start[scope].ravel().tolist() if start == start})[-SESSIONS:]
    matches, returns = dict.fromkeys(days, 0), []
    for row in np.flatnonzero(scope):
        for place in range(1, MATRIX.width):
            start, close = MATRIX.start[row, place], MATRIX.close[row, place]
            if start in matches and close > MATRIX.close[row, place - 1]:
                matches[start] += 1
                if place + AFTER_BARS < MATRIX.width:
                    returns.append(MATRIX.close[row, place + AFTER_BARS] / close - 1)
    assert (list(past.days), list(past.matches)) == (days, list(matches.values()))
    assert (past.outcomes, past.rises) == (len(returns), sum(each > 0 for each in returns))
    assert past.mean_return is not None
    assert abs(past.mean_return - np.mean(returns)) < 1e-12
    assert past.total == sum(matches.values())


def test_a_day_that_is_not_over_does_not_count() -> None:
    everything = np.ones(len(MATRIX.symbols), dtype=np.bool_)
    whole = past_matches(RuleEvaluation(MARKET), parse("close:gt:0"), MATRIX, everything, np.inf)
    last = whole.days[-1]

    past = past_matches(RuleEvaluation(MARKET), parse("close:gt:0"), MATRIX, everything, last + 1)

    assert past.days[-1] == whole.days[-2]
    assert past_matches(RuleEvaluation(MARKET), parse("close:gt:0"), MATRIX, everything, 0.0) == PastMatches((), ())
