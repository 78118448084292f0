"""The chart of a symbol by itself: /s/SYMBOL with .svg, .png, .csv, .json or .txt."""

from quart import Blueprint
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.symbol.formats import documents
from app.desk.symbol.formats.sources import chart_sources
from app.desk.symbol.routes import symbol_page
from app.identity import Scope
from app.quotes import lookup
from app.web import guards, parameters
from app.web.documents import DocumentFormat, by_suffix

blueprint = Blueprint("symbol_formats", __name__)


@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow(*parameters.parameters_of(symbol_page))
async def document(symbol: str) -> ResponseReturnValue:
    """A symbol that ends like a suffix has its page here."""
    requested = by_suffix(symbol)
    whole = f"{symbol}.{requested.kind}"
    return (
        await symbol_page(whole)
        if await _is_symbol(whole, symbol)
        else await documents.answer(requested, chart_sources())
    )


for suffix in DocumentFormat:
    blueprint.add_url_rule(f"/s/<path:symbol>.{suffix}", "document", document, methods=["GET"])


async def _is_symbol(whole: str, beginning: str) -> bool:
    """Whether `whole` is a symbol. Storage is asked only where its beginning is none of those in memory."""
    index = deps.symbols()
    if whole in index or index.spellings(beginning):
        return whole in index
    return whole in await lookup.spellings(whole, index, deps.pools())
