"""Import of a list from a file or from pasted text: a preview that stores nothing, then the import."""

from urllib.parse import urlencode

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.owned.refusals import LimitReached
from app.quotes.board import QuoteBoard
from app.watchlists import queries
from app.watchlists.changes import entries
from app.watchlists.formats.contents import MOST_BYTES, UnreadableImport
from app.watchlists.formats.decoding import decoded, plain_lines
from app.watchlists.formats.registry import FORMATS, ListReading, read
from app.watchlists.forms import ConfirmImport, ImportForm
from app.watchlists.matching import MatchedEntry, MatchKind, matched, new_entries
from app.watchlists.watchlist import MAX_ENTRIES, Watchlist
from app.web import body_limits, errors, guards, html

blueprint = Blueprint("imports", __name__)

RATE = "60/10minute"
"""Previews of one person."""
LARGEST_BODY = 4 * MOST_BYTES
"""A list in its longest encoding, with the other fields."""


@blueprint.get("/w/<slug:slug>/import")
@guards.signed_in
async def show(slug: str) -> ResponseReturnValue:
    return await _form(await _watchlist(slug), ImportForm())


@blueprint.post("/w/<slug:slug>/import")
@guards.signed_in
@body_limits.largest_body(LARGEST_BODY)
async def preview(slug: str) -> ResponseReturnValue:
    """A file where one was chosen, else the text. Stores nothing."""
    watchlist = await _watchlist(slug)
    wait = await deps.limits().hit("imports", str(guards.identity().user_id), RATE)
    if wait is not None:
        return await errors.answer(429, retry_after=wait)
    form, file = ImportForm(await request.form), (await request.files).get("file")
    has_file = file is not None and bool(file.filename)
    try:
        text = decoded(file.read()) if file is not None and has_file else plain_lines(form.text.data or "")
        reading = read(text)
    except UnreadableImport as error:
        (form.file if has_file else form.text).errors = [str(error)]
        return await _form(watchlist, form, 422)
    matches = await matched(reading.contents.entries, deps.symbols(), _symbols(watchlist))
    return await _preview(watchlist, text, reading, matches)


@blueprint.get("/w/<slug:slug>/import/confirm")
@guards.signed_in
async def show_confirm(slug: str) -> ResponseReturnValue:
    """The form is on the preview, which has nothing to show without a list."""
    return current_app.redirect(f"/w/{(await _watchlist(slug)).summary.slug}/import", 303)


@blueprint.post("/w/<slug:slug>/import/confirm")
@guards.signed_in
@body_limits.largest_body(LARGEST_BODY)
async def confirm(slug: str) -> ResponseReturnValue:
    watchlist, form = await _watchlist(slug), ConfirmImport(await request.form)
    try:
        reading = read(plain_lines(form.text.data or ""))
        matches = await matched(reading.contents.entries, deps.symbols(), _symbols(watchlist))
        accepted, omitted = new_entries(matches, form.choices(), deps.board(QuoteBoard).price)
        async with deps.pools().own.transaction() as connection:
            user_id = guards.identity().user_id
            everything_omitted = [*omitted, *reading.contents.omitted]
            added = await entries.add_all(connection, user_id, slug, accepted, everything_omitted)
    except (UnreadableImport, LimitReached) as refusal:
        import_form = ImportForm(data={"text": form.text.data})
        import_form.text.errors = [str(refusal)]
        return await _form(watchlist, import_form, 422)
    return current_app.redirect(f"/w/{slug}?{urlencode({'undo': added.undo_id})}", 303)


async def _form(watchlist: Watchlist, form: ImportForm, status: int = 200) -> Response:
    return await html.page(
        "watchlists/import",
        title=f"Import into {watchlist.summary.name}",
        status=status,
        summary=watchlist.summary,
        form=form,
        formats=[each.label for each in FORMATS.values()],
        kilobytes=MOST_BYTES // 1024,
    )


async def _preview(watchlist: Watchlist, text: str, reading: ListReading, matches: list[MatchedEntry]) -> Response:
    by_kind = {kind: [match for match in matches if match.kind is kind] for kind in MatchKind}
    size, certain = watchlist.summary.size, len(by_kind[MatchKind.CERTAIN])
    return await html.page(
        "watchlists/preview",
        title=f"Import into {watchlist.summary.name}",
        summary=watchlist.summary,
        label=reading.format.label,
        count=len(matches),
        certain=by_kind[MatchKind.CERTAIN],
        doubles=by_kind[MatchKind.DOUBLE],
        unknown=by_kind[MatchKind.UNKNOWN],
        omitted=reading.contents.omitted,
        beyond=max(0, size + certain - MAX_ENTRIES),
        most=MAX_ENTRIES,
        form=ConfirmImport.of(text, matches),
    )


def _symbols(watchlist: Watchlist) -> set[str]:
    return {entry.symbol for entry in watchlist.entries}


async def _watchlist(slug: str) -> Watchlist:
    async with deps.pools().own.acquire() as connection:
        watchlist = await queries.find(connection, guards.identity().user_id, slug)
    return watchlist or abort(404)
