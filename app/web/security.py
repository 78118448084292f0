"""The origin check and the security headers of every answer."""

import secrets
from collections.abc import Container
from urllib.parse import urlsplit

from quart import Quart, Response, abort, current_app, g, request, websocket

from app.web import client, cors, hosts

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
ANSWERS_UNDER_ANY_NAME = frozenset({"health"})
"""Blueprints for probes, which use any host name."""

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'; manifest-src 'self'; require-trusted-types-for 'script'; trusted-types htmx; "
    "report-uri /csp-report"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

DOCUMENT_HEADERS = {"Cross-Origin-Opener-Policy", "Permissions-Policy", "Referrer-Policy", "X-Frame-Options"}
"""Without effect on subresources, and left out of static files."""


def install(app: Quart, public_url: str, readers: tuple[str, ...] = ()) -> None:
    """`readers`: foreign origins that may read; "*" allows any origin that sends a token."""
    own, listed = origin(public_url), tuple(reader for reader in readers if reader != "*")
    app.extensions["https"] = own.startswith("https:")
    hosts.install(app, own)

    async def check() -> Response | None:
        if cors.is_preflight(readers):
            return cors.preflight()
        foreign = is_cross_origin(request.method, _fetch_site(), request.headers.get("Origin"), own, listed)
        if foreign and not cors.reads_by_token(readers):
            abort(
                403, hosts.other_address_advice() or hosts.plain_http_advice() or "This request came from another site."
            )
        if not hosts.is_allowed(client.host(), own) and request.blueprint not in ANSWERS_UNDER_ANY_NAME:
            abort(400, f"Nothing answers under that name here. This desk is at {own}, as its PUBLIC_URL says.")
        return None

    async def finish(response: Response) -> Response:
        # One pass: each setdefault would search all headers again, which a stream's start would feel.
        present = {name.lower() for name, _ in response.headers}
        always = {**HEADERS, "Content-Security-Policy": POLICY.format(nonce=nonce())}
        if request.endpoint == "static":
            always = {name: value for name, value in always.items() if name not in DOCUMENT_HEADERS}
        response.headers.extend({name: value for name, value in always.items() if name.lower() not in present})
        if is_secure():
            response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        return response

    app.before_request(check)
    _check_sockets(app, own, {*hosts.own_origins(own), *listed})
    app.after_request(finish)
    cors.install(app, readers)


def _check_sockets(app: Quart, own: str, origins: Container[str]) -> None:
    """A page of any site can open a WebSocket with our cookies; its Origin header tells the site."""

    async def check() -> None:
        if websocket.headers.get("Origin") not in origins or not hosts.is_allowed(client.host(), own):
            abort(403)

    app.before_websocket(check)


def is_cross_origin(
    method: str, site: str | None, origin_sent: str | None, own: str, readers: tuple[str, ...] = ()
) -> bool:
    """As Go's CrossOriginProtection, and for safe methods too: other sites may link here but not read.

    Compares with the configured origin, not with Host, which the client controls.
    """
    if method in SAFE_METHODS:
        return site is not None and site not in OWN_SITES and origin_sent not in readers
    if site is not None:
        return site not in OWN_SITES
    return origin_sent is not None and origin_sent not in hosts.own_origins(own)


def nonce() -> str:
    """One per answer, for its header and its markup."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    value: str = g.nonce
    return value


def is_secure() -> bool:
    """Whether the browser reaches us by https, so that cookies can be Secure."""
    return bool(current_app.extensions["https"]) or client.is_https()


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def own_path(target: str | None) -> str:
    r"""`target` if it is a path on this site, else "/". Browsers read \ as / and drop tabs and line ends."""
    if not target or len(target) > 2000 or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return "/"
    return "/" if any(not "!" <= letter <= "~" or letter == "\\" for letter in target) else target


def came_from() -> str:
    """Path and query of the page with the form, else "/"."""
    before = hosts.split(request.headers.get("Referer", ""))
    return own_path(before.path + (f"?{before.query}" if before.query else ""))


def _fetch_site() -> str | None:
    """None if the browser sent no header, or followed a link."""
    if request.method in SAFE_METHODS and request.headers.get("Sec-Fetch-Mode") == "navigate":
        return None
    return request.headers.get("Sec-Fetch-Site")
