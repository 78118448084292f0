"""An authenticator app that shows codes, and steps to set it up."""

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
        """The code `steps` time steps from now. By default the next one: that of the current step was used at set-
        up."""
        return self._totp.at(int(time.time()) + steps * STEP)

    def wrong(self) -> str:
        now = {self.code(step) for step in range(-3, 4)}
        return next(each for each in (f"{n:06}" for n in range(10)) if each not in now)


async def text(client: Client, path: str) -> str:
    answer = await client.get(path, headers=NAVIGATION)
    assert answer.status_code == 200, answer.headers
    return await answer.get_data(as_text=True)


async def enroll(client: Client) -> tuple[AuthenticatorApp, list[str]]:
    """Sets up codes for the signed-in person; returns the app, whose current code is used up, and the recovery
    codes."""
    started = await client.post("/account/totp", form={"password": PASSWORD})
    assert (started.status_code, started.headers["Location"]) == (303, "/account/totp/confirm")
    secret = re.search(r'<code class="secret">([A-Z2-7]{32})</code>', await text(client, "/account/totp/confirm"))
    assert secret
    telephone = AuthenticatorApp(secret[1])
    done = await client.post("/account/totp/confirm", form={"code": telephone.code(0)})
    assert (done.status_code, done.headers["Location"]) == (303, "/account/totp/codes")
    return telephone, re.findall(r"<code>([a-z2-7-]{27})</code>", await text(client, "/account/totp/codes"))


async def half_signed_in(client: Client) -> None:
    """Signs in by password only; the code is still missing."""
    answer = await client.post("/login", form=RIGHT)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login/code")
