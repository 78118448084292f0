"""The scanner: symbols for which a rule holds."""

import time
from typing import Any

from quart import Blueprint, Response, abort, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.scan import answers, results, vocabulary
from app.desk.scan import page as pages
from app.desk.scan.answers import ScanAnswer, ScanSources
from app.identity import Scope
from app.live.topics import STATUS
from app.quotes.board import QuoteBoard
from app.quotes.topics import quotes_topic
from app.rules.catalogue import TIMEFRAMES
from app.rules.errors import RuleError, RuleProblem, marks
from app.rules.presets import PRESETS
from app.scans import address as addresses
from app.scans import partials
from app.scans.address import USUAL_TIMEFRAME, ScanAddress
from app.scans.columns import SETS, USUAL_SET
from app.scans.matches import stream as matches
from app.scans.matches.board import MatchBoard
from app.scans.matches.stream import rule_topic
from app.scans.queries import ScanPage
from app.scans.scan_request import PARAMETERS, TableChoice, table_choice, url, version
from app.scans.table import scan_document
from app.watchlists import queries as watchlists
from app.web import guards, html, paging, parameters, tables
from app.web.filters import timeframe
from app.web.formats import TableDocument

blueprint = Blueprint("scan", __name__)


SCAN = "/scan"
AGAIN_SECONDS = 10
"""After which a page without a table is loaded again where no scripts run."""


@tables.suffixes(blueprint, SCAN)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("q", *PARAMETERS)
async def scan_table() -> TableDocument:
    """Every row, whatever the page."""
    address = await _valid_address()
    symbols, _ = await _scope(address.scope)
    answer = await answers.answer(address._replace(page=1), symbols, _sources(), results.ALL_ROWS)
    if answer.page is None:
        abort(400 if answer.problem else 503, f"q: {answer.problem or 'the result is being computed; ask again.'}")
    rows = ((row.symbol, row.name, row.at, pages.values(address, row)) for row in answer.page.rows)
    return scan_document(SETS[address.columns].columns, rows, guards.view().zone, time.time())


async def _valid_address() -> ScanAddress:
    """Answers 400 for what is no rule, in one line."""
    try:
        scan_request = table_choice(request.args).request(request.args.get("q", ""), version(request.args))
    except RuleError as error:
        abort(400, f"q: {error}.")
    problems = await vocabulary.unknown_words(scan_request.words, deps.symbols(), deps.pools(), deps.cache())
    if problems:
        abort(400, f"q: {problems[0].message}.")
    return scan_request.address


@tables.page(blueprint, SCAN, scan_table)
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def scan() -> ResponseReturnValue:
    text, choice = request.args.get("q", ""), table_choice(request.args)
    if not text.strip():
        return await _start(choice)
    try:
        scan_request = choice.request(text, version(request.args))
    except RuleError as error:
        return await _start(choice, text, error.problems)
    if text != scan_request.address.text or "v" not in request.args:
        return redirect(scan_request.address.url(), 303)
    problems = await vocabulary.unknown_words(scan_request.words, deps.symbols(), deps.pools(), deps.cache())
    if problems:
        return await _start(choice, text, problems)
    return await _answer(scan_request.address, choice)


def _sources() -> ScanSources:
    return ScanSources(deps.pools(), deps.cache(), deps.rule_watch())


async def _answer(address: ScanAddress, choice: TableChoice) -> Response:
    symbols, scope = await _scope(address.scope)
    cursor = deps.cursor()
    answer = await answers.answer(address, symbols, _sources())
    if answer.page is not None:
        return await _table(address, choice, answer, answer.page, scope, cursor)
    if answer.problem:
        problem = RuleProblem("inexpressible", 1, len(address.text), answer.problem)
        return await _start(choice, address.text, (problem,))
    return await _awaited(address, choice, answer, scope, cursor)


async def _table(
    address: ScanAddress, choice: TableChoice, answer: ScanAnswer, page: ScanPage, scope: str, cursor: str
) -> Response:
    view, board = guards.view(), deps.board(QuoteBoard)
    count = paging.page_count(page.total, results.PAGE_ROWS)
    if address.page > count:
        abort(404, f"page: there {'is 1 page' if count == 1 else f'are {count} pages'}.")
    units = pages.units(address, page)
    topic = rule_topic(answer.rule.key, answer.version)
    return await html.page(
        "scans/scan",
        title=_title(address.text),
        topics=[STATUS, topic, *(quotes_topic(row.symbol) for row in page.rows)],
        cursor=cursor,
        **_common(address, choice, scope),
        has_sparks=address.columns in pages.SPARKS and not view.reduced_data,
        page_rows=results.PAGE_ROWS,
        sets=[(each.label, address._replace(columns=each.name, page=1).url(), each.name) for each in SETS.values()],
        chips=pages.chips(address),
        fixed=pages.fixed_headings(address),
        headings=pages.headings(address, units),
        rows=pages.rows(address, page, board, units, view),
        funnel=pages.funnel(address, page, scope, view),
        answer=page,
        newer=matches.newer(topic, deps.board(MatchBoard), view),
        page_urls=_page_urls(address, count),
        as_of=answer.as_of,
        lacking=await deps.pools().lacking("instruments"),
    )


async def _awaited(address: ScanAddress, choice: TableChoice, answer: ScanAnswer, scope: str, cursor: str) -> Response:
    """The page without a table, until there is a match list."""
    topic = rule_topic(answer.rule.key, answer.version)
    response = await html.page(
        "scans/awaited",
        title=_title(address.text),
        topics=[STATUS, topic],
        cursor=cursor,
        **_common(address, choice, scope),
        chips=pages.chips(address),
        newer=matches.newer(topic, deps.board(MatchBoard), guards.view()),
    )
    response.headers["Refresh"] = str(AGAIN_SECONDS)
    return response


def _common(address: ScanAddress, choice: TableChoice, scope: str) -> dict[str, Any]:
    """What every page of a rule shows."""
    return {
        "address": address,
        "text": address.text,
        "problem": "",
        "hidden": _hidden(choice),
        "timeframe": timeframe(TIMEFRAMES[address.timeframe]),
        "scope": scope,
        "screens": _screens(address.text),
    }


async def _start(choice: TableChoice, text: str = "", problems: tuple[RuleProblem, ...] = ()) -> Response:
    """The page without a table."""
    problem = partials.problem(marks(text, problems), [each.message for each in problems]) if problems else ""
    return await html.page(
        "scans/start",
        title="Scan",
        status=422 if problems else 200,
        text=text,
        problem=problem,
        hidden=_hidden(choice),
        screens=_screens(text),
    )


def _hidden(choice: TableChoice) -> list[tuple[str, str]]:
    """Parameters that the next rule of the box is asked with."""
    timeframe = "" if choice.timeframe == USUAL_TIMEFRAME else choice.timeframe
    columns = "" if choice.columns == USUAL_SET else choice.columns
    pairs = (("in", ",".join(choice.scope)), ("tf", timeframe), ("cols", columns))
    return [pair for pair in pairs if pair[1]]


async def _scope(scope: tuple[str, ...]) -> tuple[tuple[str, ...] | None, str]:
    """The symbols of the watchlists in scope, None without any, and the scope in words. Answers 404 for a list of
    somebody else, and 400 for an unknown universe."""
    names, symbols = [], []
    for slug in addresses.list_slugs(scope):
        async with deps.pools().own.acquire() as connection:
            watchlist = await watchlists.find(connection, guards.identity().user_id, slug)
        if watchlist is None:
            abort(404, f"in: you have no list {slug}.")
        names.append(watchlist.summary.name)
        symbols += [entry.symbol for entry in watchlist.entries]
    universes = addresses.universes(scope)
    if universes:
        there = {word.lower() for word in (await vocabulary.facts(deps.pools(), deps.cache()))["universe"]}
        for name in universes:
            if name.lower() not in there:
                abort(400, f"in: there is no universe {name}.")
    words = " and ".join((*universes, *names)) or "all symbols"
    return (tuple(symbols) if names else None), words


def _page_urls(address: ScanAddress, count: int) -> dict[str, str]:
    """Of the page before and of the page after, empty where there is none."""
    others = {"previous": address.page - 1, "next": address.page + 1}
    return {
        name: address._replace(page=number).url() if 1 <= number <= count else "" for name, number in others.items()
    }


def _screens(text: str) -> list[tuple[str, str]]:
    return [(preset.name, url(preset.text, "", USUAL_TIMEFRAME) + "&v=1") for preset in PRESETS if preset.text != text]


def _title(text: str) -> str:
    return next((preset.name for preset in PRESETS if preset.text == text), "Scan")
