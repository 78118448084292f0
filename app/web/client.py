"""What a request tells of who sent it."""

from ipaddress import IPv6Address, ip_address

from quart import Quart, current_app, has_websocket_context, request, websocket
from quart.wrappers import BaseRequestWebsocket

LONGEST_ADDRESS = 64
LONGEST_PATH = 200
LONGEST_PART = 24
"""Characters between two slashes of a path that leads nowhere."""


def install(app: Quart, proxy_hops: int) -> None:
    """`proxy_hops`: how many proxies of ours stand before us, each adding whom it was asked by."""
    app.extensions["proxy_hops"] = proxy_hops


def current_request() -> BaseRequestWebsocket:
    """The request, or the handshake of a socket."""
    return websocket if has_websocket_context() else request


def address() -> str:
    """As the connection says, or the outermost of our own proxies; what a stranger can write is not believed."""
    peer = current_request().remote_addr or ""
    return _normal_address(_forwarded("X-Forwarded-For")) or _normal_address(peer) or peer


def is_https() -> bool:
    """Whether our outermost proxy says that it was asked by TLS."""
    return _forwarded("X-Forwarded-Proto").lower() in ("https", "wss")


def host() -> str:
    """The name that the desk was asked by, as it was sent: Werkzeug's is empty for what it does not like."""
    return current_request().headers.get("Host", "")


def path() -> str:
    """What was asked for, to be kept: without the query, and without what opens something by being known."""
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
    """Something under /api/ is wanted: by a program, which is led to no page."""
    return current_request().path.startswith("/api/")


def bearer() -> str | None:
    """The token that was shown, whatever it is worth."""
    kind, _, token = current_request().headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def is_stream_request() -> bool:
    """An open stream is not a person who does something."""
    return has_websocket_context() or "text/event-stream" in request.headers.get("Accept", "")


def _forwarded(header: str) -> str:
    """What our outermost proxy appended: counted from the right, since senders write what they like on the left."""
    hops = current_app.extensions.get("proxy_hops", 0)
    values = [each.strip() for line in current_request().headers.getlist(header) for each in line.split(",")]
    return values[-hops] if 0 < hops <= len(values) else ""


def _normal_address(text: str) -> str:
    """The address in its one spelling; "" for what is none. Some proxies add the port."""
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
