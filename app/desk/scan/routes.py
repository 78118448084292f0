"""The scanner: symbols for which a rule holds."""

import time

from quart import Blueprint, abort, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import deps
from app.desk.scan import page as pages
from app.desk.scan import results
from app.desk.scan.responses import ScanContext, respond
from app.desk.scan.sources import scan_sources
from app.desk.scan.valid_address import first_answer, valid_address
from app.identity import Scope
from app.scans.address import SCAN
from app.scans.columns import SETS
from app.scans.scan_request import PARAMETERS, table_choice
from app.scans.screens import queries as screens
from app.scans.screens.screen import SCREENS
from app.scans.table import scan_document
from app.web import guards, parameters, tables
from app.web.formats import TableDocument

blueprint = Blueprint("scan", __name__)

SCREEN = f"{SCREENS}/<slug:slug>"


@tables.suffixes(blueprint, SCAN)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("q", *PARAMETERS)
async def scan_table() -> TableDocument:
    """Every row, whatever the page; none without a rule."""
    return await _document(request.args)


@tables.page(blueprint, SCAN, scan_table)
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def scan() -> ResponseReturnValue:
    return await respond(request.args, await _context())


@tables.suffixes(blueprint, SCREEN)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("q", *PARAMETERS)
async def screen_table(slug: str) -> TableDocument:
    """As the page; every row."""
    sent, _ = _sent(await _context(slug))
    return (await _document(sent))._replace(name=slug)


@tables.page(blueprint, SCREEN, screen_table)
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def screen(slug: str) -> ResponseReturnValue:
    context = await _context(slug)
    sent, is_stored = _sent(context)
    return await respond(sent, context, is_stored=is_stored)


def _sent(context: ScanContext) -> tuple[MultiDict[str, str], bool]:
    """The saved rule, or the one of the address, which is not saved. Without a rule the other parameters of the address
    replace saved ones. Also returns whether the rule is the saved one."""
    sent = request.args.to_dict()
    is_stored = not sent.get("q", "").strip()
    if is_stored and context.saved:
        sent = {**context.saved.definition.parameters, **sent, "q": context.saved.definition.rule}
    return MultiDict(sent), is_stored


async def _document(sent: MultiDict[str, str]) -> TableDocument:
    sources, zone = scan_sources(), guards.view().zone
    if not sent.get("q", "").strip():
        return scan_document(SETS[table_choice(sent).columns].columns, (), zone, time.time())
    address = await valid_address(sent, sources)
    answer, page = await first_answer(address, sources, results.ALL_ROWS)
    rows = ((row.symbol, row.name, row.at, pages.values(address, row)) for row in page.rows)
    return scan_document(results.set_columns(address), rows, zone, answer.as_of if address.at else time.time())


async def _context(slug: str | None = None) -> ScanContext:
    """Answers 404 for a screen of somebody else."""
    cursor = deps.cursor()
    async with deps.pools().own.acquire() as connection:
        own = await screens.screens(connection, guards.identity().user_id)
    saved = next((each for each in own if each.slug == slug), None)
    if slug and saved is None:
        abort(404)
    return ScanContext(scan_sources(), cursor, own, saved)
