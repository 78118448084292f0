"""A telephone that shows codes, and a person who has set it up."""

import re
import time

import pyotp
from quart.typing import TestClientProtocol as Client

from tests.accounts.test_sessions import NAVIGATION, PASSWORD, RIGHT

STEP = 30


class Telephone:
    def __init__(self, secret: str) -> None:
        self._made = pyotp.TOTP(secret)

    def code(self, steps: int = 1) -> str:
        """Of the step that follows: it counts already, even after the one by which it was set up."""
        return self._made.at(int(time.time()) + steps * STEP)

    def wrong(self) -> str:
        now = {self.code(step) for step in range(-3, 4)}
        return next(each for each in (f"{n:06}" for n in range(10)) if each not in now)


async def text(client: Client, path: str) -> str:
    answer = await client.get(path, headers=NAVIGATION)
    assert answer.status_code == 200, answer.headers
    return await answer.get_data(as_text=True)


async def enrolled(client: Client) -> tuple[Telephone, list[str]]:
    """By who is signed in: the telephone, whose code of the moment is used already, and the recovery codes."""
    begun = await client.post("/account/totp", form={"password": PASSWORD})
    assert (begun.status_code, begun.headers["Location"]) == (303, "/account/totp/confirm")
    secret = re.search(r'<code class="secret">([A-Z2-7]{32})</code>', await text(client, "/account/totp/confirm"))
    assert secret
    telephone = Telephone(secret[1])
    done = await client.post("/account/totp/confirm", form={"code": telephone.code(0)})
    assert (done.status_code, done.headers["Location"]) == (303, "/account/totp/codes")
    return telephone, re.findall(r"<code>([a-z2-7-]{27})</code>", await text(client, "/account/totp/codes"))


async def half_way(client: Client) -> None:
    """The right password has been given."""
    answer = await client.post("/login", form=RIGHT)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login/code")
