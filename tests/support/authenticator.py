"""A telephone that shows codes, and a person who has set it up."""

import re
import time

import pyotp
from quart.typing import TestClientProtocol as Client

from tests.support.signin import NAVIGATION, PASSWORD, RIGHT

STEP = 30


class AuthenticatorApp:
    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)

    def code(self, steps: int = 1) -> str:
        """Of the step that follows: it counts already, even after the one by which it was set up."""
        return self._totp.at(int(time.time()) + steps * STEP)

    def wrong(self) -> str:
        now = {self.code(step) for step in range(-3, 4)}
        return next(each for each in (f"{n:06}" for n in range(10)) if each not in now)


async def text(client: Client, path: str) -> str:
    answer = await client.get(path, headers=NAVIGATION)
    assert answer.status_code == 200, answer.headers
    return await answer.get_data(as_text=True)


async def enroll(client: Client) -> tuple[AuthenticatorApp, list[str]]:
    """By who is signed in: the telephone, whose code of the moment is used already, and the recovery codes."""
    started = await client.post("/account/totp", form={"password": PASSWORD})
    assert (started.status_code, started.headers["Location"]) == (303, "/account/totp/confirm")
    secret = re.search(r'<code class="secret">([A-Z2-7]{32})</code>', await text(client, "/account/totp/confirm"))
    assert secret
    telephone = AuthenticatorApp(secret[1])
    done = await client.post("/account/totp/confirm", form={"code": telephone.code(0)})
    assert (done.status_code, done.headers["Location"]) == (303, "/account/totp/codes")
    return telephone, re.findall(r"<code>([a-z2-7-]{27})</code>", await text(client, "/account/totp/codes"))


async def half_signed_in(client: Client) -> None:
    """The right password has been given."""
    answer = await client.post("/login", form=RIGHT)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login/code")
