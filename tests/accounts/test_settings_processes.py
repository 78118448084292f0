"""A change of settings is seen by every web process at once."""

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app import deps
from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from app.server.factory import create_app
from tests.support.signin import EMAIL, PASSWORD, sign_in

SETTINGS = {"density": "dense", "theme": "dark", "data": "all", "home": "desk", "version": "0"}
SETTINGS |= {"zone": "", "numbers": "point", "colours": "green-red", "rate": ""}


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)


async def is_dark(client: Client) -> bool:
    return 'class="dark"' in await (await client.get("/account")).get_data(as_text=True)


async def test_the_page_of_another_process_has_new_settings_at_once(app: Quart, client: Client) -> None:
    beside = create_app(deps.context_of(app).settings)
    async with beside.test_app():
        there = beside.test_client()
        await sign_in(client)
        await sign_in(there)
        assert [await is_dark(each) for each in (client, there)] == [False, False]

        answer = await client.post("/settings", form=SETTINGS)
        # Both keep the row of a user for longer than this takes.
        dark = [await is_dark(each) for each in (there, client)]

        await there.post("/settings", form={**SETTINGS, "theme": "light", "version": "1"})
        after = [await is_dark(each) for each in (client, there)]

    assert (answer.status_code, dark, after) == (303, [True, True], [False, False])
