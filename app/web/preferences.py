"""The form in the footer of every page, POST /view: update rate; without a session zone, numbers and colours."""

from collections.abc import Awaitable, Callable

from quart import Blueprint, Quart, current_app, redirect, request
from quart.typing import ResponseReturnValue

from app.identity import Identity, UserSettings
from app.web import guards, security, viewer

YEAR = 365 * 24 * 3600

Change = Callable[[UserSettings], UserSettings]
Store = Callable[[Identity, Change], Awaitable[None]]
"""Changes the settings that a user stored, or what they are without any."""

blueprint = Blueprint("choice", __name__)


def install(app: Quart, store: Store) -> None:
    app.extensions["preferences"] = store


@blueprint.get("/view")
@guards.public
async def show() -> ResponseReturnValue:
    """The form is in the footer of every page."""
    return redirect("/", 303)


@blueprint.post("/view")
@guards.public
async def choose() -> ResponseReturnValue:
    """Stored with whoever is signed in, and in cookies for everybody else. An invalid choice changes nothing."""
    form = await request.form
    choices = viewer.valid({name: form.get(name, "") for name in viewer.COOKIE_CHOICES})
    response = current_app.redirect(security.own_path(form.get("next")), 303)
    store: Store | None = current_app.extensions.get("preferences")
    if store and (who := await guards.visitor()):
        await store(who, lambda settings: viewer.changed(settings, choices))
        return response
    for name, value in choices.items():
        cookie = viewer.COOKIE_CHOICES[name].cookie
        response.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", secure=security.is_secure())
    return response
