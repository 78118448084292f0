"""The order of a list's entries, their notes, and its sections."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.owned.forms import NameForm
from app.owned.refusals import LimitReached, StaleChange
from app.watchlists import forms, queries
from app.watchlists.changes import entries, sections
from app.watchlists.forms import MoveToSection, OrderForm
from app.watchlists.watchlist import (
    ListSection,
    NoSuchSection,
    SectionTaken,
    Watchlist,
)
from app.web import guards, html, paging, parameters

blueprint = Blueprint("arrangement", __name__)

ROWS = 50
"""Entries of one form."""


@blueprint.get("/w/<slug:slug>/order")
@guards.signed_in
@parameters.allow("section", "page")
async def show_order(slug: str) -> ResponseReturnValue:
    watchlist = await _watchlist(slug)
    section, first = _part(watchlist)
    part = watchlist.of_section(section.id)[first : first + ROWS]
    return await _order(watchlist, OrderForm.of(part, first + 1))


@blueprint.post("/w/<slug:slug>/order")
@guards.signed_in
@parameters.allow("section", "page")
async def order(slug: str) -> ResponseReturnValue:
    """Saves places and notes of all rows. `up`, `down` or `drop` names one entry to which that happens besides."""
    sent, watchlist = await request.form, await _watchlist(slug)
    _part(watchlist)
    form = OrderForm(sent).labelled()
    if not form.validate():
        return await _order(watchlist, form, 422)
    try:
        undo_id = await _arrange(slug, form, sent)
    except StaleChange as stale:
        form.show_stale(stale.current)
        return await _order(watchlist, form, 412)
    if undo_id:
        return current_app.redirect(f"/w/{slug}?{urlencode({'undo': undo_id})}", 303)
    query = request.query_string.decode("ascii", "replace")
    return current_app.redirect(f"/w/{slug}/order" + (f"?{query}" if query else ""), 303)


@blueprint.get("/w/<slug:slug>/sections")
@guards.signed_in
async def show_sections(slug: str) -> ResponseReturnValue:
    watchlist = await _watchlist(slug)
    return await _sections(watchlist, NameForm(), MoveToSection(None, watchlist.entries, watchlist.sections))


@blueprint.post("/w/<slug:slug>/sections")
@guards.signed_in
async def change_sections(slug: str) -> ResponseReturnValue:
    """A new section, or with `move` an entry to another one."""
    sent, watchlist = await request.form, await _watchlist(slug)
    form, move = NameForm(sent), MoveToSection(sent, watchlist.entries, watchlist.sections)
    if sent.get("move"):
        return await _move(watchlist, move)
    if not form.validate():
        return await _sections(watchlist, form, move, 422)
    try:
        async with deps.pools().own.transaction() as connection:
            await sections.create(connection, guards.identity().user_id, slug, form.name.data)
    except (SectionTaken, LimitReached) as refusal:
        form.name.errors = [str(refusal)]
        return await _sections(watchlist, form, move, 422)
    return current_app.redirect(f"/w/{slug}/sections", 303)


@blueprint.get("/w/<slug:slug>/sections/<uuid:section_id>")
@guards.signed_in
async def show_section(slug: str, section_id: UUID) -> ResponseReturnValue:
    watchlist = await _watchlist(slug)
    section = watchlist.section(section_id) or abort(404)
    return await _section(watchlist, section, NameForm(data={"name": section.name, "before": section.name}))


@blueprint.post("/w/<slug:slug>/sections/<uuid:section_id>")
@guards.signed_in
async def change_section(slug: str, section_id: UUID) -> ResponseReturnValue:
    """A new name, or with `delete` no section any more."""
    sent, watchlist = await request.form, await _watchlist(slug)
    section, form = watchlist.section(section_id) or abort(404), NameForm(sent)
    user_id = guards.identity().user_id
    try:
        async with deps.pools().own.transaction() as connection:
            if sent.get("delete"):
                await sections.delete(connection, user_id, slug, section_id)
            elif form.validate():
                await sections.rename(connection, user_id, slug, section_id, form.name.data, form.before.data or "")
            else:
                return await _section(watchlist, section, form, 422)
    except (SectionTaken, LimitReached) as refusal:
        form.name.errors = [str(refusal)]
        return await _section(watchlist, section, form, 422)
    except StaleChange as stale:
        form.show_stale(stale.current["name"] or "")
        return await _section(watchlist, section, form, 412)
    return current_app.redirect(f"/w/{slug}/sections", 303)


async def _arrange(slug: str, form: OrderForm, sent: Mapping[str, str]) -> UUID | None:
    """Returns the id by which a removed entry can be put back. Raises StaleChange."""
    user_id = guards.identity().user_id
    async with deps.pools().own.transaction() as connection:
        await entries.arrange(connection, user_id, slug, form.edits())
        if symbol := sent.get("up") or sent.get("down"):
            await entries.step(connection, user_id, slug, symbol, -1 if sent.get("up") else 1)
        dropped = sent.get("drop")
        _, undo_id = await entries.remove(connection, user_id, slug, [dropped]) if dropped else (0, None)
    return undo_id


async def _move(watchlist: Watchlist, move: MoveToSection) -> ResponseReturnValue:
    slug = watchlist.summary.slug
    section = next((each for each in watchlist.sections if str(each.id) == move.to.data), None)
    if watchlist.entry(move.symbol.data or "") is None:
        move.symbol.errors = [forms.NOT_THERE]
    if section is None:
        move.to.errors = [forms.NOT_THERE]
    if section is None or move.symbol.errors:
        return await _sections(watchlist, NameForm(), move, 422)
    try:
        async with deps.pools().own.transaction() as connection:
            symbols = [move.symbol.data]
            await entries.move_to_section(connection, guards.identity().user_id, slug, symbols, section.id)
    except NoSuchSection as refusal:
        move.to.errors = [str(refusal)]
        return await _sections(watchlist, NameForm(), move, 422)
    return current_app.redirect(f"/w/{slug}/sections", 303)


def _part(watchlist: Watchlist) -> tuple[ListSection, int]:
    """The section and the number of its first entry (from 0) that the address names."""
    asked_section = request.args.get("section", str(watchlist.sections[0].id))
    section = next((each for each in watchlist.sections if str(each.id) == asked_section), None)
    if section is None:
        abort(404, "This section is no longer on the list.")
    return section, ROWS * (
        paging.page_number(request.args.get("page", "1"), len(watchlist.of_section(section.id)), ROWS) - 1
    )


async def _order(watchlist: Watchlist, form: OrderForm, status: int = 200) -> Response:
    section, first = _part(watchlist)
    size = len(watchlist.of_section(section.id))
    return await html.page(
        "watchlists/order",
        title=f"Order and notes of {watchlist.summary.name}",
        status=status,
        watchlist=watchlist,
        form=form,
        section=section,
        first_section=forms.FIRST_SECTION,
        size=size,
        number=first // ROWS + 1,
        pages=paging.page_count(size, ROWS),
    )


async def _sections(watchlist: Watchlist, form: NameForm, move: MoveToSection, status: int = 200) -> Response:
    return await html.page(
        "watchlists/sections",
        title=f"Sections of {watchlist.summary.name}",
        status=status,
        watchlist=watchlist,
        first_section=forms.FIRST_SECTION,
        form=form,
        move=move,
    )


async def _section(watchlist: Watchlist, section: ListSection, form: NameForm, status: int = 200) -> Response:
    return await html.page(
        "watchlists/section",
        title=f"Section {section.name or forms.FIRST_SECTION}",
        status=status,
        watchlist=watchlist,
        section=section,
        form=form,
    )


async def _watchlist(slug: str) -> Watchlist:
    async with deps.pools().own.acquire() as connection:
        watchlist = await queries.find(connection, guards.identity().user_id, slug)
    return watchlist or abort(404)
