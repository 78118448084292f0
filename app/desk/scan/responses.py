"""The pages of a rule: its table, the wait for its first answer, and what is wrong with it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from quart import Response, abort, redirect
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.desk.scan import answers, results, vocabulary
from app.desk.scan import page as pages
from app.desk.scan.answers import ScanAnswer
from app.desk.scan.scopes import ResolvedScope, UnknownScope, resolve_scope
from app.desk.scan.sources import ScanSources
from app.identity import Rate
from app.live.topics import STATUS
from app.quotes import partials as quotes
from app.quotes.live_order import order_words
from app.quotes.topics import quotes_topic
from app.rules.catalogue import TIMEFRAMES
from app.rules.errors import RuleError, RuleProblem, marks
from app.rules.presets import GENERAL, PRESETS
from app.scans import partials
from app.scans.address import SCAN, USUAL_TIMEFRAME, ScanAddress
from app.scans.columns import SETS, USUAL_SET
from app.scans.matches import stream as matches
from app.scans.matches.stream import rule_topic
from app.scans.queries import ScanPage
from app.scans.scan_request import TableChoice, table_choice, url, version
from app.scans.screens.screen import SavedScreen, ScreenDefinition
from app.web import guards, html, paging
from app.web.filters import timeframe

NEAR_SCREENS = 10
"""Beside a table; the page without one has all of them."""
AGAIN_SECONDS = 10
"""After which a page without a table is loaded again where no scripts run."""


class ScanContext(NamedTuple):
    """`saved`: the screen at whose address the page is, None at the scanner's. `own`: all screens of the reader."""

    sources: ScanSources
    cursor: str
    own: Sequence[SavedScreen]
    saved: SavedScreen | None = None

    @property
    def path(self) -> str:
        return self.saved.path if self.saved else SCAN


async def respond(sent: MultiDict[str, str], context: ScanContext, *, is_stored: bool = False) -> ResponseReturnValue:
    """`sent`: parameters of the address, or those of the saved screen, whose spelling is not corrected."""
    text, choice = sent.get("q", ""), table_choice(sent, context.path)
    if not text.strip():
        return await _start(choice, context)
    try:
        scan_request = choice.request(text, version(sent))
    except RuleError as error:
        return await _start(choice, context, text, error.problems)
    if not is_stored and (text != scan_request.address.text or "v" not in sent):
        return redirect(scan_request.address.url(), 303)
    sources = context.sources
    problems = await vocabulary.unknown_words(scan_request.words, sources.symbols, sources.pools, sources.cache)
    if problems:
        return await _start(choice, context, text, problems)
    return await _answer(scan_request.address, choice, context)


async def _answer(address: ScanAddress, choice: TableChoice, context: ScanContext) -> Response:
    try:
        scope = await resolve_scope(address.scope, guards.identity().user_id, context.sources)
    except UnknownScope as unknown:
        if context.saved is None:
            abort(unknown.status, str(unknown))
        return await _start(choice, context, address.text, (), str(unknown))
    answer = await answers.answer(address, scope.symbols, context.sources)
    if answer.page is not None:
        return await _table(address, choice, answer, answer.page, scope, context)
    if answer.problem and address.at:
        return await _start(choice, context, address.text, (), f"at: {answer.problem}")
    if answer.problem:
        problem = RuleProblem("inexpressible", 1, len(address.text), answer.problem)
        return await _start(choice, context, address.text, (problem,))
    return await _awaited(address, choice, answer, scope, context)


async def _table(
    address: ScanAddress,
    choice: TableChoice,
    answer: ScanAnswer,
    page: ScanPage,
    scope: ResolvedScope,
    context: ScanContext,
) -> Response:
    view, sources = guards.view(), context.sources
    count = paging.page_count(page.total, results.PAGE_ROWS)
    if address.page > count:
        abort(404, f"page: there {'is 1 page' if count == 1 else f'are {count} pages'}.")
    page = pages.in_live_order(address, page, sources.quotes)
    orders = order_words(pages.live_order(address, page))
    units = pages.units(address, page)
    topic = rule_topic(answer.rule.key, answer.version)
    return await html.page(
        "scans/scan",
        title=_title(address.text, context),
        topics=[STATUS, topic, *orders, *(quotes_topic(row.symbol) for row in page.rows if not address.at)],
        cursor=context.cursor,
        **_common(address, choice, scope, context),
        has_sparks=address.columns in pages.SPARKS and not view.reduced_data and not address.at,
        moment=pages.moment_words(address, answer.as_of),
        page_rows=results.PAGE_ROWS,
        sets=[(each.label, address._replace(columns=each.name, page=1).url(), each.name) for each in SETS.values()],
        chips=pages.chips(address),
        fixed=pages.fixed_headings(address),
        headings=pages.headings(address, units),
        rows=pages.rows(address, page, sources.quotes, units, view),
        funnel=pages.funnel(address, page, scope.words, view),
        answer=page,
        newer=matches.newer(topic, sources.matches, view),
        order=quotes.order(0, view) if orders else "",
        past=matches.past(topic, sources.matches, view) if has_past(address) else "",
        page_urls=_page_urls(address, count),
        as_of=answer.as_of,
        lacking=await sources.pools.lacking("instruments"),
    )


async def _awaited(
    address: ScanAddress, choice: TableChoice, answer: ScanAnswer, scope: ResolvedScope, context: ScanContext
) -> Response:
    """The page without a table, until there is a match list."""
    topic = rule_topic(answer.rule.key, answer.version)
    response = await html.page(
        "scans/awaited",
        title=_title(address.text, context),
        topics=[STATUS, topic],
        cursor=context.cursor,
        **_common(address, choice, scope, context),
        chips=pages.chips(address),
        newer=matches.newer(topic, context.sources.matches, guards.view()),
    )
    if guards.rate() is not Rate.PAUSED:
        response.headers["Refresh"] = str(AGAIN_SECONDS)
    return response


def has_past(address: ScanAddress) -> bool:
    """Whether the page says what the rule would have matched in past sessions."""
    return address.timeframe == USUAL_TIMEFRAME and address.at is None


def _common(address: ScanAddress, choice: TableChoice, scope: ResolvedScope, context: ScanContext) -> dict[str, Any]:
    """What every page of a rule shows."""
    definition, saved = ScreenDefinition.of(address), context.saved
    return {
        "address": address,
        "changes": definition.parameters if saved and not definition.is_like(saved.definition) else {},
        "problem": "",
        "timeframe": timeframe(TIMEFRAMES[address.timeframe]),
        "scope": scope.words,
        **_box(address.text, choice, context, NEAR_SCREENS),
    }


async def _start(
    choice: TableChoice,
    context: ScanContext,
    text: str = "",
    problems: tuple[RuleProblem, ...] = (),
    scope_problem: str = "",
) -> Response:
    """The page without a table."""
    messages = [*(each.message for each in problems), *filter(None, (scope_problem,))]
    return await html.page(
        "scans/start",
        title=context.saved.name if context.saved else "Scan",
        status=422 if messages else 200,
        address=None,
        changes={},
        problem=partials.problem(marks(text, problems), messages) if messages else "",
        **_box(text, choice, context, len(context.own) + len(GENERAL)),
    )


def _box(text: str, choice: TableChoice, context: ScanContext, most: int) -> dict[str, Any]:
    """The box of the rule, and screens: one's own, then those that everybody has, without the one that is shown."""
    own = [(screen.name, screen.path) for screen in context.own if screen != context.saved]
    presets = [(each.name, url(each.text, "", USUAL_TIMEFRAME) + "&v=1") for each in GENERAL if each.text != text]
    return {
        "text": text,
        "hidden": _hidden(choice),
        "target": context.path,
        "saved": context.saved,
        "screens": (own + presets)[:most],
        "has_own": bool(context.own),
    }


def _hidden(choice: TableChoice) -> list[tuple[str, str]]:
    """Parameters that the next rule of the box is asked with."""
    timeframe = "" if choice.timeframe == USUAL_TIMEFRAME else choice.timeframe
    columns = "" if choice.columns == USUAL_SET else choice.columns
    moment = choice.at.text if choice.at else ""
    pairs = (("in", ",".join(choice.scope)), ("tf", timeframe), ("at", moment), ("cols", columns))
    return [pair for pair in pairs if pair[1]]


def _page_urls(address: ScanAddress, count: int) -> dict[str, str]:
    """Of the page before and of the page after, empty where there is none."""
    others = {"previous": address.page - 1, "next": address.page + 1}
    return {
        name: address._replace(page=number).url() if 1 <= number <= count else "" for name, number in others.items()
    }


def _title(text: str, context: ScanContext) -> str:
    if context.saved:
        return context.saved.name
    return next((preset.name for preset in PRESETS if preset.text == text), "Scan")
