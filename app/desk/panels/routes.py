"""The page on which a person chooses the panels of the desk, and their order."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.panels import queries
from app.desk.panels.forms import PanelForm, panel_words, words_of
from app.desk.panels.panel import MOST_PANELS, DeskPanel, PanelKind
from app.desk.panels.queries import StoredPanels
from app.identity import Role
from app.owned.forms import version_number
from app.quotes import lookup
from app.scans.screens import queries as screens
from app.watchlists import queries as watchlists
from app.web import guards, html

blueprint = Blueprint("panels", __name__)

PANELS = "/desk/panels"
NO_PANEL = "This panel is no longer there."
STALE = "The panels were changed in another window meanwhile. This is how they are now: nothing of yours was changed."


class PanelChoices(NamedTuple):
    """`words`: of each panel that there is, by its key."""

    current: StoredPanels
    words: Mapping[str, str]


@blueprint.get(PANELS)
@guards.signed_in
async def show() -> ResponseReturnValue:
    choices = await _choices()
    return await _page(choices, PanelForm(None, choices.words))


@blueprint.post(PANELS)
@guards.signed_in
async def change() -> ResponseReturnValue:
    """`up`, `down` or `drop` says which panel, by its key; `usual` has all others forgotten; else one is added."""
    sent, choices = await request.form, await _choices()
    form = PanelForm(sent, choices.words)
    if version_number(form.version.data or "") != choices.current.version:
        return await _page(choices, form, 412, STALE)
    moves = {name: sent[name] for name in ("up", "down", "drop") if name in sent}
    if "usual" in sent:
        panels: Sequence[DeskPanel] | None = None
    elif moves:
        panels = moved(choices.current.panels, *moves.popitem())
        if panels is None:
            return await _page(choices, form, 422, NO_PANEL)
    else:
        panels = await _with_new(choices.current.panels, form)
        if panels is None:
            return await _page(choices, form, 422)
    return redirect(PANELS, 303) if await _store(panels, choices.current.version) else await _stale(form)


def moved(panels: Sequence[DeskPanel], way: str, key: str) -> list[DeskPanel] | None:
    """`way`: up, down or drop. None for a panel that is not there."""
    place = next((place for place, panel in enumerate(panels) if panel.key == key), None)
    if place is None:
        return None
    others = [panel for panel in panels if panel.key != key]
    if way != "drop":
        others.insert(max(0, place + (-1 if way == "up" else 1)), panels[place])
    return others


async def _with_new(panels: Sequence[DeskPanel], form: PanelForm) -> list[DeskPanel] | None:
    """None where the form says what is wrong."""
    if not form.validate():
        return None
    symbol = form.symbol.data
    if form.panel.data == PanelKind.CHART:
        names = await lookup.spellings(symbol, deps.symbols(), deps.pools())
        if len(names) != 1:
            several = f"Type one of {', '.join(names)}." if names else "There is no such symbol."
            form.symbol.errors = [several]
            return None
        symbol = names[0]
    panel = form.chosen_panel(symbol)
    if panel in panels:
        form.panel.errors = ["The desk has this panel already."]
    elif len(panels) >= MOST_PANELS:
        form.panel.errors = [f"A desk has at most {MOST_PANELS} panels: remove one first."]
    return None if form.panel.errors else [*panels, panel]


async def _store(panels: Sequence[DeskPanel] | None, version: int) -> bool:
    """None: the usual ones. False if others have been stored meanwhile."""
    user_id = guards.identity().user_id
    async with deps.pools().own.transaction() as connection:
        if (await queries.lock(connection, user_id)).version != version:
            return False
        if panels is None:
            await queries.delete(connection, user_id)
        else:
            await queries.put(connection, user_id, panels)
    return True


async def _stale(form: PanelForm) -> Response:
    return await _page(await _choices(), form, 412, STALE)


async def _choices() -> PanelChoices:
    who = guards.identity()
    async with deps.pools().own.acquire() as connection:
        current = await queries.of(connection, who.user_id)
        lists, own = await watchlists.summaries(connection, who.user_id), await screens.screens(connection, who.user_id)
    return PanelChoices(current, panel_words(lists, own, is_admin=who.role is Role.ADMIN))


async def _page(choices: PanelChoices, form: PanelForm, status: int = 200, problem: str = "") -> Response:
    return await html.page(
        "desk/panels/choice",
        title="Panels of the desk",
        status=status,
        form=form,
        problem=problem,
        version=choices.current.version,
        panels=[(panel.key, words_of(panel, choices.words)) for panel in choices.current.panels],
        most=MOST_PANELS,
    )
