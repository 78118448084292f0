"""A rule that is evaluated whenever bars close, while somebody looks at its result."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from app.finance.panel import WIDTH
from app.rules.catalogue import DETECTION_NUMBERS, DETECTION_WORDS, PATTERN_NAMES, TIMEFRAMES
from app.rules.identity import key
from app.rules.look_back import needs
from app.rules.resolve import series_of
from app.rules.show import show
from app.rules.tree import Among, Rule, Series
from app.rules.walk import all_conditions

MOST_LIVE = 300
"""Different rules that are live at a time."""
MOST_SYMBOLS = 10_000
"""Of a scope."""


class LiveRule(msgspec.Struct, frozen=True):
    """`key` is the same for two spellings that mean the same over one scope: active symbols that are in any of the
    `universes`, and `symbols`; all active symbols with neither."""

    key: str
    text: str
    timeframe: str = "d"
    """Prefix of the rule's own timeframe."""
    universes: tuple[str, ...] = ()
    symbols: tuple[str, ...] | None = None
    at: float = 0.0
    """A moment in the past, UTC epoch seconds; 0 for a rule that is live."""


def live_rule(
    rule: Rule, timeframe: str, universes: Collection[str], symbols: Collection[str] | None, at: float = 0.0
) -> LiveRule:
    names = tuple(sorted(set(universes)))
    listed = None if symbols is None else tuple(sorted(set(symbols)))
    scope = ",".join(names) if listed is None else "\n".join((",".join(names), ",".join(listed)))
    moment = f"\n\n{at:.0f}" if at else ""
    return LiveRule(key(rule, scope + moment, timeframe), show(rule), timeframe, names, listed, at)


class MarketNeeds(NamedTuple):
    """What rules are evaluated on: `prefixes` of timeframes whose bars they need, and whether they need detections.
    `bars`: how many, by prefix, where they look back further than WIDTH."""

    prefixes: frozenset[str] = frozenset()
    detections: bool = False
    bars: Mapping[str, int] = MappingProxyType({})

    def __or__(self, other: "MarketNeeds") -> "MarketNeeds":
        prefixes = {*self.bars, *other.bars}
        bars = {prefix: max(self.bars.get(prefix, 0), other.bars.get(prefix, 0)) for prefix in prefixes}
        return MarketNeeds(self.prefixes | other.prefixes, self.detections or other.detections, bars)

    def __le__(self, other: tuple[object, ...]) -> bool:
        """Whether the other ones are enough."""
        return isinstance(other, MarketNeeds) and self | other == other


@lru_cache(maxsize=MOST_LIVE)
def market_needs(rule: Rule, timeframe: str) -> MarketNeeds:
    """The age of detections counts bars of every timeframe."""
    fields = {operand.field for operand in series_of(rule) if isinstance(operand, Series)}
    words = {each.field for each in all_conditions(rule.conditions) if isinstance(each, Among)}
    detections = bool(words & DETECTION_WORDS or fields & (DETECTION_NUMBERS | PATTERN_NAMES.keys()))
    bars = needs(rule, timeframe)
    prefixes = TIMEFRAMES if "age" in fields else (timeframe, *bars)
    far = {prefix: count for prefix, count in bars.items() if count > WIDTH}
    return MarketNeeds(frozenset(prefixes), detections, far)
