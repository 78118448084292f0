"""What can be done with the symbols of a scan: copy them, save them as a list, add them to one."""

from urllib.parse import urlencode

from quart import Blueprint, Response, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.scan import page as pages
from app.desk.scan.sources import scan_sources
from app.desk.scan.valid_address import first_rows, valid_address
from app.owned.forms import NameForm
from app.owned.refusals import LimitReached, NameTaken
from app.quotes.board import QuoteBoard
from app.scans.address import ScanAddress
from app.scans.columns import LAST, number
from app.scans.queries import ScanPage
from app.scans.scan_request import PARAMETERS
from app.watchlists import queries as watchlists
from app.watchlists.changes import entries, lists
from app.watchlists.forms import ListChoice
from app.watchlists.watchlist import MAX_ENTRIES, Added, NewEntry, Summary
from app.web import guards, html, parameters

blueprint = Blueprint("scan_acts", __name__)


@blueprint.get("/scan/symbols")
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def symbols() -> ResponseReturnValue:
    address, page = await _matches()
    text = ",".join(row.symbol for row in page.rows)
    return await html.page(
        "scans/symbols", title="Copy symbols", address=address, answer=page, most=MAX_ENTRIES, text=text
    )


@blueprint.get("/scan/list")
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def show_new_list() -> ResponseReturnValue:
    return await _new_list(NameForm(), *await _matches())


@blueprint.post("/scan/list")
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def new_list() -> ResponseReturnValue:
    form, (address, page) = NameForm(await request.form), await _matches()
    if not form.validate():
        return await _new_list(form, address, page, 422)
    try:
        async with deps.pools().own.transaction() as connection:
            user_id = guards.identity().user_id
            summary = await lists.create(connection, user_id, form.name.data)
            added = await entries.add_all(connection, user_id, summary.slug, _entries(address, page), _cut(page))
    except (NameTaken, LimitReached) as refusal:
        form.name.errors = [str(refusal)]
        return await _new_list(form, address, page, 422)
    return _list(summary.slug, added)


@blueprint.get("/scan/add")
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def show_add() -> ResponseReturnValue:
    return await _add(ListChoice(None, await _lists()), *await _matches())


@blueprint.post("/scan/add")
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def add() -> ResponseReturnValue:
    form, (address, page) = ListChoice(await request.form, await _lists()), await _matches()
    if not form.validate():
        return await _add(form, address, page, 422)
    slug = form.watchlist.data
    async with deps.pools().own.transaction() as connection:
        user_id = guards.identity().user_id
        added = await entries.add_all(connection, user_id, slug, _entries(address, page), _cut(page))
    return _list(slug, added)


async def _matches() -> tuple[ScanAddress, ScanPage]:
    """As many as a list can have."""
    sources = scan_sources()
    address = await valid_address(request.args, sources)
    return address, await first_rows(address, sources, MAX_ENTRIES)


def _entries(address: ScanAddress, page: ScanPage) -> list[NewEntry]:
    """With the price now, or the close of the newest bar where no price is known."""
    board, new = deps.board(QuoteBoard), []
    for row in page.rows:
        price = board.price(row.symbol)
        new.append(NewEntry(row.symbol, number(LAST, pages.values(address, row)) if price is None else price))
    return new


def _cut(page: ScanPage) -> list[str]:
    """What is left out, for the notice of the result."""
    beyond = page.total - len(page.rows)
    return [f"{beyond:,} more matches: a list has at most {MAX_ENTRIES} entries"] if beyond > 0 else []


def _list(slug: str, added: Added) -> ResponseReturnValue:
    return current_app.redirect(f"/w/{slug}?{urlencode({'undo': added.undo_id})}", 303)


async def _new_list(form: NameForm, address: ScanAddress, page: ScanPage, status: int = 200) -> Response:
    return await html.page(
        "scans/new-list",
        title="Save as a list",
        status=status,
        address=address,
        answer=page,
        most=MAX_ENTRIES,
        form=form,
    )


async def _add(form: ListChoice, address: ScanAddress, page: ScanPage, status: int = 200) -> Response:
    return await html.page(
        "scans/add", title="Add to a list", status=status, address=address, answer=page, most=MAX_ENTRIES, form=form
    )


async def _lists() -> list[Summary]:
    async with deps.pools().own.acquire() as connection:
        return await watchlists.summaries(connection, guards.identity().user_id)
