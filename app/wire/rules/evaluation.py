"""Match lists of live rules on one state of the market, and how they differ from earlier ones."""

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from app.rules.catalogue import TIMEFRAMES
from app.rules.errors import RuleError
from app.rules.live_rule import LiveRule, MarketNeeds, market_needs
from app.rules.market_bars import MarketBars
from app.rules.matching import RuleMatching, RuleScope
from app.rules.parse import parse
from app.rules.past_matches import newest_session
from app.rules.tree import Rule
from app.wire.rules.match_lists import MatchList

logger = logging.getLogger(__name__)

NOTHING = Rule(())
LONGEST_PROBLEM = 300
MOST_DEPARTURES = 500
"""Of one change: of more symbols nobody reads why they have left."""


class MarketState(NamedTuple):
    """`as_of`: market time. `inactive`: symbols that are not traded any more."""

    market: MarketBars
    as_of: float
    inactive: frozenset[str]
    prefixes: frozenset[str] = frozenset(TIMEFRAMES)
    """Of the timeframes whose bars are kept."""


class CheckedRule(NamedTuple):
    """`problem`: why it cannot be evaluated, or empty."""

    live: LiveRule
    rule: Rule
    problem: str = ""

    @property
    def scope(self) -> RuleScope:
        return RuleScope(self.live.universes, self.live.symbols)

    @property
    def needs(self) -> MarketNeeds:
        return MarketNeeds() if self.problem else market_needs(self.rule, self.live.timeframe)


def checked(live: LiveRule) -> CheckedRule:
    """What stands in Redis may have been written by anybody, or be of another version."""
    try:
        rule = parse(live.text, live.timeframe)
    except RuleError as error:
        return CheckedRule(live, NOTHING, f"This rule cannot be read: {error}"[:LONGEST_PROBLEM])
    return CheckedRule(live, rule)


class RuleResults:
    """On one state of the market."""

    matching: RuleMatching

    def __init__(self, state: MarketState, has: MarketNeeds, before: "RuleResults | None" = None) -> None:
        """`has`: what is in the state. `before`: on the state before."""
        self.has = has
        self.failed = 0
        self._state = state
        self.matching = RuleMatching(state.market, state.inactive, before.matching if before else None)
        self._newest_day = newest_session(state.market.matrix("daily"), state.as_of)

    def lists(self, rules: Iterable[CheckedRule], earlier: Mapping[str, MatchList]) -> list[MatchList]:
        """One for each rule; with the version of the earlier one if nothing changed. Takes up to some milliseconds a
        rule."""
        return [self._list(each, earlier.get(each.live.key)) for each in rules]

    def lacks_past(self, rule: CheckedRule, match_list: MatchList, data: int) -> bool:
        """Whether the list lacks what the rule would have matched in past sessions, by bars of version `data`."""
        newest = match_list.past.days[-1:] if match_list.past else ()
        is_current = match_list.data == data and newest >= self._newest_day
        return not (match_list.problem or rule.live.timeframe != "d" or is_current)

    def with_past(self, rule: CheckedRule, match_list: MatchList, data: int) -> MatchList:
        """The list with what the rule would have matched in past sessions. Takes up to a second for thousands of
        symbols."""
        return replace(match_list, past=self.matching.past(rule.rule, rule.scope, self._state.as_of), data=data)

    def _list(self, rule: CheckedRule, earlier: MatchList | None) -> MatchList:
        version, at = earlier.version if earlier else 0, time.time()
        fresh = MatchList(
            rule.live.key, max(version + 1, int(at * 1000)), at, self._state.as_of, version_before=version
        )
        if earlier:
            fresh = replace(fresh, past=earlier.past, data=earlier.data)
        try:
            fresh = self._evaluated(rule, fresh, earlier)
        except Exception:
            self.failed += 1
            logger.exception("rule not evaluated: %s", rule.live.text)
            fresh = replace(fresh, problem="This rule could not be evaluated.")
        if earlier and (earlier.symbols, earlier.problem) == (fresh.symbols, fresh.problem):
            return replace(earlier, as_of=fresh.as_of, left=fresh.left)
        return fresh

    def _evaluated(self, rule: CheckedRule, fresh: MatchList, earlier: MatchList | None) -> MatchList:
        if rule.problem:
            return replace(fresh, problem=rule.problem)
        if lacking := rule.needs.prefixes - self._state.prefixes:
            names = ", ".join(TIMEFRAMES[prefix] for prefix in sorted(lacking))
            return replace(fresh, problem=f"No bars of these timeframes are kept here: {names}.")
        timeframe, scope = rule.live.timeframe, rule.scope
        symbols, left = self.matching.matches(rule.rule, timeframe, scope)
        leaving = sorted(set(earlier.symbols if earlier else ()).difference(symbols))[:MOST_DEPARTURES]
        departures = self.matching.departures(rule.rule, timeframe, scope, leaving)
        return replace(fresh, symbols=symbols, left=left, departures=departures)


def changed(
    lists: Sequence[MatchList], earlier: Mapping[str, MatchList], whole: Collection[str] = ()
) -> tuple[list[MatchList], list[MatchList]]:
    """Those with another version than before or a key in `whole`, and the others."""
    versions = {each.key: each.version for each in earlier.values()}
    differ = [each for each in lists if each.key in whole or versions.get(each.key) != each.version]
    keys = {each.key for each in differ}
    return differ, [each for each in lists if each.key not in keys]
