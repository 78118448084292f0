"""The form that adds the symbols of a table to a list, or makes one of them."""

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.additions.sources.routes import FORM
from app.finance.instrument import Instrument
from app.finance.symbols import is_symbol
from app.owned.refusals import LimitReached, NameTaken
from app.quotes.board import QuoteBoard
from app.watchlists import queries
from app.watchlists.changes import entries, lists
from app.watchlists.forms import AddSymbols
from app.watchlists.watchlist import LISTS, MAX_ENTRIES, NewEntry, Summary
from app.web import guards, html, parameters

blueprint = Blueprint("additions", __name__)


@blueprint.get(FORM)
@guards.signed_in
@parameters.allow("symbols")
async def show() -> ResponseReturnValue:
    return await _page(AddSymbols(None, _offered(), await _lists()))


@blueprint.post(FORM)
@guards.signed_in
@parameters.allow("symbols")
async def add() -> ResponseReturnValue:
    form = AddSymbols(await request.form, _offered(), await _lists())
    if not form.validate():
        return await _page(form, 422)
    board, user_id, slug = deps.board(QuoteBoard), guards.identity().user_id, form.watchlist.data
    new = [NewEntry(each, board.price(each)) for each in form.symbols.data]
    try:
        async with deps.pools().own.transaction() as connection:
            slug = slug or (await lists.create(connection, user_id, form.name.data)).slug
            added = await entries.add_all(connection, user_id, slug, new)
    except (NameTaken, LimitReached) as refusal:
        form.name.errors = [str(refusal)]
        return await _page(form, 422)
    return current_app.redirect(f"{LISTS}/{slug}?undo={added.undo_id}", 303)


def _offered() -> list[Instrument]:
    """Of the address. Answers 400 for what is no symbol."""
    names = [name for name in request.args.get("symbols", "").split(",") if name]
    if len(names) > MAX_ENTRIES:
        abort(400, f"symbols: a list has at most {MAX_ENTRIES} entries.")
    if not all(map(is_symbol, names)):
        abort(400, "symbols: names of symbols with commas between.")
    index = deps.symbols()
    return [index.get(name) or Instrument(name) for name in dict.fromkeys(names)]


async def _lists() -> list[Summary]:
    async with deps.pools().own.acquire() as connection:
        return await queries.summaries(connection, guards.identity().user_id)


async def _page(form: AddSymbols, status: int = 200) -> Response:
    here = guards.here()
    return await html.page("watchlists/add_symbols", title="Add to a list", status=status, form=form, address=here)
