"""All lists of a person: new ones, their order, rename, delete, undo, and which one the desk shows."""

import time

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.identity import Scope
from app.owned.forms import NameForm
from app.owned.refusals import LimitReached, NameTaken
from app.owned.routes import OwnedKind, OwnedPages, add_routes
from app.watchlists import queries
from app.watchlists.changes import lists, reversal
from app.watchlists.table import lists_document
from app.watchlists.undo import payloads
from app.watchlists.watchlist import LISTS, MAX_LISTS, Summary
from app.web import guards, html, parameters, tables
from app.web.formats import TableDocument

blueprint = Blueprint("watchlists", __name__)

pages = OwnedPages(
    OwnedKind(
        "list",
        "Lists",
        LISTS,
        find=queries.summary,
        rename=lists.rename,
        delete=lists.delete,
        undo=reversal.undo,
        undo_kinds=payloads.KINDS,
        undo_notice=payloads.notice,
    ),
    deps.pools,
)
add_routes(blueprint, pages)


@tables.suffixes(blueprint, LISTS)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("undo")
async def index_table() -> TableDocument:
    return lists_document(await _summaries(), guards.view().zone, time.time())


@tables.page(blueprint, LISTS, index_table)
@guards.signed_in
@parameters.allow("undo")
async def index() -> ResponseReturnValue:
    return await _index(NameForm())


@blueprint.post(LISTS)
@guards.signed_in
async def create() -> ResponseReturnValue:
    form = NameForm(await request.form)
    if not form.validate():
        return await _index(form, 422)
    try:
        async with deps.pools().own.transaction() as connection:
            summary = await lists.create(connection, guards.identity().user_id, form.name.data)
    except (NameTaken, LimitReached) as refusal:
        form.name.errors = [str(refusal)]
        return await _index(form, 422)
    return current_app.redirect(summary.path, 303)


@blueprint.get(f"{LISTS}/order")
@guards.signed_in
async def show_order() -> ResponseReturnValue:
    """The form is on the page of all lists."""
    return current_app.redirect(LISTS, 303)


@blueprint.post(f"{LISTS}/order")
@guards.signed_in
async def order() -> ResponseReturnValue:
    """`up` or `down` names the list that goes one place up or down."""
    sent = await request.form
    slug = sent.get("up") or sent.get("down") or abort(404)
    async with deps.pools().own.transaction() as connection:
        await lists.step(connection, guards.identity().user_id, slug, -1 if sent.get("up") else 1)
    return current_app.redirect(LISTS, 303)


@blueprint.get(f"{LISTS}/<slug:slug>/desk")
@guards.signed_in
async def show_desk(slug: str) -> ResponseReturnValue:
    """The form is on the list's page."""
    return current_app.redirect((await pages.item(slug)).path, 303)


@blueprint.post(f"{LISTS}/<slug:slug>/desk")
@guards.signed_in
async def desk(slug: str) -> ResponseReturnValue:
    """The desk shows this list, or with `off` none of them; `off=desk` leads back there."""
    off = (await request.form).get("off")
    await pages.item(slug)
    async with deps.pools().own.transaction() as connection:
        await lists.choose_for_desk(connection, guards.identity().user_id, None if off else slug)
    return current_app.redirect("/" if off == "desk" else f"{LISTS}/{slug}", 303)


async def _index(form: NameForm, status: int = 200) -> Response:
    return await html.page(
        "watchlists/index",
        title="Lists",
        status=status,
        form=form,
        lists=await _summaries(),
        most=MAX_LISTS,
        notice=await pages.notice(request.args.get("undo", "")),
    )


async def _summaries() -> list[Summary]:
    async with deps.pools().own.acquire() as connection:
        return await queries.summaries(connection, guards.identity().user_id)
