"""Guards of views. A view without a guard stops the start of the application."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from quart import Quart, abort, current_app, g, has_websocket_context, redirect, request
from quart.typing import ResponseReturnValue

from app.identity import ZONES, Identity, Rate, Role, Scope, View
from app.web import client, hosts, viewer

Load = Callable[[], Awaitable[Identity | None]]
ByToken = Callable[[str, Scope], Awaitable[Identity | None]]
"""Returns the owner of a token. The scope is the one required; the caller compares it."""
ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])


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
    """Accepts API tokens of that scope or more. Views without this mark ignore tokens."""

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
    """The user, in a view that is not public."""
    who: Identity | None = g.get("identity")
    return who if who is not None else abort(401)


async def load() -> Identity | None:
    """Authenticates the request again; open streams do so repeatedly."""
    return await _installed().load()


async def visitor() -> Identity | None:
    """The user if known; None also while Redis or PostgreSQL is away, so that public pages keep working."""
    if "identity" not in g:
        try:
            g.identity = await load()
        except current_app.extensions.get("unavailable", ()):
            g.identity = None
    who: Identity | None = g.identity
    return who


def view() -> View:
    """How pages and pushes are written for this user."""
    settings = viewer.settings()
    return View(settings.zone or _installed().zone, settings.numbers, reduced_data=settings.reduced_data)


def rate() -> Rate:
    """The user's choice, unless a stream's URL gives one. The default is slower with Save-Data."""
    if in_url := request.args.get("rate"):
        return next((each for each in Rate if each == in_url), _default_rate())
    return viewer.settings().rate or _default_rate()


def _default_rate() -> Rate:
    return Rate.FIVE_SECONDS if request.headers.get("Save-Data", "").lower() == "on" else Rate.AUTO


def is_navigation() -> bool:
    """Whether a person opens a page, in contrast to a script that requests a part of one."""
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
    """A token takes precedence over the cookie; without a `scope` tokens are ignored."""
    token = client.bearer()
    if scope is None or token is None:
        return await load()
    who = await _installed().by_token(token, scope)
    if who is not None and not (who.scope and who.scope.covers(scope)):
        abort(403, f"This token may not do that: it takes one with the scope {scope}.")
    return who


def here() -> str:
    """Path and query of the request."""
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
