"""Sign-in with the right password, complete sign-out, and no information for guesses."""

import asyncio
import re
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client
from redis.asyncio import Redis

from app.accounts import bootstrap, session
from app.db.pools import Pool
from app.identity import Role
from app.server.factory import create_app
from tests.accounts.conftest import settings
from tests.support.signin import EMAIL, NAVIGATION, PASSWORD, RIGHT, sign_in, status


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)


async def test_signing_in_redirects_to_the_requested_page(client: Client) -> None:
    redirect = await client.get("/seen?symbol=IBM", headers=NAVIGATION)
    page = await (await client.get(redirect.headers["Location"])).get_data(as_text=True)
    back = re.search(r'name="next" value="([^"]+)"', page)
    assert back

    entered = await client.post("/login", form={**RIGHT, "next": back[1]})
    elsewhere = await client.post("/login", form={**RIGHT, "next": "//evil.example"})

    assert entered.headers["Location"] == "/seen?symbol=IBM"
    assert elsewhere.headers["Location"] == "/"
    assert (await client.get("/login")).status_code == 303


async def test_the_cookie_is_for_this_host_and_no_script(
    app: Quart, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    plain = await app.test_client().post("/login", form=RIGHT)
    secure = create_app(settings(redis_url, database_url, tmp_path, "https://desk.example"))
    async with secure.test_app():
        hosted = await secure.test_client().post("/login", form=RIGHT, headers={"Origin": "https://desk.example"})

    header = next(value for value in plain.headers.getlist("Set-Cookie") if value.startswith("ts="))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    header = next(value for value in hosted.headers.getlist("Set-Cookie") if value.startswith("__Host-ts="))
    assert "Secure" in header
    assert "Path=/" in header
    assert "Domain" not in header


async def test_a_copied_cookie_is_refused_after_sign_out(app: Quart, client: Client) -> None:
    session_cookie = await sign_in(client)
    assert await status(app, session_cookie) == 200

    out = await client.post("/logout")

    assert (out.status_code, out.headers["Location"]) == (303, "/login")
    assert "Clear-Site-Data" in out.headers
    assert await status(app, session_cookie) == 303
    assert (await client.get("/logout")).status_code == 405


async def test_a_new_sign_in_has_a_new_session_id_and_ends_the_previous_session(app: Quart, client: Client) -> None:
    first = await sign_in(client)
    second = await sign_in(client)

    assert first != second
    assert await status(app, first) == 303
    assert await status(app, second) == 200
    assert await status(app, "ts=made-up") == 303


async def test_redis_stores_session_ids_only_as_hashes(client: Client, redis_url: str) -> None:
    session_id = (await sign_in(client)).partition("=")[2].strip('"').split(".")[0]
    redis = Redis.from_url(redis_url)
    keys = [key async for key in redis.scan_iter("ts:*")]
    dumped = b"".join([await redis.dump(key) or b"" for key in keys])
    await redis.aclose()

    assert len(session_id) > 20
    assert keys
    assert session_id.encode() not in b"".join(keys) + dumped


async def test_a_disabled_account_loses_its_session_when_its_row_is_read_again(
    app: Quart, client: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FRESH_SECONDS", 0.3)
    session_cookie = await sign_in(client)
    assert await status(app, session_cookie) == 200

    async with pool.acquire() as connection:
        await connection.execute("update app.users set active = false")
    async with asyncio.timeout(15):
        while await status(app, session_cookie) == 200:
            await asyncio.sleep(0.05)

    assert (await client.post("/login", form=RIGHT)).status_code == 422


async def test_a_refused_sign_in_does_not_reveal_whether_the_account_exists(client: Client) -> None:
    existing = await client.post("/login", form={"email": EMAIL, "password": "not this one"})
    unknown = await client.post("/login", form={"email": "bob@example.org", "password": "not this one"})
    texts = [
        re.sub(r'nonce="[^"]*"|(alice|bob)@example\.org', "", await answer.get_data(as_text=True))
        for answer in (existing, unknown)
    ]

    assert existing.status_code == unknown.status_code == 422
    assert texts[0] == texts[1]
    assert 'id="password-error"' in texts[0]
    assert "not this one" not in texts[0]


@pytest.mark.parametrize(
    "form", [{}, {"email": "alice"}, {"email": "a\x00@b", "password": "x"}, {"email": EMAIL, "password": "x" * 2000}]
)
async def test_a_malformed_sign_in_has_an_error_beside_its_field(client: Client, form: dict[str, str]) -> None:
    answer = await client.post("/login", form=form)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in await answer.get_data(as_text=True)


async def test_guesses_are_counted_before_they_are_checked(client: Client, pool: Pool) -> None:
    answers = await asyncio.gather(
        *(client.post("/login", form={"email": EMAIL, "password": f"guess {n}"}) for n in range(16)),
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [422] * 10 + [429] * 6
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "select outcome, count(*) from app.audit where action = 'login' group by outcome order by outcome"
        )
    assert [tuple(row) for row in rows] == [("failed", 10), ("limited", 6)]


async def test_a_forwarded_address_without_a_configured_proxy_is_ignored(client: Client) -> None:
    for n in range(12):
        answer = await client.post(
            "/login",
            form={"email": f"user{n}@example.org", "password": "guess"},
            headers={"X-Forwarded-For": f"192.0.2.{n}"},
        )

    assert answer.status_code == 429


async def test_a_request_from_another_site_can_neither_sign_in_nor_out(app: Quart, client: Client) -> None:
    session_cookie = await sign_in(client)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answers = [await client.post(path, form=RIGHT, headers=foreign) for path in ("/login", "/logout")]
    assert [(answer.status_code, "Set-Cookie" in answer.headers) for answer in answers] == [(403, False)] * 2
    assert (await client.get("/logout")).status_code == 405
    assert await status(app, session_cookie) == 200


async def test_every_sign_in_and_sign_out_is_audited_without_secrets(client: Client, pool: Pool) -> None:
    await client.post("/login", form={"email": EMAIL, "password": "wrong guess here"})
    await sign_in(client)
    await client.post("/logout")

    async with pool.acquire() as connection:
        rows = await connection.fetch("select actor, action, outcome, ip, detail from app.audit order by id")
    assert [(row["action"], row["outcome"]) for row in rows] == [
        ("create_user", "ok"),
        ("login", "failed"),
        ("login", "ok"),
        ("logout", "ok"),
    ]
    assert all(row["ip"] for row in rows[1:])
    assert not any("wrong guess" in str(tuple(row)) or PASSWORD in str(tuple(row)) for row in rows)


async def test_without_redis_nobody_can_sign_in_and_the_page_says_so(
    redis_url: str, database_url: str, tmp_path: Path
) -> None:
    nowhere = create_app(settings(f"unix://{tmp_path}/none.sock", database_url, tmp_path))
    async with nowhere.test_app():
        client = nowhere.test_client()
        login = await client.get("/login", headers=NAVIGATION)
        entered = await client.post("/login", form=RIGHT, headers=NAVIGATION)
        health = await client.get("/health")

    assert (login.status_code, entered.status_code, health.status_code) == (200, 503, 200)
    assert entered.headers["Retry-After"]
    assert "Part of TickStock is away" in await entered.get_data(as_text=True)
