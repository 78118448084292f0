"""What became of the newest detections of a symbol, and how often such a pattern went its way."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app.db.analysis_tables import HORIZONS
from app.desk.newest_patterns import HORIZON
from app.desk.symbol.profile import CorporateAction
from app.finance.sessions import trading_date
from app.patterns.queries import Detection
from app.patterns.statistics.outcomes import PatternOutcomes

MOST = 8
BARS = HORIZONS[HORIZON]


class DetectionOutcome(NamedTuple):
    """`since`: change of the price since the detection, 0.01 for 1 %. `hits`: of `cases` of its pattern, timeframe and
    direction in the whole market, those that went its way after BARS bars; None for a neutral one or without a case."""

    detection: Detection
    since: float | None
    hits: int | None
    cases: int


def detection_outcomes(
    detections: Iterable[Detection],
    price: float | None,
    actions: Sequence[CorporateAction],
    outcomes: Mapping[tuple[str, str, str], PatternOutcomes],
    today: date | None,
) -> list[DetectionOutcome]:
    """Of the newest MOST. `price`: the newest one, of the session `today`."""
    result = []
    for each in list(detections)[:MOST]:
        sums = outcomes.get((each.pattern, each.timeframe, each.direction))
        cases = sums.returns[HORIZON].cases if sums else 0
        rate = sums.hit_rate(HORIZON) if sums else None
        hits = None if rate is None else round(rate * cases)
        result.append(DetectionOutcome(each, _since(each, price, actions, today), hits, cases))
    return result


def _since(
    detection: Detection, price: float | None, actions: Sequence[CorporateAction], today: date | None
) -> float | None:
    if price is None or today is None or not detection.price or detection.price <= 0:
        return None
    begin = trading_date(detection.at - 1)
    ratios = [action.ratio for action in actions if action.ratio and begin < action.day <= today]
    return price * math.prod(ratios) / detection.price - 1
