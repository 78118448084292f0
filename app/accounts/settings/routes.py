"""The page on which a person chooses how pages are shown to them."""

from typing import NamedTuple

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts.settings import queries, store
from app.accounts.settings.forms import SettingsForm, filled_with
from app.accounts.settings.queries import StoredSettings
from app.finance.instrument import Instrument
from app.web import guards, html, parameters

blueprint = Blueprint("settings", __name__)

HERE = "/settings"


class ExampleQuote(NamedTuple):
    """An invented quote. `fraction`: its change, 0.01 is 1 %; `volume`: shares."""

    instrument: Instrument
    price: float
    fraction: float
    volume: float


EXAMPLES = (
    ExampleQuote(Instrument("AQLN", "Aquiline Robotics"), 1186.61, 0.0231, 12_345_678),
    ExampleQuote(Instrument("JNPR", "Juniper Vale Biologics"), 17.27, -0.0614, 803_100),
    ExampleQuote(Instrument("NVLD", "Novaland Homes"), 26.8, 0.0, 4_100),
)


@blueprint.get(HERE)
@guards.signed_in
@parameters.allow("saved")
async def settings() -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection:
        current = await queries.of(connection, guards.identity().user_id)
    return await _page(filled_with(store.chosen_settings(current), current.version))


@blueprint.post(HERE)
@guards.signed_in
async def save() -> ResponseReturnValue:
    form = SettingsForm(await request.form)
    if not form.validate():
        return await _page(form, 422)
    current = await store.replace(guards.identity().user_id, form.settings(), form.version.data)
    if current.settings != form.settings():
        return await _newer_page(form, current)
    return redirect(f"{HERE}?saved", 303)


async def _newer_page(form: SettingsForm, current: StoredSettings) -> Response:
    """What was sent stays in the form, and replaces the newer settings if it is sent once more."""
    form.version.data = current.version
    newer = filled_with(*current).words().items() - form.words().items()
    return await _page(form, 412, dict(sorted(newer)))


async def _page(form: SettingsForm, status: int = 200, newer: dict[str, str] | None = None) -> Response:
    return await html.page(
        "accounts/settings",
        title="Settings",
        status=status,
        form=form,
        newer=newer or {},
        saved="saved" in request.args and status == 200,
        examples=EXAMPLES,
    )
