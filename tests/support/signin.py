"""Signs in by the form, with the credentials of the first administrator."""

from quart import Quart
from quart.typing import TestClientProtocol as Client

EMAIL, PASSWORD = "alice@example.org", "trades on a train with one bar"

RIGHT = {"email": EMAIL, "password": PASSWORD}

NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


async def sign_in(client: Client) -> str:
    response = await client.post("/login", form=RIGHT)
    assert response.status_code == 303
    return cookie(response.headers.getlist("Set-Cookie"))


def cookie(headers: list[str]) -> str:
    return next(header.split(";")[0] for header in headers if header.startswith(("ts=", "__Host-ts=")))


async def status(app: Quart, cookies: str) -> int:
    """The status of a page that needs a sign-in, for a browser with only these cookies."""
    return (await app.test_client(False).get("/seen", headers={**NAVIGATION, "Cookie": cookies})).status_code
