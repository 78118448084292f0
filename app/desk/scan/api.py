"""JSON API of the scanner."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app.desk.scan import answers, vocabulary
from app.desk.scan.answers import ScanAnswer
from app.desk.scan.results import ScanPart
from app.desk.scan.scopes import UnknownScope, resolve_scope
from app.desk.scan.sources import scan_sources
from app.identity import Scope
from app.rules import words
from app.rules.errors import RuleError, RuleProblem
from app.rules.identity import VERSION
from app.rules.show import condition_text
from app.scans.address import USUAL_TIMEFRAME, ScanAddress
from app.scans.columns import CHANGE, LAST, SORTABLE, SYMBOL, USUAL_SET, ScreenColumn, Sort, value
from app.scans.queries import ScanPage, ScanRow
from app.scans.rule_documents import COLUMN, END, BarsPrefix, RuleRefusal, SortText, refuse_rule
from app.scans.scan_request import LONGEST_SCOPE, ScanRequest, TableChoice, moment, scope_names
from app.web import api, guards
from app.web.problems import Problem

blueprint = Blueprint("scan_api", __name__, url_prefix=api.ROOT)

MOST_COLUMNS = 20
COLUMNS = rf"^(?:{COLUMN})(?:,(?:{COLUMN})){{0,{MOST_COLUMNS - 1}}}{END}"
FARTHEST = 20_000
COLUMNS_HELP = f"Of each symbol, separated by commas, at most {MOST_COLUMNS}. Percentages are in points."


class ScanParameters(msgspec.Struct, frozen=True):
    q: Annotated[
        api.PlainText,
        Meta(
            description="The rule: conditions, separated by commas.", examples=["rsi14:..40,close:gt:sma200,relvol:2.."]
        ),
    ]
    scope: Annotated[
        api.PlainText,
        Meta(
            max_length=LONGEST_SCOPE,
            description="Universes, and list.SLUG for a watchlist of yours, separated by commas; else all symbols.",
        ),
    ] = msgspec.field(name="in", default="")
    timeframe: BarsPrefix = msgspec.field(name="tf", default=USUAL_TIMEFRAME)
    at: Annotated[
        str,
        Meta(
            pattern=rf"^(?:\d{{4}}-\d\d-\d\d(?:T\d\d:\d\d)?)?{END}",
            description="A past moment: a date, whose session's close is meant, or a date and time in New York.",
            examples=["2012-09-04", "2012-09-04T14:30"],
        ),
    ] = ""
    sort: SortText = SYMBOL
    columns: Annotated[str, Meta(pattern=COLUMNS, description=COLUMNS_HELP, examples=["last,change,rsi14"])] = (
        f"{LAST.name},{CHANGE.name}"
    )
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    offset: Annotated[int, Meta(ge=0, le=FARTHEST, description="The `next` of the page before.")] = 0
    version: Annotated[int, Meta(ge=1, le=VERSION, description="Of the language of rules.")] = msgspec.field(
        name="v", default=VERSION
    )


class ScanMatch(msgspec.Struct, frozen=True):
    """`time`: the end of the symbol's newest bar. `values`: by the name of the column; null where there is none."""

    symbol: str
    name: str
    exchange: str
    type: str
    sector: str
    industry: str
    time: datetime | None
    values: dict[str, float | str | None]


class ConditionCount(msgspec.Struct, frozen=True):
    """`symbols`: how many are left after this condition and those before it."""

    rule: str
    words: str
    symbols: int


class ScanResult(msgspec.Struct, frozen=True):
    """`rule`: in its one spelling. `key`: the same for every spelling of the rule in this scope. `scanned`: symbols in
    scope; `total`: those that match. `next`: the `offset` of the next page."""

    rule: str
    key: str
    timeframe: str
    scope: list[str]
    at: str
    as_of: datetime | None
    scanned: int
    total: int
    conditions: list[ConditionCount]
    columns: list[str]
    matches: list[ScanMatch]
    next: int | None


@blueprint.get("/scan")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(ScanResult, ScanParameters, problems={404: Problem, 422: RuleRefusal})
async def scan(parameters: ScanParameters) -> ScanResult:
    """The symbols for which a rule holds."""
    request, sources = _request(parameters), scan_sources()
    if problems := await vocabulary.unknown_words(request.words, sources.symbols, sources.pools, sources.cache):
        refuse_rule("q", problems)
    address, columns = request.address, _columns(parameters.columns)
    try:
        scope = await resolve_scope(address.scope, guards.identity().user_id, sources)
    except UnknownScope as unknown:
        abort(unknown.status, str(unknown))
    part = ScanPart(columns, parameters.offset, parameters.limit)
    answer = await answers.answer(address, scope.symbols, sources, part)
    if answer.page is None and answer.problem and address.at:
        abort(422, f"at: {answer.problem}")
    if answer.page is None and answer.problem:
        refuse_rule("q", (RuleProblem("inexpressible", 1, len(parameters.q), answer.problem),))
    if answer.page is None:
        abort(503, "The result is being computed. Ask again.")
    return _result(address, part, answer, answer.page)


def _request(parameters: ScanParameters) -> ScanRequest:
    """Answers 422 for what is no rule."""
    sort = Sort(parameters.sort.removeprefix("-"), parameters.sort.startswith("-"))
    try:
        scope = scope_names(parameters.scope)
    except ValueError as error:
        abort(400, f"in: {error}")
    choice = TableChoice(scope, parameters.timeframe, sort, USUAL_SET, 1, at=moment(parameters.at))
    try:
        return choice.request(parameters.q, parameters.version)
    except RuleError as error:
        refuse_rule("q", error.problems)


def _columns(text: str) -> tuple[ScreenColumn, ...]:
    """Each once."""
    return tuple(SORTABLE[name] for name in dict.fromkeys(text.split(",")))


def _result(address: ScanAddress, part: ScanPart, answer: ScanAnswer, page: ScanPage) -> ScanResult:
    end = part.offset + len(page.rows)
    counts = zip(address.rule.conditions, page.left, strict=True)
    return ScanResult(
        rule=address.text,
        key=address.identity,
        timeframe=address.timeframe,
        scope=[*address.scope],
        at=address.at.text if address.at else "",
        as_of=api.utc_datetime(answer.as_of or None),
        scanned=page.scanned,
        total=page.total,
        conditions=[ConditionCount(condition_text(each), words.describe(each), count) for each, count in counts],
        columns=[column.name for column in part.columns],
        matches=[_match(row, part) for row in page.rows],
        next=end if page.rows and end < page.total and end <= FARTHEST else None,
    )


def _match(row: ScanRow, part: ScanPart) -> ScanMatch:
    values = dict(zip(part.sources, row.values, strict=True))
    numbers = {column.name: value(column, values) for column in part.columns}
    return ScanMatch(
        row.symbol,
        row.name,
        row.exchange,
        row.type,
        row.sector,
        row.industry,
        api.utc_datetime(row.at),
        {name: round(one, 6) if isinstance(one, float) else one for name, one in numbers.items()},
    )
