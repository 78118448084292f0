"""From a table to the form that adds its symbols to a list. The form's address keeps the symbols as they were."""

from urllib.parse import urlencode

from quart import Blueprint, abort, current_app, request
from quart.typing import ResponseReturnValue

from app.desk import routes as desk
from app.desk.flow import routes as flow
from app.desk.flow.table import INDICATORS
from app.desk.lists import routes as lists
from app.desk.lists.table import ROWS
from app.finance.detections import TIERS
from app.patterns import routes as patterns
from app.patterns.forms import PARAMETERS
from app.quotes import routes as quotes
from app.web import guards, paging, parameters
from app.web.formats import TableDocument

blueprint = Blueprint("addition_sources", __name__)

ADDITIONS = "/w/add"
FORM = f"{ADDITIONS}/symbols"


@blueprint.get(f"{ADDITIONS}/quotes")
@guards.signed_in
async def of_desk() -> ResponseReturnValue:
    return _form(await desk.quotes_table())


@blueprint.get(f"{ADDITIONS}/search")
@guards.signed_in
@parameters.allow("q")
async def of_symbols() -> ResponseReturnValue:
    return _form(await quotes.symbols_table())


@blueprint.get(f"{ADDITIONS}/patterns")
@guards.signed_in
@parameters.allow(*PARAMETERS)
async def of_patterns() -> ResponseReturnValue:
    return _form(await patterns.search_table())


@blueprint.get(f"{ADDITIONS}/flow/<column>")
@guards.signed_in
async def of_flow(column: str) -> ResponseReturnValue:
    if column not in (*TIERS, INDICATORS):
        abort(404)
    table = await flow.flow_table()
    return _form(table._replace(rows=[row for row in table.rows if row[0] == column]))


@blueprint.get(f"{ADDITIONS}/list/<slug:slug>")
@guards.signed_in
@parameters.allow("sort", "cols", "page")
async def of_list(slug: str) -> ResponseReturnValue:
    """The rows of that page."""
    table = await lists.list_table(slug)
    number = paging.page_number(request.args.get("page", "1"), len(table.rows), ROWS)
    return _form(table._replace(rows=table.rows[ROWS * (number - 1) : ROWS * number]))


def _form(table: TableDocument) -> ResponseReturnValue:
    place = [column.name for column in table.columns].index("symbol")
    symbols = dict.fromkeys(str(row[place]) for row in table.rows)
    return current_app.redirect(f"{FORM}?{urlencode({'symbols': ','.join(symbols)}, safe=',:/.$')}", 303)
