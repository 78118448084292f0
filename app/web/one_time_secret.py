"""Secrets that are shown once: on their way they are in the browser of who asked for them, and nowhere else."""

from typing import NamedTuple

from quart import Response, request

from app.web import security

SECONDS = 60
"""For which one may be on its way to the page that shows it."""


class OneTimeSecret(NamedTuple):
    cookie: str
    page: str
    """The path of the one page that shows it."""

    def redirect(self, secret: str) -> Response:
        """To that page, with the secret."""
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
        """Whatever the browser brings, which anybody may have written."""
        return request.cookies.get(self.cookie, "")

    def delete_cookie(self, response: Response) -> Response:
        """The page has been drawn: what it showed is gone."""
        if self.cookie in request.cookies:
            response.delete_cookie(
                self.cookie, path=self.page, httponly=True, samesite="Strict", secure=security.is_secure()
            )
        return response
