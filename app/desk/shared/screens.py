"""A screen as whoever has its link sees it: the table without stream, links and names of its owner's lists."""

import time
from uuid import UUID

from quart import Response, abort
from werkzeug.datastructures import MultiDict

from app.desk.scan import answers, results, vocabulary
from app.desk.scan import page as pages
from app.desk.scan.answers import ScanAnswer
from app.desk.scan.responses import AGAIN_SECONDS
from app.desk.scan.scopes import ResolvedScope, UnknownScope, resolve_scope
from app.desk.scan.sources import ScanSources
from app.identity import Rate
from app.rules import words
from app.rules.catalogue import TIMEFRAMES
from app.rules.errors import RuleError
from app.scans.address import ScanAddress
from app.scans.scan_request import ScanRequest, table_choice, version
from app.scans.screens.screen import SavedScreen
from app.scans.table import scan_document
from app.web import guards, html, paging
from app.web.filters import timeframe
from app.web.formats import TableDocument

ABSENT = "This link shows nothing, or nothing any more."
UNANSWERABLE = "The rule of this screen cannot be answered now. Its owner sees why."


async def shared_screen(screen: SavedScreen, owner: UUID, page_text: str, sources: ScanSources) -> Response:
    """`page_text`: as in the address. Answers 404 if the rule, or a list that it looks at, cannot be read any more."""
    address, scope, answer = await _answered(screen, owner, page_text, sources)
    page, view, number = answer.page, guards.view(), address.page
    total = page.total if page else 0
    units = pages.units(address, page) if page else {}
    response = await html.page(
        "screens/shared",
        title=screen.name,
        priced=True,
        conditions=[words.describe(condition) for condition in address.rule.conditions],
        text=address.text,
        scope=scope.shared_words,
        timeframe=timeframe(TIMEFRAMES[address.timeframe]),
        page=page,
        headings=pages.headings(address, units),
        rows=pages.rows(address, page, sources.quotes, units, view, linked=False) if page else "",
        has_sparks=address.columns in pages.SPARKS and not view.reduced_data,
        as_of=answer.as_of,
        number=number,
        page_rows=results.PAGE_ROWS,
        pages=paging.page_count(total, results.PAGE_ROWS),
    )
    if page is None and guards.rate() is not Rate.PAUSED:
        response.headers["Refresh"] = str(AGAIN_SECONDS)
    return response


async def shared_matches(screen: SavedScreen, owner: UUID, page_text: str, sources: ScanSources) -> TableDocument:
    """The rows of a page. Answers 503 before there is an answer."""
    address, _, answer = await _answered(screen, owner, page_text, sources)
    page = answer.page or abort(503, "The result is being computed; ask again.")
    rows = ((row.symbol, row.name, row.at, pages.values(address, row)) for row in page.rows)
    document = scan_document(results.set_columns(address), rows, guards.view().zone, time.time())
    is_last = address.page >= paging.page_count(page.total, results.PAGE_ROWS)
    return document._replace(name="shared", next="" if is_last else f"page={address.page + 1}")


async def _answered(
    screen: SavedScreen, owner: UUID, page_text: str, sources: ScanSources
) -> tuple[ScanAddress, ResolvedScope, ScanAnswer]:
    """The address of the page, what it looks at, and the answer. Answers 404 where there is none."""
    address = (await _request(screen, sources)).address._replace(page=_page_number(page_text))
    try:
        scope = await resolve_scope(address.scope, owner, sources)
    except UnknownScope:
        abort(404, UNANSWERABLE)
    answer = await answers.answer(address, scope.symbols, sources)
    if answer.problem:
        abort(404, UNANSWERABLE)
    paging.page_number(page_text, answer.page.total if answer.page else 0, results.PAGE_ROWS)
    return address, scope, answer


async def _request(screen: SavedScreen, sources: ScanSources) -> ScanRequest:
    sent = MultiDict(screen.definition.parameters)
    try:
        scan_request = table_choice(sent).request(screen.definition.rule, version(sent))
    except RuleError:
        abort(404, UNANSWERABLE)
    if await vocabulary.unknown_words(scan_request.words, sources.symbols, sources.pools, sources.cache):
        abort(404, UNANSWERABLE)
    return scan_request


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) else 1
