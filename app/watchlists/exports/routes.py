"""Lists as files, in every format that can be imported."""

from quart import Blueprint, Response, abort, request
from quart.typing import ResponseReturnValue

from app import deps
from app.finance.instrument import Instrument
from app.finance.symbol_index import SymbolIndex
from app.watchlists import queries
from app.watchlists.formats.contents import WrittenEntry, WrittenList
from app.watchlists.formats.registry import FORMATS
from app.watchlists.watchlist import ListEntry, Watchlist
from app.web import guards, html, parameters

blueprint = Blueprint("exports", __name__)

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "txt": "text/plain; charset=utf-8"}


@blueprint.get("/w/<slug:slug>/export")
@guards.signed_in
async def show(slug: str) -> ResponseReturnValue:
    summary = (await _watchlist(slug)).summary
    title = f"Export {summary.name}"
    return await html.page("watchlists/export", title=title, summary=summary, formats=FORMATS.values())


@blueprint.get("/w/<slug:slug>/file")
@guards.signed_in
@parameters.allow("format")
async def file(slug: str) -> ResponseReturnValue:
    watchlist = await _watchlist(slug)
    choice = FORMATS.get(request.args.get("format", "own"))
    if choice is None:
        abort(400, f"format: choose one of {', '.join(FORMATS)}.")
    name = slug if choice.name == "own" else f"{slug}-{choice.name}"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{choice.suffix}"'}
    text = choice.write(_contents(watchlist, deps.symbols()))
    return Response(text, headers=headers, content_type=MEDIA_TYPES[choice.suffix])


def _contents(watchlist: Watchlist, index: SymbolIndex) -> WrittenList:
    sections = {section.id: section.name for section in watchlist.sections}
    entries = [_entry(entry, sections[entry.section_id], index) for entry in watchlist.entries]
    return WrittenList(watchlist.summary.name, entries)


def _entry(entry: ListEntry, section: str, index: SymbolIndex) -> WrittenEntry:
    instrument = index.get(entry.symbol) or Instrument(entry.symbol)
    return WrittenEntry(
        entry.symbol, instrument.name, instrument.exchange, section, entry.note, entry.added_at, entry.price_added
    )


async def _watchlist(slug: str) -> Watchlist:
    async with deps.pools().own.acquire() as connection:
        watchlist = await queries.find(connection, guards.identity().user_id, slug)
    return watchlist or abort(404)
