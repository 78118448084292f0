"""What a request says about its sender: address, host, scheme and token."""

from ipaddress import IPv6Address, ip_address

from quart import Quart, current_app, has_websocket_context, request, websocket
from quart.wrappers import BaseRequestWebsocket

LONGEST_ADDRESS = 64
LONGEST_PATH = 200
LONGEST_PART = 24
"""A longer segment of an unknown path is left out: it may be part of a one-time link."""


def install(app: Quart, proxy_hops: int) -> None:
    """`proxy_hops`: number of our own proxies, each of which appends to X-Forwarded-For."""
    app.extensions["proxy_hops"] = proxy_hops


def current_request() -> BaseRequestWebsocket:
    """The HTTP request or the WebSocket handshake."""
    return websocket if has_websocket_context() else request


def address() -> str:
    """Of the connection, or as our outermost proxy saw it; what the client itself claims is ignored."""
    peer = current_request().remote_addr or ""
    return _normal_address(_forwarded("X-Forwarded-For")) or _normal_address(peer) or peer


def is_https() -> bool:
    """Whether our outermost proxy was reached by TLS."""
    return _forwarded("X-Forwarded-Proto").lower() in ("https", "wss")


def host() -> str:
    """The Host header as sent: Werkzeug returns nothing for an invalid one."""
    return current_request().headers.get("Host", "")


def path() -> str:
    """The path for logs: without the query and without secrets."""
    request_ = current_request()
    secret = (request_.view_args or {}).get("token")
    if secret:
        return request_.path.replace(str(secret), "...")[:LONGEST_PATH]
    if request_.url_rule is None:  # a link that was copied badly is one all the same
        return "/".join(part if len(part) < LONGEST_PART else "..." for part in request_.path.split("/"))[:LONGEST_PATH]
    return request_.path[:LONGEST_PATH]


def user_agent() -> str:
    return current_request().headers.get("User-Agent", "")


def is_api_request() -> bool:
    """Whether the path is under /api/: a program gets no redirects to pages."""
    return current_request().path.startswith("/api/")


def bearer() -> str | None:
    """The bearer token, not verified."""
    kind, _, token = current_request().headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def is_stream_request() -> bool:
    """An open stream is no activity of the user."""
    return has_websocket_context() or "text/event-stream" in request.headers.get("Accept", "")


def _forwarded(header: str) -> str:
    """The value appended by our outermost proxy, counted from the right, since clients control the left."""
    hops = current_app.extensions.get("proxy_hops", 0)
    values = [each.strip() for line in current_request().headers.getlist(header) for each in line.split(",")]
    return values[-hops] if 0 < hops <= len(values) else ""


def _normal_address(text: str) -> str:
    """The canonical form; "" if invalid. Some proxies add a port."""
    bare = text
    if text.startswith("["):
        bare = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        bare = text.partition(":")[0]
    if len(bare) > LONGEST_ADDRESS or "%" in bare:
        return ""
    try:
        parsed = ip_address(bare)
    except ValueError:
        return ""
    return str((isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed)
