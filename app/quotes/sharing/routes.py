"""The page of all links to charts: new ones, and those to revoke."""

from collections.abc import Mapping
from urllib.parse import parse_qsl
from uuid import UUID

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import deps
from app.owned.queries import lock_owner
from app.owned.shares.queries import ShareKind, target_of
from app.quotes import lookup
from app.quotes.charts.settings import PARAMETERS, ChartSettings, SettingsError, read_settings
from app.quotes.sharing import queries
from app.quotes.sharing.forms import NewChartLink
from app.quotes.sharing.queries import MOST_LINKS, ChartAddress
from app.web import guards, html, parameters
from app.web.documents import DOCUMENT_PARAMETERS
from app.web.one_time_secret import OneTimeSecret

blueprint = Blueprint("chart_sharing", __name__)

BESIDES = (*DOCUMENT_PARAMETERS, "chart")
"""Parameters of the page that are no settings of its chart."""
HERE = "/account/charts"
NEW = OneTimeSecret("chart", HERE)
UNKNOWN = "No symbol is spelt so."
FULL = f"You have {MOST_LINKS} links, which is the most there can be. Revoke one first."
SHOWS = "the picture of the chart as it then is, its symbol and its price. Your name is not shown."


@blueprint.get(HERE)
@guards.signed_in
@parameters.allow("symbol", "settings")
async def index() -> ResponseReturnValue:
    """The address of a new link is shown once, by the first page that its maker's browser requests."""
    sent = MultiDict({name: request.args.get(name, "") for name in ("symbol", "settings")})
    return NEW.delete_cookie(await _page(NewChartLink(data=sent), NEW.received()))


@blueprint.post(HERE)
@guards.signed_in
async def create() -> ResponseReturnValue:
    form = NewChartLink(await request.form)
    address = await _address(form) if form.validate() else None
    if address is None:
        return await _page(form, status=422)
    user_id = guards.identity().user_id
    async with deps.pools().own.transaction() as connection:
        await lock_owner(connection, user_id)
        token = await queries.insert(connection, user_id, address, int(form.days.data) if form.days.data else None)
    if token is None:
        form.symbol.errors = [FULL]
        return await _page(form, status=422)
    return NEW.redirect(token)


@blueprint.get(f"{HERE}/<uuid:share_id>")
@guards.signed_in
async def show_link(share_id: UUID) -> ResponseReturnValue:
    """The form is on the page of all links."""
    async with deps.pools().own.acquire() as connection:
        links = await queries.of(connection, guards.identity().user_id)
    return current_app.redirect(HERE, 303) if share_id in {link.id for link in links} else abort(404)


@blueprint.post(f"{HERE}/<uuid:share_id>")
@guards.signed_in
async def revoke(share_id: UUID) -> ResponseReturnValue:
    async with deps.pools().own.transaction() as connection:
        revoked = await queries.revoke(connection, guards.identity().user_id, share_id)
    return current_app.redirect(HERE, 303) if revoked else abort(404)


async def _address(form: NewChartLink) -> ChartAddress | None:
    """None for what is no chart, with the error beside its field."""
    names = await lookup.spellings(form.symbol.data, deps.symbols(), deps.pools())
    if len(names) != 1:
        form.symbol.errors = [UNKNOWN]
        return None
    try:
        settings = _settings(dict(parse_qsl(form.settings.data, keep_blank_values=True)))
    except SettingsError as error:
        form.settings.errors = [str(error)]
        return None
    return ChartAddress(names[0], settings.query())


def _settings(arguments: Mapping[str, str]) -> ChartSettings:
    """Those of the query string of a page, which may have other parameters too. Raises SettingsError."""
    for name in arguments:
        if name not in PARAMETERS and name not in BESIDES:
            raise SettingsError(f"{name[:20]!r} is no setting of a chart. Known are: {', '.join(PARAMETERS)}.")
    return read_settings(arguments)


async def _page(form: NewChartLink, token: str = "", status: int = 200) -> Response:
    user_id = guards.identity().user_id
    async with deps.pools().own.acquire() as connection:
        links = await queries.of(connection, user_id)
        target = await target_of(connection, token) if token else None
    mine = target is not None and target.owner == user_id and target.kind is ShareKind.CHART
    return await html.page(
        "quotes/shared_charts",
        title="Shared charts",
        status=status,
        form=form,
        chart_links=links,
        token=token if mine else "",
        shows=SHOWS,
        public_url=deps.settings().public_url,
    )
