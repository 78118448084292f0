"""Who may call a view: every view says so, or the application does not start."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from quart import Quart, abort, current_app, g, has_websocket_context, redirect, request
from quart.typing import ResponseReturnValue

from app.identity import RENAMED, ZONES, Colours, Identity, NumberForm, Rate, Role, Scope, View
from app.web import client, hosts

Load = Callable[[], Awaitable[Identity | None]]
ByToken = Callable[[str, Scope], Awaitable[Identity | None]]
"""Whose token that is; the scope is what it is shown for, and not judged by whom it is asked of."""
ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])
Choice = TypeVar("Choice", bound=StrEnum)

ZONE_COOKIE = "tz"
NUMBERS_COOKIE = "numbers"
COLOURS_COOKIE = "colours"
RATE_COOKIE = "rate"


class Guard(StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed in"
    ADMIN_ONLY = "admin only"


class _Installed(NamedTuple):
    load: Load
    zone: str
    by_token: ByToken


def public(function: ViewFunction) -> ViewFunction:
    return _guarded(function, Guard.PUBLIC)


def signed_in(function: ViewFunction) -> ViewFunction:
    return _guarded(function, Guard.SIGNED_IN)


def admin_only(function: ViewFunction) -> ViewFunction:
    return _guarded(function, Guard.ADMIN_ONLY)


def open_to_tokens(scope: Scope) -> Callable[[ViewFunction], ViewFunction]:
    """Without this a token is worth nothing to a view: it opens no page, stream or socket."""

    def marked(function: ViewFunction) -> ViewFunction:
        vars(function)["scope"] = scope
        return function

    return marked


def scope_of(function: Callable[..., Any]) -> Scope | None:
    return vars(function).get("scope")


def guard_of(function: Callable[..., Any]) -> Guard | None:
    return vars(function).get("guard")


async def _no_tokens(_token: str, _scope: Scope) -> Identity | None:
    return None


def install(app: Quart, load: Load, zone: str = ZONES[0], by_token: ByToken = _no_tokens) -> None:
    app.extensions["guards"] = _Installed(load, zone, by_token)
    app.before_request(_check)
    app.before_websocket(_check)
    app.before_serving(lambda: refuse_unguarded(app))


def refuse_unguarded(app: Quart) -> None:
    names = sorted(name for name, function in app.view_functions.items() if guard_of(function) is None)
    if names:
        raise RuntimeError(f"views without a guard: {', '.join(names)}")


def identity() -> Identity:
    """Who is looking, in a view that is not public."""
    who: Identity | None = g.get("identity")
    return who if who is not None else abort(401)


async def load() -> Identity | None:
    """Asks anew whose request this is; a stream held open does so again and again."""
    return await _installed().load()


async def visitor() -> Identity | None:
    """Who is looking, if that is known; a public page goes on without an answer while Redis or PostgreSQL is away."""
    if "identity" not in g:
        try:
            g.identity = await load()
        except current_app.extensions.get("unavailable", ()):
            g.identity = None
    who: Identity | None = g.identity
    return who


def view() -> View:
    """The viewer's choice from the closed list; whatever else a cookie holds is the default."""
    cookies = client.current_request().cookies
    zone = cookies.get(ZONE_COOKIE, "")
    zone = RENAMED.get(zone, zone)
    return View(
        zone if zone in ZONES else _installed().zone,
        _member(cookies.get(NUMBERS_COOKIE), NumberForm.POINT),
        colours=_member(cookies.get(COLOURS_COOKIE), Colours.GREEN_RED),
    )


def rate() -> Rate:
    """The viewer's choice, but a stream may name another; without one, who saves data is told less often."""
    choice = request.args.get("rate") or request.cookies.get(RATE_COOKIE, "")
    default = Rate.FIVE_SECONDS if request.headers.get("Save-Data", "").lower() == "on" else Rate.AUTO
    return _member(choice, default)


def _member(text: str | None, default: Choice) -> Choice:
    """The member of the default's family with this value, or the default."""
    return next((each for each in type(default) if each == text), default)


def is_navigation() -> bool:
    """A person going to a page, not a script fetching a part of one."""
    if has_websocket_context():
        return False
    headers = client.current_request().headers
    if "HX-Request" in headers or client.is_api_request():
        return False
    mode = headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode else "text/html" in headers.get("Accept", "")


async def _check() -> ResponseReturnValue | None:
    function = current_app.view_functions.get(client.current_request().endpoint or "")
    guard = guard_of(function) if function else Guard.PUBLIC
    if function is None or guard is Guard.PUBLIC:
        return None
    g.identity = None  # stays so if the next line raises: the page that tells of it does not ask again
    g.identity = await _authenticate(scope_of(function))
    if g.identity is None:
        return redirect(sign_in_url(), 303) if is_navigation() else abort(401)
    if guard is not Guard.SIGNED_IN and g.identity.role is not Role.ADMIN:
        abort(403)
    return None


async def _authenticate(scope: Scope | None) -> Identity | None:
    """A token that is shown counts, whatever cookie comes with it; where none is taken, it is not looked at."""
    token = client.bearer()
    if scope is None or token is None:
        return await load()
    who = await _installed().by_token(token, scope)
    if who is not None and not (who.scope and who.scope.covers(scope)):
        abort(403, f"This token may not do that: it takes one with the scope {scope}.")
    return who


def here() -> str:
    """The path asked for, as it would be typed."""
    query = request.query_string.decode("ascii", "replace")
    return quote(request.path, safe="/:@") + (f"?{query}" if query else "")


def sign_in_url() -> str:
    """Where to sign in and return from: the page asked for, or the page that asked for a fragment."""
    path = ""
    if current := request.headers.get("HX-Current-URL"):
        parts = hosts.split(current)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
    elif request.method == "GET" and is_navigation():
        path = here()
    return "/login" + (f"?{urlencode({'next': path})}" if path not in ("", "/") else "")


def _guarded(function: ViewFunction, guard: Guard) -> ViewFunction:
    vars(function)["guard"] = guard
    return function


def _installed() -> _Installed:
    installed: _Installed = current_app.extensions["guards"]
    return installed
