"""Error answers as a page, a fragment or a JSON problem, depending on the request."""

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.logs import OncePerSecond
from app.web import client, descriptors, guards, html, partials, tables
from app.web.formats import TableFormat

logger = logging.getLogger(__name__)
often = OncePerSecond(logger)

RETRY_SECONDS = 5


class ErrorText(NamedTuple):
    status: int
    title: str
    advice: str
    members: Mapping[str, object] = {}
    """Further ones of the answer for programs."""


PROBLEMS = {
    problem.status: problem
    for problem in (
        ErrorText(400, "This request makes no sense", "Something in the address or the form cannot be read."),
        ErrorText(401, "You are signed out", "Sign in and you come back to where you were."),
        ErrorText(
            403, "This is not open to you", "Your account may not do this, or the request came from another site."
        ),
        ErrorText(404, "Nothing is here", "The address may be mistyped, or what it named is gone."),
        ErrorText(405, "This address does not take that", "Go back and use the page's own links and buttons."),
        ErrorText(408, "That took too long to arrive", "Nothing was changed. Send it again."),
        ErrorText(409, "This contradicts what is stored", "Nothing was changed. Look at it again."),
        ErrorText(410, "This is over", "What was here has been used up or replaced."),
        ErrorText(412, "Somebody changed this meanwhile", "Nothing was changed. Look at it again."),
        ErrorText(413, "That is too large", "Nothing was changed. Send less at a time."),
        ErrorText(415, "This format is not taken here", "Nothing was changed."),
        ErrorText(422, "Something needs correcting", "Nothing was changed. Look at the marked fields."),
        ErrorText(428, "The version is missing", "Nothing was changed. Say which version the change is for."),
        ErrorText(429, "Too many tries", "Wait a little before the next one."),
        ErrorText(500, "Something broke on our side", "It has been noted. Nothing you typed caused it; try again."),
        ErrorText(503, "Part of TickStock is away", "It is being brought back. This page tries again by itself."),
    )
}


def install(app: Quart) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OSError, _os_error)
    app.register_error_handler(500, _internal_error)


def unavailable(app: Quart, kinds: Sequence[type[Exception]]) -> None:
    """These exceptions mean that Redis or the database is away: answers 503; public pages go on without a user."""
    app.extensions["unavailable"] = tuple(kinds)
    for kind in kinds:
        app.register_error_handler(kind, _service_unavailable)


def unreadable(app: Quart, kinds: Sequence[type[Exception]]) -> None:
    """These exceptions mean an invalid value in the request: answers 400."""
    for kind in kinds:
        app.register_error_handler(kind, _bad_value)


def missing(app: Quart, kinds: Sequence[type[Exception]]) -> None:
    """These exceptions mean that what the request names is not there, or is somebody else's: answers 404."""
    for kind in kinds:
        app.register_error_handler(kind, _nothing_there)


async def answer(
    status: int, detail: str = "", retry_after: float | None = None, members: Mapping[str, object] | None = None
) -> Response:
    """`detail` replaces the general advice. Users see it, so it must name no host, path or secret. `members`: further
    ones of the answer for programs."""
    general = PROBLEMS.get(status) or PROBLEMS[500 if status >= 500 else 400]
    if status == 429 and retry_after is not None:
        detail = detail or f"Try again in {_duration(retry_after)}."
    problem = ErrorText(status, general.title, detail or general.advice, members or {})
    response = await _negotiated(problem)
    if status == 503 and retry_after is None:
        retry_after = RETRY_SECONDS
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return response


def _duration(seconds: float) -> str:
    """Rounded up."""
    count, unit = math.ceil(seconds), "second"
    for size, name in ((60, "minute"), (60, "hour")):
        if count > 2 * size:
            count, unit = math.ceil(count / size), name
    count = max(1, count)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


async def _negotiated(problem: ErrorText) -> Response:
    if client.is_api_request():
        return _for_programs(problem)
    if client.is_stream_request():
        return Response("", problem.status, {"HX-Reswap": "none"}, content_type="text/plain; charset=utf-8")
    if "HX-Request" in request.headers:
        return _fragment(problem)
    accepted = request.headers.get("Accept", "")
    if "text/html" in accepted:
        return await _page(problem)
    if tables.is_picture() or tables.suffix() in (TableFormat.CSV, TableFormat.TEXT):
        return _as_text(problem)
    return _problem(problem) if tables.suffix() or "json" in accepted else await _page(problem)


def _for_programs(problem: ErrorText) -> Response:
    """RFC 9457; without a type, the title is that of the status."""
    if problem == PROBLEMS.get(401):
        problem = problem._replace(advice="Send a token that works: Authorization: Bearer ts_...")
    response = _problem(problem._replace(title=HTTPStatus(problem.status).phrase))
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="TickStock"'
    return response


def _problem(problem: ErrorText) -> Response:
    body = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.advice}
    body |= problem.members
    return Response(msgspec.json.encode(body), problem.status, content_type="application/problem+json")


def _as_text(problem: ErrorText) -> Response:
    text = f"{problem.title}. {problem.advice}\n"
    return Response(text, problem.status, content_type="text/plain; charset=utf-8")


def _fragment(problem: ErrorText) -> Response:
    headers = {"HX-Retarget": "#announce", "HX-Reswap": "innerHTML"}
    if problem.status == 401:
        headers = {"HX-Redirect": guards.sign_in_url()}
    return Response(partials.problem(problem.title, problem.advice), problem.status, headers)


async def _page(problem: ErrorText) -> Response:
    response = await html.page("errors/problem", title=problem.title, status=problem.status, problem=problem)
    if problem.status == 503 and request.method == "GET":
        response.headers["Refresh"] = str(RETRY_SECONDS)
    return response


async def _http_error(error: HTTPException) -> Response:
    retry_after, members = getattr(error, "retry_after", None), getattr(error, "members", None)
    response = await answer(error.code or 500, _own_description(error), retry_after, members)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or _methods_here()))
    return response


def _methods_here() -> Collection[str]:
    """For a view that refuses a method it is registered with."""
    rule = client.current_request().url_rule
    return (rule.methods if rule else None) or ()


async def _service_unavailable(error: Exception) -> Response:
    often.warning(f"answered 503: {type(error).__name__}", path=client.current_request().path)
    return await answer(503)


async def _os_error(error: OSError) -> Response:
    if not descriptors.exhausted(error):
        raise error
    often.error("answered 503: no file descriptor is left", path=client.current_request().path)
    return await answer(503)


async def _bad_value(error: Exception) -> Response:
    return await answer(400)


async def _nothing_there(error: Exception) -> Response:
    return await answer(404)


async def _internal_error(error: Exception) -> Response:
    return await answer(500)


def _own_description(error: HTTPException) -> str:
    """The text given to abort(); the framework's own texts are left out."""
    return "" if error.description == type(error).description else error.description or ""
