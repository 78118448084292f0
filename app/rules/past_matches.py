"""How often a rule would have matched in past sessions, and what followed."""

from typing import NamedTuple

import numpy as np

from app.finance.matrix import BarMatrix
from app.finance.panel import Counts, Mask
from app.rules.evaluate import RuleEvaluation
from app.rules.tree import Rule

SESSIONS = 30
AFTER_BARS = 5


class PastMatches(NamedTuple):
    """Of the last SESSIONS sessions that are over, oldest first. `days`: where each begins, UTC epoch seconds.
    `matches`: symbols in each. Of the matches with AFTER_BARS closed bars behind them: how many there are, how many of
    them rose, and their mean return, 0.01 for 1 %; None without any."""

    days: tuple[float, ...]
    matches: tuple[int, ...]
    outcomes: int = 0
    rises: int = 0
    mean_return: float | None = None

    @property
    def total(self) -> int:
        return sum(self.matches)


def newest_session(matrix: BarMatrix, now: float) -> tuple[float, ...]:
    """Where the newest session begins that is over, as `days` of PastMatches end; nothing without one."""
    starts = matrix.start[:, -2:][matrix.end[:, -2:] <= now]
    return (float(starts.max()),) if len(starts) else ()


def past_matches(evaluation: RuleEvaluation, rule: Rule, matrix: BarMatrix, scope: Mask, now: float) -> PastMatches:
    """`matrix`: daily bars, those of the evaluation. `scope`: (rows,), of symbols that count. `now`: market time, at
    which bars that end later are not over."""
    columns = min(SESSIONS + AFTER_BARS + 1, matrix.width)
    starts, closes = matrix.start[:, -columns:], matrix.close[:, -columns:]
    is_over = (matrix.end[:, -columns:] <= now) & scope[:, None]
    days = np.unique(starts[is_over & ~np.isnan(starts)])[-SESSIONS:]
    if not len(days):
        return PastMatches((), ())
    hits = evaluation.last(rule, columns).true & is_over & (starts >= days[0])
    places = np.searchsorted(days, starts[hits])
    numbers: Counts = np.bincount(places, minlength=len(days))
    later = np.full(closes.shape, np.nan)
    later[:, :-AFTER_BARS] = np.where(is_over[:, AFTER_BARS:], closes[:, AFTER_BARS:], np.nan)
    returns = (later / closes - 1)[hits]
    returns = returns[~np.isnan(returns)]
    return PastMatches(
        tuple(days.tolist()),
        tuple(numbers.tolist()),
        len(returns),
        int((returns > 0).sum()),
        float(returns.mean()) if len(returns) else None,
    )
