"""Secrets that are shown once: between two requests only the browser's cookie holds them."""

from typing import NamedTuple

from quart import Response, request

from app.web import security

SECONDS = 60
"""Lifetime of the cookie."""


class OneTimeSecret(NamedTuple):
    cookie: str
    page: str
    """Path of the page that shows the secret."""

    def redirect(self, secret: str) -> Response:
        """Redirects to the page, with the secret in the cookie."""
        response = Response("", 303, {"Location": self.page})
        response.set_cookie(
            self.cookie,
            secret,
            max_age=SECONDS,
            path=self.page,
            httponly=True,
            samesite="Strict",
            secure=security.is_secure(),
        )
        return response

    def received(self) -> str:
        """The cookie's value, which anybody may have written."""
        return request.cookies.get(self.cookie, "")

    def delete_cookie(self, response: Response) -> Response:
        """After the page was rendered."""
        if self.cookie in request.cookies:
            response.delete_cookie(
                self.cookie, path=self.page, httponly=True, samesite="Strict", secure=security.is_secure()
            )
        return response
