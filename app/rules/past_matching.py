"""The symbols for which a rule held at a moment in the past, with the values of that moment."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from app.finance import periods
from app.finance.bars import DAY
from app.finance.matrix import BarMatrix
from app.finance.panel import WIDTH, Floats, Mask
from app.rules.catalogue import COLUMNS, FIELDS, TIMEFRAMES
from app.rules.live_rule import market_needs
from app.rules.look_back import needs
from app.rules.market_bars import MarketBars
from app.rules.matching import RuleMatching, RuleScope
from app.rules.names import TIMELESS
from app.rules.resolve import resolve, series_of
from app.rules.show import operand_text
from app.rules.tree import Rolling, Rule, Series


class PastNeeds(NamedTuple):
    """`bars`: by the prefix of the timeframe, how many of each symbol."""

    bars: Mapping[str, int]
    detections: bool = False


class PastMarket(NamedTuple):
    """As it was at a moment: bars that had closed. `inactive`: as of RuleMatching."""

    market: MarketBars
    inactive: frozenset[str] = frozenset()


class MomentMatches(NamedTuple):
    """`as_of`: where the newest bar ends, UTC epoch seconds. `symbols`: in order of their names. `left`: as of
    RuleMatches. `operands`: in the spelling of rules. `values`: (symbols, operands), NaN where there is none."""

    as_of: float
    symbols: tuple[str, ...]
    left: tuple[int, ...]
    operands: tuple[str, ...]
    values: Floats


def past_needs(rule: Rule, timeframe: str) -> PastNeeds:
    """As many bars as live rules are evaluated on, so that averages without end are the same, or what the rule looks
    back to."""
    market, own = market_needs(rule, timeframe), needs(rule, timeframe)
    bars = {prefix: max(WIDTH, own.get(prefix, 0)) for prefix in market.prefixes}
    return PastNeeds(bars, market.detections)


def table_operands(rule: Rule, timeframe: str) -> dict[str, Series | Rolling]:
    """What the table of a past moment has values of, by its text: what tables of newest values have, and what the rule
    names."""
    return {operand_text(operand): operand for operand in (*_columns(timeframe), *rule_operands(rule, timeframe))}


def rule_operands(rule: Rule, timeframe: str) -> tuple[Series | Rolling, ...]:
    """What a rule names that has a value at a bar, without the timeframe where that is its own."""
    resolved = series_of(resolve(rule, timeframe))
    own = (msgspec.structs.replace(each, timeframe="") if each.timeframe == timeframe else each for each in resolved)
    return tuple(dict.fromkeys(operand for operand in own if _field(operand) not in TIMELESS))


def _columns(timeframe: str) -> Iterable[Series | Rolling]:
    return (operand for operand in COLUMNS if timeframe in FIELDS[_field(operand)].timeframes)


def _field(operand: Series | Rolling) -> str:
    return operand.field if isinstance(operand, Series) else _field(operand.of)


def matches_at(past: PastMarket, rule: Rule, timeframe: str, scope: RuleScope) -> MomentMatches | None:
    """Of symbols with a bar in the newest period: others were not traded then. None without bars. Takes up to some
    seconds for thousands of symbols."""
    matrix = past.market.matrix(TIMEFRAMES[timeframe])
    present = matrix.end[:, -1][~np.isnan(matrix.end[:, -1])]
    if not len(present):
        return None
    matching = RuleMatching(past.market, past.inactive, traded=newest_bars(matrix))
    matches = matching.matches(rule, timeframe, scope)
    operands = table_operands(rule, timeframe)
    values = matching.values(timeframe, matches.symbols, tuple(operands.values()))
    return MomentMatches(float(present.max()), *matches, tuple(operands), values)


def newest_bars(matrix: BarMatrix) -> Mask:
    """(rows,): whether the last bar is of the newest day, week or month, or of the last 24 hours of shorter bars."""
    starts = matrix.start[:, -1]
    newest = np.nanmax(starts)
    return starts == newest if matrix.timeframe in periods.DATED else starts > newest - DAY
