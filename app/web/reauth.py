"""Requires a recent password, or the setup of codes, for views that are marked so."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from quart import Quart, abort, current_app, g, redirect
from quart.typing import ResponseReturnValue

from app.identity import Identity
from app.web import client, guards

Check = Callable[[Identity], Awaitable[bool]]
ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Any])

CONFIRM = "/account/confirm"
ENROL = "/account/totp"


def sensitive(function: ViewFunction) -> ViewFunction:
    """Marks a view that needs a recently typed password; the visitor is sent to type it first."""
    return _marked(function, "sensitive")


def before_enrolment(function: ViewFunction) -> ViewFunction:
    """Marks a view that is open also to users who must set up codes first."""
    return _marked(function, "before enrolment")


def install(app: Quart, confirmed: Check, owes_codes: Check) -> None:
    """Call after guards.install."""
    app.extensions["owes codes"] = owes_codes

    async def check() -> ResponseReturnValue | None:
        who: Identity | None = g.get("identity")
        function = current_app.view_functions.get(client.current_request().endpoint or "")
        if who is None or function is None or guards.guard_of(function) is guards.Guard.PUBLIC:
            return None
        marks: Mapping[str, object] = vars(function)
        if "before enrolment" not in marks and await owes_codes(who):
            return _send_to(ENROL, "Set up the codes of your account first.")
        if "sensitive" in marks and not await confirmed(who):
            return _send_to(f"{CONFIRM}?{urlencode({'next': guards.here()})}", "Type your password again first.")
        return None

    app.before_request(check)
    app.before_websocket(check)


async def must_enrol(who: Identity) -> bool:
    """For public views, which these marks do not cover."""
    owes_codes: Check = current_app.extensions["owes codes"]
    return await owes_codes(who)


def _send_to(where: str, reason: str) -> ResponseReturnValue:
    return redirect(where, 303) if guards.is_navigation() else abort(403, reason)


def _marked(function: ViewFunction, mark: str) -> ViewFunction:
    vars(function)[mark] = True
    return function
