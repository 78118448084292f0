"""The host names of this desk, and advice for requests to another name."""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from quart import Quart, current_app, request
from quart.wrappers import BaseRequestWebsocket
from werkzeug.routing import MapAdapter

from app.web import client

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
LOGIN_PATH = "/login"
_HOST = re.compile(r"(?:\[[^\]\s/?#@\\]{2,300}\]|[^\[\]\s/?#@\\:]{1,300})(?::[0-9]{0,5})?")


def install(app: Quart, own: str) -> None:
    app.extensions["own_origin"] = own
    vars(app)["create_url_adapter"] = _routes(app, split(own).netloc)


@lru_cache(maxsize=16)
def own_origins(own: str) -> frozenset[str]:
    """On the same machine, 127.0.0.1 and localhost are equivalent."""
    scheme, _, place = own.partition("://")
    port = f":{parts.port}" if (parts := urlsplit(own)).port else ""
    return frozenset(
        {f"{scheme}://{name}{port}" for name in LOOPBACK} if place.removesuffix(port) in LOOPBACK else {own}
    )


@lru_cache(maxsize=256)
def is_allowed(host: str, own: str) -> bool:
    """Our own name or an IP address. Any other name may be an attacker's that resolves to us (DNS rebinding)."""
    if not host:
        return True
    name = split(f"//{host}").hostname or "" if _HOST.fullmatch(host) else ""
    if name in {*LOOPBACK, split(own).hostname}:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def own_place() -> str:
    """Our own host, with a non-default port; never the Host header."""
    return split(_own()).netloc


def other_address_advice() -> str:
    """For requests to another address than PUBLIC_URL; "" otherwise."""
    own = _own()
    if f"{urlsplit(own).scheme}://{client.host()}".lower() in own_origins(own):
        return ""
    return (
        f"Forms work at {own} only, and you came by another address. Go there; or whoever runs this desk sets"
        " PUBLIC_URL to the address that you typed, and starts it again."
    )


def plain_http_advice() -> str:
    """For forms sent by plain http to a desk with TLS; "" otherwise."""
    own = _own()
    there = request.headers.get("Origin", "").lower()
    if own.startswith("https:") and there == own.replace("https:", "http:", 1).lower():
        return (
            f"Sign in at {own}. You came by plain http, where your browser drops the cookie that keeps you signed in."
        )
    return ""


def lost_cookie_advice() -> str:
    """Why signing in did not work, if the browser probably lost the cookie; "" otherwise.

    A redirect back to this page is the sign of it; a wrong password causes none.
    """
    own, before = _own(), split(request.headers.get("Referer", "")[:2000])
    # The Referer is the page with the form, whatever redirects followed.
    again = request.method == "GET" and before.path == LOGIN_PATH and before.netloc.lower() == client.host().lower()
    if own.startswith("https:") and (other_address_advice() or (again and before.scheme == "http")):
        return (
            f"Sign in at {own}. You came another way, perhaps by plain http: there your browser drops the cookie"
            " that keeps you signed in."
        )
    if again:
        return (
            "If you have just signed in: your browser did not keep the cookie that says so. Allow cookies for"
            f" {own} and try again."
        )
    return other_address_advice()


def split(url: str) -> SplitResult:
    """Empty parts for an invalid URL, since clients control it."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _own() -> str:
    own: str = current_app.extensions["own_origin"]
    return own


def _routes(app: Quart, place: str) -> Callable[[BaseRequestWebsocket | None], MapAdapter | None]:
    """Routes with our own host name, since Quart fails on an invalid Host header."""

    def bind(incoming: BaseRequestWebsocket | None) -> MapAdapter | None:
        if incoming is None:
            return None
        query = incoming.query_string.decode("ascii", "replace")
        return app.url_map.bind(place, incoming.root_path, None, incoming.scheme, incoming.method, incoming.path, query)

    return bind
