"""Codes sent to two web processes at once work in one of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app import deps
from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from app.server.factory import create_app
from tests.support.authenticator import enroll, half_signed_in
from tests.support.signin import EMAIL, PASSWORD, sign_in


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)


@pytest.fixture
async def clients(app: Quart) -> AsyncIterator[list[Client]]:
    """Two browsers, each half way in by a process of its own."""
    beside = create_app(deps.context_of(app).settings)
    async with beside.test_app():
        yield [app.test_client(), beside.test_client()]


async def statuses_of_codes(clients: list[Client], codes: list[str]) -> Counter[int]:
    sent = [each.post("/login/code", form={"code": code}) for code in codes for each in clients]
    return Counter(answer.status_code for answer in await asyncio.gather(*sent))


async def test_a_recovery_code_sent_to_two_processes_at_once_works_in_one(
    client: Client, clients: list[Client]
) -> None:
    await sign_in(client)
    _, recovery = await enroll(client)
    for each in clients:
        await half_signed_in(each)

    assert await statuses_of_codes(clients, recovery[:1]) == {303: 1, 422: 1}


async def test_a_code_sent_to_two_processes_at_once_works_in_one(client: Client, clients: list[Client]) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)
    for each in clients:
        await half_signed_in(each)

    assert await statuses_of_codes(clients, [telephone.code()]) == {303: 1, 422: 1}


async def test_code_guesses_at_two_processes_are_counted_together(client: Client, clients: list[Client]) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)
    for each in clients:
        await half_signed_in(each)

    # Setting it up has taken one of the five.
    assert await statuses_of_codes(clients, [telephone.wrong()] * 8) == {422: 4, 429: 12}
