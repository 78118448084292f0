"""Screens of one's own: all of them, a new one, another rule, another name, order, deletion and undo."""

import time

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.identity import Scope
from app.owned.forms import version_number
from app.owned.refusals import LimitReached, NameTaken, StaleChange
from app.owned.routes import OwnedKind, OwnedPages, add_routes
from app.rules.errors import marks
from app.scans import partials
from app.scans.scan_request import PARAMETERS
from app.scans.screens import changes, queries
from app.scans.screens.forms import ChangedScreen, MoveScreen, NewScreen, ScreenForm
from app.scans.screens.screen import MAX_SCREENS, SCREENS, SavedScreen
from app.scans.screens.table import screens_document
from app.web import guards, html, parameters, tables
from app.web.formats import TableDocument

blueprint = Blueprint("screens", __name__)

pages = OwnedPages(
    OwnedKind(
        "screen",
        "Screens",
        SCREENS,
        find=queries.find,
        rename=changes.rename,
        delete=changes.delete,
        undo=changes.undo,
        undo_kinds=changes.UNDO_KINDS,
        undo_notice=changes.notice,
    ),
    deps.pools,
)
add_routes(blueprint, pages)


@tables.suffixes(blueprint, SCREENS)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("undo")
async def index_table() -> TableDocument:
    return screens_document(await _screens(), guards.view().zone, time.time())


@tables.page(blueprint, SCREENS, index_table)
@guards.signed_in
@parameters.allow("undo")
async def index() -> ResponseReturnValue:
    return await _index(MoveScreen())


@blueprint.get(f"{SCREENS}/order")
@guards.signed_in
async def show_order() -> ResponseReturnValue:
    """The forms are on the page of all screens."""
    return current_app.redirect(SCREENS, 303)


@blueprint.post(f"{SCREENS}/order")
@guards.signed_in
async def order() -> ResponseReturnValue:
    """`up` or `down` names the screen that goes one place up or down; else `screen` goes to `place`."""
    sent, user_id = await request.form, guards.identity().user_id
    slug = sent.get("up") or sent.get("down")
    form = MoveScreen(sent)
    if not slug and not form.validate():
        return await _index(form, 422)
    async with deps.pools().own.transaction() as connection:
        if slug:
            await changes.step(connection, user_id, slug, -1 if sent.get("up") else 1)
        else:
            await changes.move(connection, user_id, form.screen.data or "", form.place.data - 1)
    return current_app.redirect(SCREENS, 303)


@blueprint.get(f"{SCREENS}/new")
@guards.signed_in
@parameters.allow("q", *PARAMETERS)
async def new() -> ResponseReturnValue:
    return await _new(NewScreen(request.args))


@blueprint.post(f"{SCREENS}/new")
@guards.signed_in
async def create() -> ResponseReturnValue:
    form = NewScreen(await request.form)
    if not form.validate():
        return await _new(form, 422)
    try:
        async with deps.pools().own.transaction() as connection:
            user_id = guards.identity().user_id
            screen = await changes.create(connection, user_id, form.name.data, form.definition())
    except (NameTaken, LimitReached) as refusal:
        form.name.errors = [str(refusal)]
        return await _new(form, 422)
    return current_app.redirect(screen.path, 303)


@blueprint.get(f"{SCREENS}/<slug:slug>/rule")
@guards.signed_in
async def show_rule(slug: str) -> ResponseReturnValue:
    screen = await _screen(slug)
    form = ChangedScreen.of(screen)
    form.validate()
    return await _rule(screen, form)


@blueprint.post(f"{SCREENS}/<slug:slug>/rule")
@guards.signed_in
async def save_rule(slug: str) -> ResponseReturnValue:
    """Only the version with which the form began is replaced."""
    screen, form = await _screen(slug), ChangedScreen(await request.form)
    if not form.validate():
        return await _rule(screen, form, 422)
    try:
        async with deps.pools().own.transaction() as connection:
            version = version_number(form.version.data or "")
            await changes.save(connection, guards.identity().user_id, slug, form.definition(), version)
    except StaleChange as stale:
        form.show_stale(stale.current, stale.version)
        return await _rule(screen, form, 412)
    return current_app.redirect(screen.path, 303)


async def _index(form: MoveScreen, status: int = 200) -> Response:
    screens = await _screens()
    form.offer(screens)
    return await html.page(
        "screens/index",
        title="Screens",
        status=status,
        form=form,
        screens=screens,
        most=MAX_SCREENS,
        notice=await pages.notice(request.args.get("undo", "")),
    )


async def _screens() -> list[SavedScreen]:
    async with deps.pools().own.acquire() as connection:
        return await queries.screens(connection, guards.identity().user_id)


async def _new(form: NewScreen, status: int = 200) -> Response:
    return await html.page("screens/new", title="Save a screen", status=status, form=form, problem=_problem(form))


async def _rule(screen: SavedScreen, form: ChangedScreen, status: int = 200) -> Response:
    title = f"Rule of {screen.name}"
    return await html.page("screens/rule", title=title, status=status, screen=screen, form=form, problem=_problem(form))


def _problem(form: ScreenForm) -> str:
    if not form.problems:
        return ""
    return partials.problem(marks(form.rule.data, form.problems), [each.message for each in form.problems])


async def _screen(slug: str) -> SavedScreen:
    async with deps.pools().own.acquire() as connection:
        screen = await queries.find(connection, guards.identity().user_id, slug)
    return screen or abort(404)
