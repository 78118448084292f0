"""A shifted system clock signs nobody out or in, and locks nobody out."""

import time
from uuid import uuid4

import pytest
from itsdangerous import TimestampSigner

from app import deps
from app.accounts import throttle
from app.identity import Role
from tests.security.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = 3600
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


def turn(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """The wall clock alone, for all who ask Python for it."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(real() + seconds))


@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
async def test_a_shifted_system_clock_ends_no_session(
    site: Site, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    before = {**PAGE, "Cookie": site.cookie(await site.new_session(Role.ADMIN))}
    turn(monkeypatch, seconds)

    after = {**PAGE, "Cookie": site.cookie(await site.new_session(Role.ADMIN))}
    for headers in (before, after):
        answer = await site.app.test_client(False).get("/account", headers=headers)
        assert answer.status_code == 200


async def test_a_shifted_system_clock_revives_no_ended_session(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = {**PAGE, "Cookie": site.cookie(await site.ended_session(Role.ADMIN))}
    for seconds in (-HOUR, HOUR):
        with monkeypatch.context() as clock:
            turn(clock, seconds)
            assert (await site.app.test_client(False).get("/account", headers=cookie)).status_code == 303


@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
async def test_a_shifted_system_clock_neither_resets_nor_extends_a_rate_limit(
    site: Site, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    limits, email = deps.context_of(site.app).limits, f"{uuid4()}@example.org"
    spent = [await throttle.wait_to_sign_in(limits, email, str(uuid4())) for _ in range(11)]
    assert spent[:10] == [None] * 10

    turn(monkeypatch, seconds)

    assert await throttle.wait_to_sign_in(limits, email, str(uuid4()))
    assert await throttle.wait_to_sign_in(limits, f"{uuid4()}@example.org", str(uuid4())) is None
