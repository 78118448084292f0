"""Cross-origin reading: scripts of listed origins may read /api/v1 with a token, never with a cookie."""

from collections.abc import Container

from quart import Quart, Response, request

from app.web import client

READS = frozenset({"GET", "HEAD"})
PREFLIGHT_SECONDS = "600"
SENT = "Authorization, If-None-Match"
READABLE = "ETag, Link, Retry-After"
"""Headers of an answer that scripts of another origin see besides the few that all may see."""


def install(app: Quart, readers: Container[str]) -> None:
    """`readers`: origins, or "*" for all."""

    async def finish(response: Response) -> Response:
        if not client.is_api_request():
            return response
        response.vary.add("Origin")
        if is_preflight(readers) or reads_by_token(readers):
            response.headers["Access-Control-Allow-Origin"] = "*" if "*" in readers else request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = READABLE
        return response

    app.after_request(finish)


def reads_by_token(readers: Container[str]) -> bool:
    """Whether the request carries a token for the API, whose holder may use it from such a site."""
    return request.method in READS and client.bearer() is not None and _is_allowed_origin(readers)


def is_preflight(readers: Container[str]) -> bool:
    """Whether a browser asks if a script of an allowed origin may send a token."""
    method = request.headers.get("Access-Control-Request-Method")
    return request.method == "OPTIONS" and method in READS and _is_allowed_origin(readers)


def preflight() -> Response:
    """Without Access-Control-Allow-Credentials, so that no cookie is sent."""
    allowed = {"Access-Control-Allow-Methods": "GET, HEAD", "Access-Control-Allow-Headers": SENT}
    return Response("", 204, {**allowed, "Access-Control-Max-Age": PREFLIGHT_SECONDS})


def _is_allowed_origin(readers: Container[str]) -> bool:
    origin = request.headers.get("Origin")
    return client.is_api_request() and origin is not None and (origin in readers or "*" in readers)
