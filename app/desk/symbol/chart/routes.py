"""The form with all settings of a chart."""

from collections.abc import Mapping

from quart import Blueprint, abort, redirect, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.desk.symbol.chart.forms import ChartForm
from app.desk.symbol.chart.section import address
from app.finance.symbol_index import visible_query
from app.finance.symbols import is_symbol
from app.quotes.charts.settings import PARAMETERS, SettingsError, read_settings
from app.web import guards, parameters
from app.web.html import page

blueprint = Blueprint("chart", __name__)

DRAW = "1"


@blueprint.get("/chart")
@guards.signed_in
@parameters.allow("symbol", "draw", "chart", *PARAMETERS)
async def chart_form() -> ResponseReturnValue:
    """The form; with `draw` the way to the chart that it describes."""
    symbol = visible_query(request.args.get("symbol", ""))
    if request.args.get("draw", "") not in ("", DRAW):
        abort(400, "draw: it may be 1.")
    try:
        settings = read_settings(request.args)
    except SettingsError as error:
        return await refusal(symbol, request.args, error)
    if (symbol or request.args.get("draw")) and not is_symbol(symbol):
        return await refusal(symbol, request.args, SettingsError("symbol: write one as it is listed, such as IBM."))
    if request.args.get("draw") == DRAW:
        return redirect(address(symbol, settings, {"chart": "1"} if request.args.get("chart") else {}), 303)
    return await page("desk/chart_form", title=_title(symbol), symbol=symbol, form=ChartForm(request.args))


async def refusal(symbol: str, arguments: Mapping[str, str], error: SettingsError) -> ResponseReturnValue:
    """The form with what was asked for, and the error beside its field."""
    form = ChartForm(MultiDict({**arguments, "symbol": symbol}))
    form.refuse(error)
    return await page("desk/chart_form", title=_title(symbol), status=400, symbol=symbol, form=form)


def _title(symbol: str) -> str:
    return f"Chart of {symbol}" if is_symbol(symbol) else "Chart"
