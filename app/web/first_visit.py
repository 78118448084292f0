"""A hint on what to do next, on the first page after a user's first sign-in."""

from quart import Quart, Response, g, request

from app.web import security

COOKIE = "first"
SECONDS = 600
"""Lifetime of the cookie between the sign-in and that page."""


def install(app: Quart) -> None:
    app.after_request(_remember)


def note() -> None:
    """Marks this answer as a user's first sign-in."""
    g.first_visit = True


def is_due() -> bool:
    return COOKIE in request.cookies and not request.path.startswith("/account")


def delete_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=security.is_secure())
    return response


async def _remember(response: Response) -> Response:
    if g.get("first_visit"):
        secure = security.is_secure()
        response.set_cookie(COOKIE, "1", max_age=SECONDS, httponly=True, samesite="Lax", secure=secure)
    return response
