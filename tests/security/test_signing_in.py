"""The cost and the answers of sign-ins: equal for all accounts, and health checks are not delayed."""

import asyncio
import re
from collections import Counter

import httpx
import pytest
from argon2 import PasswordHasher

from app.accounts import bootstrap
from app.identity import Role
from app.settings.load import Settings
from tests.pipeline.conftest import EMAIL, PASSWORD, Desk, settings

__all__ = ["settings"]

NAMES = (EMAIL, "nobody@example.org", "closed@example.org")


async def answer(client: httpx.AsyncClient, email: str, number: int) -> tuple[int, str, dict[str, str]]:
    sent = {"X-Forwarded-For": f"192.0.2.{number}", "Accept": "text/html"}
    response = await client.post("/login", data={"email": email, "password": "not this one at all"}, headers=sent)
    plain = re.sub(r'nonce="[^"]*"|' + "|".join(map(re.escape, NAMES)), "", response.text)
    headers = {
        name: value for name, value in response.headers.items() if name not in ("date", "content-security-policy")
    }
    return response.status_code, plain, headers | {"content-length": ""}


@pytest.fixture
def proxied(settings: Settings) -> Settings:
    return settings.model_copy(update={"proxy_hops": 1})


async def test_known_disabled_and_unknown_accounts_get_identical_answers_at_the_same_cost(
    proxied: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    verify = PasswordHasher.verify

    def counting_verify(self: PasswordHasher, password_hash: str | bytes, password: str | bytes) -> bool:
        hashes.append(str(password_hash)[:40])
        return bool(verify(self, password_hash, password))

    monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
    desk = Desk(proxied)
    await desk.start()
    await desk.enter()
    await bootstrap.create_user(desk.context.pools.own, "closed@example.org", Role.USER, PASSWORD)
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("update app.users set active = false where email = 'closed@example.org'")
    hashes.clear()
    async with desk.client() as client:
        client.cookies.clear()
        emails = (EMAIL, "closed@example.org", "nobody@example.org")
        answers = [await answer(client, email, number) for number, email in enumerate(emails)]
    await desk.stop()

    assert answers[0][0] == 422
    assert answers[0] == answers[1] == answers[2]
    # The same work: as many hashes, of the same parameters.
    assert len(hashes) == 3
    assert len({hash_text.rpartition("$")[0].rpartition("$")[0] for hash_text in hashes}) == 1


async def test_health_checks_are_answered_during_forty_simultaneous_sign_ins(proxied: Settings) -> None:
    desk = Desk(proxied)
    await desk.start()
    async with desk.client() as client:
        client.timeout = httpx.Timeout(60)
        guesses = [asyncio.create_task(answer(client, f"p{number}@example.org", number)) for number in range(40)]
        lives = 0
        while not all(guess.done() for guess in guesses):
            assert (await client.get("/health")).status_code == 200
            lives += 1
            await asyncio.wait(guesses, timeout=0.02)  # whoever asks all the time takes what the hashes need
        statuses = Counter(guess.result()[0] for guess in guesses)
    await desk.stop()

    assert lives > 1
    assert statuses[422] >= 10
    assert set(statuses) <= {422, 503}
