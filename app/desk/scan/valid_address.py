"""The address of a scan whose symbols are wanted as a file or a list: refused in one line."""

from quart import abort
from werkzeug.datastructures import MultiDict

from app.desk.scan import answers, results, vocabulary
from app.desk.scan.answers import ScanAnswer
from app.desk.scan.scopes import UnknownScope, resolve_scope
from app.desk.scan.sources import ScanSources
from app.rules.errors import RuleError
from app.scans.address import ScanAddress
from app.scans.queries import ScanPage
from app.scans.scan_request import table_choice, version
from app.web import guards


async def valid_address(sent: MultiDict[str, str], sources: ScanSources) -> ScanAddress:
    """Answers 422 for what is no rule."""
    try:
        scan_request = table_choice(sent).request(sent.get("q", ""), version(sent))
    except RuleError as error:
        abort(422, f"q: {error}.")
    problems = await vocabulary.unknown_words(scan_request.words, sources.symbols, sources.pools, sources.cache)
    if problems:
        abort(422, f"q: {problems[0].message}.")
    return scan_request.address


async def first_rows(address: ScanAddress, sources: ScanSources, rows: int) -> ScanPage:
    """As first_answer()."""
    return (await first_answer(address, sources, rows))[1]


async def first_answer(address: ScanAddress, sources: ScanSources, rows: int) -> tuple[ScanAnswer, ScanPage]:
    """All pages as one, of at most so many rows. Answers 400 or 404 for what is not there, 503 before there is an
    answer."""
    try:
        scope = await resolve_scope(address.scope, guards.identity().user_id, sources)
    except UnknownScope as unknown:
        abort(unknown.status, str(unknown))
    answer = await answers.answer(address, scope.symbols, sources, results.first_rows_of(address, rows))
    if answer.page is None:
        name = "at" if address.at else "q"
        abort(400 if answer.problem else 503, f"{name}: {answer.problem or 'the result is being computed; ask again.'}")
    return answer, answer.page
