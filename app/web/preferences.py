"""Stores a viewer's time zone, number form and update rate in cookies: POST /view."""

from quart import Blueprint, current_app, redirect, request
from quart.typing import ResponseReturnValue

from app.identity import ZONES, Colours, NumberForm, Rate
from app.web import guards, security

YEAR = 365 * 24 * 3600

blueprint = Blueprint("choice", __name__)


@blueprint.get("/view")
@guards.public
async def show() -> ResponseReturnValue:
    """The form is in the footer of every page."""
    return redirect("/", 303)


@blueprint.post("/view")
@guards.public
async def choose() -> ResponseReturnValue:
    form = await request.form
    response = current_app.redirect(security.own_path(form.get("next")), 303)
    for cookie, field, choices in (
        (guards.ZONE_COOKIE, "zone", ZONES),
        (guards.NUMBERS_COOKIE, "numbers", tuple(NumberForm)),
        (guards.COLOURS_COOKIE, "colours", tuple(Colours)),
        (guards.RATE_COOKIE, "rate", tuple(Rate)),
    ):
        choice = form.get(field, "")
        if choice in choices:
            response.set_cookie(cookie, choice, max_age=YEAR, samesite="Lax", secure=security.is_secure())
    return response
