"""Conditions on detections as SQL: which symbols have one that meets all of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from app.finance import periods
from app.finance.bars import DAY, Timeframe
from app.finance.detections import LIFE, bars_of_age
from app.rules.catalogue import LONGEST_PERIOD, PATTERN_NAMES
from app.rules.scan_tables import ScanTables
from app.rules.sql_conditions import OPERATORS, DetectionChain, Inexpressible, Reason
from app.rules.sql_parameters import Parameters
from app.rules.tree import Among, Compare, Condition, Flag, Number, Operand, Series, Within

TIERS: Mapping[str, Sequence[str]] = {
    "intraday": tuple(periods.SECONDS),
    "daily": tuple(periods.DATED),
    "combo": ("combo",),
}
SESSION_SECONDS = 23_400
DAY_OF = "({} at time zone 'America/New_York')::date"


class DetectionSql:
    """Of conditions on one detection. It counts at the end of the symbol's own bar: from the end of the detection's
    bar on, until it expires, or with a condition on its age as long as that says."""

    def __init__(self, chain: DetectionChain, tables: ScanTables, parameters: Parameters) -> None:
        self._group = [_flag_as_compare(condition) for condition in chain.group]
        self._further = [_flag_as_compare(condition) for condition in chain.further]
        self._tables = tables
        self._parameters = parameters
        self._ages = [condition for condition in self._group if _number_field(condition) == "age"]

    def select(self) -> str:
        """The symbols, as text of a sub-select on `base`, the rows of the rule's own timeframe; with `further0`, …:
        whether for one of the detections the further conditions hold up to that one."""
        if self._tables.patterns is None:
            raise Inexpressible(Reason.ELSEWHERE)
        if not self._tables.patterns:
            return f"select null::text as symbol{self._holding(lambda _tests: 'false')} where false"
        timeframes = self._timeframes()
        if self._ages and not self._patterns() and not set(timeframes) <= set(TIERS["daily"]):
            # Hundreds of thousands may be that old, and only the bars of each symbol say.
            raise Inexpressible(Reason.DETECTION)
        tests = [self._test(condition) for condition in self._group]
        if not self._ages:
            tests.append(f"one.detected_at + {self._life(timeframes)} > base.at")
        own = (
            f" join {self._tables.latest} as own on own.symbol = one.symbol and own.timeframe = {OF_AGE}"
            " and own.running = (base.running and one.timeframe = 'daily')"
        )
        holding = self._holding(lambda tests: f"bool_or({' and '.join(tests)})")
        return (
            f"select one.symbol{holding} from ({self._detections(timeframes)}) as one"  # noqa: S608 - names of ours
            f" join base on base.symbol = one.symbol{own if self._ages else ''}"
            f" where one.detected_at <= base.at and {' and '.join(test for test in tests if test)} group by one.symbol"
        )

    def _holding(self, column: Callable[[Sequence[str]], str]) -> str:
        """A column for each further condition, of the tests up to it."""
        tests = [self._test_of_row(condition) for condition in self._further]
        return "".join(f", {column(tests[: place + 1])} as further{place}" for place in range(len(tests)))

    def _test_of_row(self, condition: Condition) -> str:
        """Of any kind, where _detections() does not see to it."""
        match condition:
            case Among("pattern", words):
                return self._names(words)
            case Among("tier", words):
                own = [timeframe for word in words for timeframe in TIERS.get(word.lower(), ())]
                return f"one.timeframe = any({self._parameters.bind(own, 'text[]')})"
            case _:
                return self._test(condition)

    def _detections(self, timeframes: Sequence[str]) -> str:
        """Of each table by its index on timeframe, or on pattern, and time."""
        since = " or ".join(
            f"(timeframe = '{timeframe}' and detected_at >= (select at from newest) - {self._span(timeframe)})"  # noqa: S608
            for timeframe in timeframes
        )
        names = (self._names(condition.words) for condition in self._patterns())
        where = " and ".join([f"({since or 'false'})", *names])
        tables = self._tables
        parts = " union all ".join(f"select * from {table} as one where {where}" for table in tables.patterns or ())  # noqa: S608
        return (
            f"select symbol, pattern, timeframe, detected_at, {tables.confidence} as conf,"  # noqa: S608
            f" {tables.direction} as direction"
            f" from ({parts}) as every"
        )

    def _timeframes(self) -> list[str]:
        """Those whose tier fits."""
        tiers = set(TIERS)
        for condition in self._group:
            if isinstance(condition, Among) and condition.field == "tier":
                tiers &= {word.lower() for word in condition.words}
        return [timeframe for tier, own in TIERS.items() if tier in tiers for timeframe in own]

    def _patterns(self) -> list[Among]:
        return [each for each in self._group if isinstance(each, Among) and each.field == "pattern"]

    def _names(self, words: Sequence[str]) -> str:
        """Names of the catalogue are compared as they are stored, which an index answers."""
        lower = [word.lower() for word in words]
        if all(word in PATTERN_NAMES for word in lower):
            names = [PATTERN_NAMES[word] for word in lower]
            return f"pattern = any({self._parameters.bind(names, 'text[]')})"
        return f"lower(pattern) = any({self._parameters.bind(lower, 'text[]')})"

    def _test(self, condition: Condition) -> str:
        match condition:
            case Among("direction", words):
                return f"one.direction = any({self._parameters.bind([word.lower() for word in words], 'text[]')})"
            case Within(operand, low, high):
                bounds = [self._compare(op, operand, bound) for op, bound in (("ge", low), ("le", high)) if bound]
                return " and ".join(bounds)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case _:
                return ""

    def _compare(self, op: str, left: Operand, right: Operand) -> str:
        return f"{self._number(left)} {OPERATORS[op]} {self._number(right)}"

    def _number(self, operand: Operand) -> str:
        if isinstance(operand, Number):
            return self._parameters.bind(operand.value, "float8")
        if not isinstance(operand, Series) or operand.field not in ("conf", "age") or operand.lag:
            raise Inexpressible(Reason.DETECTION)
        value = "one.conf" if operand.field == "conf" else f"({age(self._tables.bars)})"
        return f"{value} * {self._parameters.bind(operand.times, 'float8')}"

    def _span(self, timeframe: str) -> str:
        """How far back a detection of that timeframe may count."""
        if not self._ages:
            return self._interval(LIFE[timeframe])
        bars = min(_most(condition) for condition in self._ages)
        if bars > LONGEST_PERIOD:
            raise Inexpressible(Reason.DETECTION)
        return self._interval(_calendar_seconds(timeframe, bars + 1))

    def _life(self, timeframes: Sequence[str]) -> str:
        lives = " ".join(f"when '{timeframe}' then {self._interval(LIFE[timeframe])}" for timeframe in timeframes)
        return f"case one.timeframe {lives} end" if lives else "null::interval"

    def _interval(self, seconds: float) -> str:
        return self._parameters.bind(timedelta(seconds=seconds), "interval")


OF_AGE = f"(case one.timeframe when 'combo' then '{bars_of_age('combo')}' else one.timeframe end)"
"""The timeframe whose bars count a detection's age."""


def age(bars: Mapping[str, str | None]) -> str:
    """Bars of the symbol that ended after the detection's up to `own.at`, as SQL where `one` has symbol, timeframe and
    detected_at. `bars`: tables by timeframe."""
    cases = " ".join(
        f"when '{timeframe}' then {text}" for timeframe in periods.TIMEFRAMES if (text := _bars_since(timeframe, bars))
    )
    return f"case {OF_AGE} {cases} end" if cases else "null::int"


def _flag_as_compare(condition: Condition) -> Condition:
    return Compare("gt", condition.operand, Number(0.0)) if isinstance(condition, Flag) else condition


def _number_field(condition: Condition) -> str:
    match condition:
        case Within(Series(field)) | Compare(_, Series(field)) | Compare(_, _, Series(field)):
            return field
        case _:
            return ""


def _most(condition: Condition) -> float:
    """The oldest age that it allows, in bars."""
    match condition:
        case Within(_, _, Number(bars)):
            return bars
        case Compare("lt" | "le" | "eq", Series(), Number(bars)) | Compare("gt" | "ge" | "eq", Number(bars), Series()):
            return bars
        case _:
            raise Inexpressible(Reason.DETECTION)


def _calendar_seconds(timeframe: str, bars: float) -> float:
    """More than so many bars take, nights, week-ends and holidays included."""
    sessions = {"daily": bars, "weekly": 5 * bars, "monthly": 22 * bars}.get(timeframe)
    if sessions is None:
        sessions = bars * periods.SECONDS[bars_of_age(timeframe)] / SESSION_SECONDS + 1
    return (sessions * 1.5 + 4) * DAY


def _bars_since(timeframe: Timeframe, bars: Mapping[str, str | None]) -> str | None:
    seconds = periods.SECONDS.get(timeframe)
    table = bars.get(timeframe) or (bars.get("1min") if seconds else None)
    if table is None:
        return None
    if seconds:
        start = f"date_bin('{seconds} s', bar.at, 'epoch')"
        return (
            f"(select count(distinct {start}) from {table} as bar"  # noqa: S608 - names of ours
            " where bar.symbol = one.symbol and bar.at >= one.detected_at and bar.at < own.at)"
        )
    unit = {"daily": "day", "weekly": "week", "monthly": "month"}[timeframe]
    first, last = (f"date_trunc('{unit}', {DAY_OF.format(at)})::date" for at in ("one.detected_at", "own.at"))
    return (
        f"(select count(*) from {table} as bar"  # noqa: S608 - names of ours
        f" where bar.symbol = one.symbol and bar.day > {first} and bar.day < {last}) + ({last} > {first})::int"
    )
