"""A rule as one SQL statement over `latest` rows: the page of symbols for which it holds, and how many are left after
each condition. Names come from the catalogue; every value is a parameter."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.rules.catalogue import TIMEFRAMES
from app.rules.scan_tables import ScanTables
from app.rules.sql_conditions import Inexpressible, SqlConditions
from app.rules.sql_detections import DetectionSql
from app.rules.sql_parameters import Parameters
from app.rules.tree import Rolling, Rule, Series

# Only names of the catalogue and of MarketShape enter the text.
# ruff: noqa: S608

PAGE_ROWS = 100

NO_FACTS = (
    "(select null::text as symbol, null::text as name, null::text as exchange, null::text as type,"
    " null::boolean as active, null::text as sector, null::text as industry, null::float8 as cap where false)"
)
NO_SPLITS = "(select null::text as symbol, null::date as day, null::float8 as ratio where false)"
NO_UNIVERSES = "(select null::text as name, null::text as key, null::text as symbol where false)"
UNIVERSES = (
    "universes as materialized (select word, symbol from {table} as listed"
    " cross join lateral (values (lower(name || ':' || key)), (lower(name || '_' || key)), (lower(key)))"
    " as spelling (word)"
    " where symbol is not null)"
)


class ScanScope(NamedTuple):
    """The symbols that are scanned: those of any of the universes and the list together; all with neither.

    Symbols that are no longer active are left out, unless `symbols` names them.
    """

    universes: tuple[str, ...] = ()
    symbols: tuple[str, ...] | None = None


class ScanOrder(NamedTuple):
    """Missing values come last in both directions; ties go by symbol."""

    by: Series | Rolling | None = None
    """None: by symbol."""
    descending: bool = False
    over: Series | Rolling | None = None
    """If given, by how many times this `by` is."""


class ScanQuery(NamedTuple):
    """`rule`, `columns` and `order.by`: every operand has its timeframe, or that of the rule."""

    rule: Rule
    timeframe: str = "d"
    """Prefix of the rule's own timeframe: of `d` the day as it stands, of others the newest closed bar."""
    columns: Sequence[Series | Rolling] = ()
    scope: ScanScope = ScanScope()
    order: ScanOrder = ScanOrder()
    offset: int = 0
    limit: int = PAGE_ROWS
    counts_alone: bool = False
    """Whether the counts are of each condition by itself, and not after those before it."""


class ScanStatement(NamedTuple):
    """Each row has `counts int[]`: the symbols scanned, then those left after each condition. The other columns are
    null where no symbol is on the page: symbol, name, exchange, type, sector, industry text, active boolean,
    at timestamptz, split_1 float8, cap float8, v0, v1, … float8 as in `columns`."""

    text: str
    values: Sequence[object]


def statement(query: ScanQuery, tables: ScanTables) -> ScanStatement:
    """Raises Inexpressible for a rule, a column or an order that `latest` rows cannot answer."""
    parameters = Parameters()
    conditions, row_values = (SqlConditions(query.timeframe, parameters) for _ in range(2))
    flags = [f"({flag}) is true as f{place}" for place, flag in enumerate(conditions.each(query.rule.conditions))]
    by = _sort_key(query.order, conditions)
    values = [f"{row_values.operand(column)} as v{place}" for place, column in enumerate(query.columns)]
    base = _rows(tables, parameters, query.timeframe, running=query.timeframe == "d")
    detected = [DetectionSql(chain, tables, parameters).select() for chain in conditions.detections]
    with_parts = [
        f"base as ({_narrow(base, conditions.columns[query.timeframe])})",
        *(["newest as materialized (select max(at) as at from base)"] if detected else []),
        UNIVERSES.format(table=tables.universes or NO_UNIVERSES),
        # Read once, whatever the planner expects, and not symbol by symbol.
        *(
            f"rows_{prefix} as materialized ({_narrow(_rows(tables, parameters, prefix), columns)}),"
            f" of_{prefix}_split as materialized ({_split(f'rows_{prefix}', tables)})"
            for prefix, columns in _joined_columns(conditions, row_values).items()
        ),
        *(f"detected{place} as materialized ({text})" for place, text in enumerate(detected)),
        f"candidates as materialized (select base.symbol, {', '.join((*flags, f'{by} as sorted'))} from base"
        f" {_joins(conditions, tables, facts=conditions.has_facts)}"
        f" where {_scope(query.scope, conditions, tables, parameters)})",
        f"page as ({_page(query, len(flags), parameters)})",
    ]
    text = (
        f"with {', '.join(with_parts)} select counts.*, {', '.join((FACTS, *values))}"
        f" from ({_counts(len(flags), alone=query.counts_alone)}) as counts left join page on true"
        f" left join {base} as base on base.symbol = page.symbol"
        f" {_joins(row_values, tables, facts=True)} {_order(query, 'page.')}"
    )
    return ScanStatement(text, parameters.values)


def is_expressible(query: ScanQuery, tables: ScanTables) -> bool:
    """Whether `latest` rows can answer it."""
    try:
        statement(query, tables)
    except Inexpressible:
        return False
    return True


def _sort_key(order: ScanOrder, conditions: SqlConditions) -> str:
    if order.by is None:
        return "base.symbol"
    by = conditions.operand(order.by)
    return by if order.over is None else f"{by} / nullif({conditions.operand(order.over)}, 0)"


FACTS = (
    "base.symbol, base.at, base.split_1, facts.name, nullif(facts.exchange, '') as exchange,"
    " nullif(facts.type, '') as type, facts.sector, facts.industry, coalesce(facts.active, true) as active, facts.cap"
)


def _rows(tables: ScanTables, parameters: Parameters, prefix: str, *, running: bool = False) -> str:
    name = parameters.bind(TIMEFRAMES[prefix], "text")
    return f"(select * from {tables.latest} as stored where timeframe = {name} and running = {str(running).lower()})"


def _narrow(rows: str, columns: Iterable[str]) -> str:
    """With these columns of `latest` alone."""
    names = ("symbol", "running", "at", "split_1", *(f'"{column}"' for column in sorted(columns)))
    return f"select {', '.join(names)} from {rows} as wide"


def _joined_columns(*conditions: SqlConditions) -> dict[str, set[str]]:
    """By prefix of timeframes other than the rule's own."""
    prefixes = sorted({prefix for each in conditions for prefix in each.joined})
    return {prefix: set().union(*(each.columns[prefix] for each in conditions)) for prefix in prefixes}


def _joins(conditions: SqlConditions, tables: ScanTables, *, facts: bool) -> str:
    """What the conditions speak of, by the symbol of `base`."""
    joins = [f"left join {tables.instruments or NO_FACTS} as facts on facts.symbol = base.symbol"] if facts else []
    for prefix in conditions.joined:
        joins.append(f"left join rows_{prefix} as of_{prefix} on of_{prefix}.symbol = base.symbol")
        joins.append(f"left join of_{prefix}_split on of_{prefix}_split.symbol = base.symbol")
    detected = [f"detected{place}" for place in range(len(conditions.detections))]
    joins += [f"left join {name} on {name}.symbol = base.symbol" for name in detected]
    return " ".join(joins)


def _split(other: str, tables: ScanTables) -> str:
    """Shares now for one at the end of the other timeframe's bar; no row without a split between."""
    return (
        "select base.symbol, exp(sum(ln(split.ratio))) as ratio from base"
        f" join {other} as other on other.symbol = base.symbol join {tables.splits or NO_SPLITS} as split"
        f" on split.symbol = base.symbol and split.ratio > 0 and split.day > {_day('other.at')}"
        f" and split.day <= {_day('base.at')} group by base.symbol"
    )


def _day(at: str) -> str:
    return f"({at} at time zone 'America/New_York')::date"


def _scope(scope: ScanScope, conditions: SqlConditions, tables: ScanTables, parameters: Parameters) -> str:
    active = "coalesce(facts.active, true)"
    if not conditions.has_facts:
        # Few are inactive: this is a fraction of the join.
        active = f"base.symbol not in (select symbol from {tables.instruments or NO_FACTS} as facts where not active)"
    if scope.symbols is None and not scope.universes:
        return active
    symbols = parameters.bind(list(scope.symbols or ()), "text[]")
    words = parameters.bind([universe.lower() for universe in scope.universes], "text[]")
    members = f"base.symbol in (select symbol from universes where word = any({words}))"
    return f"(base.symbol = any({symbols}) or {active} and {members})"


def _left(conditions: int) -> str:
    """For which that many conditions hold."""
    return " and ".join(f"f{place}" for place in range(conditions)) or "true"


def _counts(conditions: int, *, alone: bool) -> str:
    holds = [f"f{place}" if alone else _left(place + 1) for place in range(conditions)]
    counts = ["count(*)", *(f"count(*) filter (where {each})" for each in holds)]
    return f"select array[{', '.join(counts)}]::int[] as counts from candidates"


def _page(query: ScanQuery, conditions: int, parameters: Parameters) -> str:
    limit, offset = parameters.bind(query.limit, "int"), parameters.bind(query.offset, "int")
    return (
        f"select symbol, sorted from candidates where {_left(conditions)} {_order(query)} limit {limit} offset {offset}"
    )


def _order(query: ScanQuery, of: str = "") -> str:
    return f"order by {of}sorted {'desc' if query.order.descending else 'asc'} nulls last, {of}symbol"
