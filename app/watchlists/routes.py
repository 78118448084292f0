"""All lists of a person: new ones, their order, rename, delete, undo, and which one the desk shows."""

from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.owned import rename as naming
from app.owned.forms import NameForm, version_number
from app.owned.refusals import LimitReached, NameTaken, StaleChange, UndoExpired
from app.owned.rename import rename_page
from app.owned.undo import queries as undo_queries
from app.owned.undo.notice import UndoNotice
from app.watchlists import queries
from app.watchlists.changes import lists, reversal
from app.watchlists.undo import payloads
from app.watchlists.watchlist import (
    MAX_LISTS,
    Summary,
)
from app.web import guards, html, parameters

blueprint = Blueprint("watchlists", __name__)

HERE = "/w"


@blueprint.get(HERE)
@guards.signed_in
@parameters.allow("undo")
async def index() -> ResponseReturnValue:
    return await _index(NameForm())


@blueprint.post(HERE)
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
    return current_app.redirect(f"{HERE}/{summary.slug}", 303)


@blueprint.get(f"{HERE}/order")
@guards.signed_in
async def show_order() -> ResponseReturnValue:
    """The form is on the page of all lists."""
    return current_app.redirect(HERE, 303)


@blueprint.post(f"{HERE}/order")
@guards.signed_in
async def order() -> ResponseReturnValue:
    """`up` or `down` names the list that goes one place up or down."""
    sent = await request.form
    slug = sent.get("up") or sent.get("down") or abort(404)
    async with deps.pools().own.transaction() as connection:
        await lists.step(connection, guards.identity().user_id, slug, -1 if sent.get("up") else 1)
    return current_app.redirect(HERE, 303)


@blueprint.get(f"{HERE}/undo/<uuid:undo_id>")
@guards.signed_in
async def show_undo(undo_id: UUID) -> ResponseReturnValue:
    notice = await _notice(undo_id) or abort(404)
    return await html.page("owned/undo", title="Undo", notice=notice, back=("Lists", HERE))


@blueprint.post(f"{HERE}/undo/<uuid:undo_id>")
@guards.signed_in
async def undo(undo_id: UUID) -> ResponseReturnValue:
    try:
        async with deps.pools().own.transaction() as connection:
            slug = await reversal.undo(connection, guards.identity().user_id, undo_id)
    except UndoExpired as refusal:
        abort(404, str(refusal))
    except LimitReached as refusal:
        abort(422, str(refusal))
    return current_app.redirect(f"{HERE}/{slug}", 303)


@blueprint.get(f"{HERE}/<slug:slug>/name")
@guards.signed_in
async def name(slug: str) -> ResponseReturnValue:
    return await rename_page((await _summary(slug)).name, f"{HERE}/{slug}")


@blueprint.post(f"{HERE}/<slug:slug>/name")
@guards.signed_in
async def rename(slug: str) -> ResponseReturnValue:
    async def change(text: str, before: str | None) -> None:
        async with deps.pools().own.transaction() as connection:
            await lists.rename(connection, guards.identity().user_id, slug, text, before)

    summary = await _summary(slug)
    return await naming.rename(summary.name, f"{HERE}/{slug}", NameForm(await request.form), change)


@blueprint.get(f"{HERE}/<slug:slug>/delete")
@guards.signed_in
async def confirm_delete(slug: str) -> ResponseReturnValue:
    return await _confirm_delete(await _summary(slug))


@blueprint.post(f"{HERE}/<slug:slug>/delete")
@guards.signed_in
async def delete(slug: str) -> ResponseReturnValue:
    """Only the version that the page showed is deleted."""
    version = version_number((await request.form).get("version", ""))
    try:
        async with deps.pools().own.transaction() as connection:
            undo_id = await lists.delete(connection, guards.identity().user_id, slug, version)
    except StaleChange:
        return await _confirm_delete(await _summary(slug), 412)
    return current_app.redirect(f"{HERE}?{urlencode({'undo': undo_id})}", 303)


@blueprint.get(f"{HERE}/<slug:slug>/desk")
@guards.signed_in
async def show_desk(slug: str) -> ResponseReturnValue:
    """The form is on the list's page."""
    return current_app.redirect(f"{HERE}/{(await _summary(slug)).slug}", 303)


@blueprint.post(f"{HERE}/<slug:slug>/desk")
@guards.signed_in
async def desk(slug: str) -> ResponseReturnValue:
    """The desk shows this list, or with `off` none of them; `off=desk` leads back there."""
    off = (await request.form).get("off")
    await _summary(slug)
    async with deps.pools().own.transaction() as connection:
        await lists.choose_for_desk(connection, guards.identity().user_id, None if off else slug)
    return current_app.redirect("/" if off == "desk" else f"{HERE}/{slug}", 303)


async def _index(form: NameForm, status: int = 200) -> Response:
    async with deps.pools().own.acquire() as connection:
        summaries = await queries.summaries(connection, guards.identity().user_id)
    return await html.page(
        "watchlists/index",
        title="Lists",
        status=status,
        form=form,
        lists=summaries,
        most=MAX_LISTS,
        notice=await _notice(request.args.get("undo", "")),
    )


async def _confirm_delete(summary: Summary, status: int = 200) -> Response:
    title = f"Delete {summary.name}"
    return await html.page("watchlists/delete", title=title, status=status, summary=summary, stale=status == 412)


async def _summary(slug: str) -> Summary:
    async with deps.pools().own.acquire() as connection:
        summary = await queries.summary(connection, guards.identity().user_id, slug)
    return summary or abort(404)


async def _notice(undo_id: str | UUID) -> UndoNotice | None:
    async with deps.pools().own.acquire() as connection:
        row = await undo_queries.find_typed(connection, guards.identity().user_id, str(undo_id), payloads.KINDS)
    return payloads.notice(row) if row else None
