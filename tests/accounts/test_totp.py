"""Two-step sign-in: what is asked, what works once, and that nothing opens between the steps."""

import asyncio

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client
from redis.asyncio import Redis

from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from tests.support.authenticator import enroll, half_signed_in, text
from tests.support.signin import EMAIL, NAVIGATION, PASSWORD, RIGHT, cookie, sign_in, status


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)


@pytest.fixture
def other(app: Quart) -> Client:
    """Another browser of hers."""
    return app.test_client()


async def audit_entries(pool: Pool, *actions: str) -> list[tuple[str, str, str]]:
    async with pool.acquire() as connection:
        rows = await connection.fetch("select * from app.audit where action = any($1) order by id", actions)
    return [(row["action"], row["outcome"], row["detail"]) for row in rows]


async def test_signing_in_with_codes_needs_the_password_and_then_a_code(
    app: Quart, client: Client, other: Client, pool: Pool
) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)

    login = await other.post("/login", form={**RIGHT, "next": "/seen?symbol=IBM"})
    page = await text(other, login.headers["Location"])
    before = (await other.get("/seen", headers=NAVIGATION)).status_code
    entered = await other.post("/login/code", form={"code": telephone.code(), "next": "/seen?symbol=IBM"})

    assert login.headers["Location"] == "/login/code?next=%2Fseen%3Fsymbol%3DIBM"
    assert not any(header.startswith("ts=") for header in login.headers.getlist("Set-Cookie"))
    assert 'value="/seen?symbol=IBM"' in page
    assert before == 303
    assert (entered.status_code, entered.headers["Location"]) == (303, "/seen?symbol=IBM")
    assert await status(app, cookie(entered.headers.getlist("Set-Cookie"))) == 200
    assert await audit_entries(pool, "login", "login_code", "codes_on") == [
        ("login", "ok", ""),
        ("codes_on", "ok", ""),
        ("login", "needs_code", ""),
        ("login", "ok", "code"),
    ]


async def test_the_cookie_between_password_and_code_opens_nothing_and_is_stored_as_a_hash(
    app: Quart, client: Client, other: Client, redis_url: str
) -> None:
    await sign_in(client)
    await enroll(client)
    answer = await other.post("/login", form=RIGHT)
    header = answer.headers.getlist("Set-Cookie")[0]
    sid = header.split(";")[0].partition("=")[2]

    redis = Redis.from_url(redis_url)
    keys = [key async for key in redis.scan_iter("ts:sess:half:*")]
    left = await redis.ttl(keys[0])
    await redis.aclose()

    assert "HttpOnly" in header
    assert "SameSite=Strict" in header
    assert len(keys) == 1
    assert sid.encode() not in keys[0]
    assert 0 < left <= 300
    for name in ("ts", "half"):
        assert await status(app, f"{name}={sid}") == 303
    assert (await app.test_client().get("/login/code")).headers["Location"] == "/login"


async def test_a_code_counts_once_even_when_it_is_sent_twice_at_once(app: Quart, client: Client, other: Client) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)
    browsers = [app.test_client(), app.test_client(), other]
    for browser in browsers:
        await half_signed_in(browser)
    code = telephone.code()

    answers = await asyncio.gather(*(each.post("/login/code", form={"code": code}) for each in browsers))
    earlier = await next(
        browser for browser, answer in zip(browsers, answers, strict=True) if answer.status_code == 422
    ).post("/login/code", form={"code": telephone.code(0)})

    assert sorted(answer.status_code for answer in answers) == [303, 422, 422]
    assert earlier.status_code == 422


async def test_a_sixth_code_guess_is_not_checked(client: Client, other: Client, pool: Pool) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)
    await half_signed_in(other)

    answers = [await other.post("/login/code", form={"code": telephone.wrong()}) for _ in range(4)]
    late = await other.post("/login/code", form={"code": telephone.code()})

    # Setting it up has taken one of the five.
    assert [answer.status_code for answer in answers] == [422] * 4
    assert (late.status_code, int(late.headers["Retry-After"]) > 0) == (429, True)
    assert (await audit_entries(pool, "login_code"))[-2:] == [
        ("login_code", "failed", ""),
        ("login_code", "limited", ""),
    ]
    assert (await client.get("/seen")).status_code == 200


async def test_each_recovery_code_works_once(app: Quart, client: Client, other: Client, pool: Pool) -> None:
    await sign_in(client)
    _, recovery = await enroll(client)
    await half_signed_in(other)

    first = await other.post("/login/code", form={"code": f" {recovery[0].upper()} "})
    again = app.test_client()
    await half_signed_in(again)
    second = await again.post("/login/code", form={"code": recovery[0]})

    assert len(recovery) == 10
    assert (first.status_code, second.status_code) == (303, 422)
    assert ("login", "ok", "recovery code, 9 left") in await audit_entries(pool, "login")
    async with pool.acquire() as connection:
        stored_rows = str(await connection.fetch("select * from app.recovery_codes"))
    assert not any(code.replace("-", "") in stored_rows or code in stored_rows for code in recovery)


async def test_recovery_codes_are_shown_once_and_new_ones_replace_the_old(client: Client, other: Client) -> None:
    await sign_in(client)
    _, old = await enroll(client)
    assert old[0] not in await text(client, "/account/totp/codes")

    wrong_password = await client.post("/account/totp/codes", form={"password": "not this one"})
    await client.post("/account/totp/codes", form={"password": PASSWORD})
    new = await text(client, "/account/totp/codes")
    await half_signed_in(other)
    answer = await other.post("/login/code", form={"code": old[1]})

    assert wrong_password.status_code == 422
    assert new.count("<code>") == 10
    assert not any(code in new for code in old)
    assert answer.status_code == 422


async def test_the_secret_is_encrypted_and_shown_only_to_the_session_that_set_it_up(
    client: Client, other: Client, pool: Pool
) -> None:
    await sign_in(client)
    await sign_in(other)
    await client.post("/account/totp", form={"password": PASSWORD})
    page = await text(client, "/account/totp/confirm")
    elsewhere = await other.get("/account/totp/confirm")
    async with pool.acquire() as connection:
        sealed = await connection.fetchval("select secret from app.second_steps")

    secret = page.partition('class="secret">')[2][:32]
    assert secret.isalnum()
    assert secret.encode() not in sealed
    assert "<svg" in page
    assert elsewhere.headers["Location"] == "/account/totp"
    assert (await client.post("/login", form=RIGHT)).headers["Location"] == "/"


async def test_codes_are_turned_off_by_password_and_code_together(client: Client, other: Client, pool: Pool) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)

    no_password = await client.post("/account/totp/off", form={"password": "not this one", "code": telephone.code()})
    no_code = await client.post("/account/totp/off", form={"password": PASSWORD, "code": telephone.wrong()})
    done = await client.post("/account/totp/off", form={"password": PASSWORD, "code": telephone.code()})

    assert 'id="password-error"' in await no_password.get_data(as_text=True)
    assert 'id="code-error"' in await no_code.get_data(as_text=True)
    assert (no_password.status_code, no_code.status_code, done.status_code) == (422, 422, 303)
    assert (await other.post("/login", form=RIGHT)).headers["Location"] == "/"
    async with pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from app.recovery_codes") == 0
    assert [outcome for _, outcome, _ in await audit_entries(pool, "codes_off")] == ["failed", "failed", "ok"]


@pytest.mark.parametrize("path", ["/account/totp", "/account/totp/codes", "/account/totp/off", "/account/totp/confirm"])
async def test_code_guesses_share_one_limit_over_all_forms(client: Client, path: str) -> None:
    await sign_in(client)
    if path.endswith("confirm"):
        await client.post("/account/totp", form={"password": PASSWORD})
    sent = {"password": "a guess that is wrong", "code": "x"}

    answers = [(await client.post(path, form=sent)).status_code for _ in range(11)]

    assert answers[0] == 422
    assert answers[-1] == 429


@pytest.mark.parametrize("sent", [{}, {"code": ""}, {"code": "1" * 200}, {"code": "\x00\ud7ff"}], ids=range(4))
async def test_a_malformed_code_has_an_error_beside_its_field(
    client: Client, other: Client, sent: dict[str, str]
) -> None:
    await sign_in(client)
    await enroll(client)
    await half_signed_in(other)

    answer = await other.post("/login/code", form=sent)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in await answer.get_data(as_text=True)


@pytest.mark.parametrize("change", ["active = false", "session_epoch = session_epoch + 1"])
async def test_a_sign_in_between_password_and_code_ends_when_the_account_changes(
    client: Client, other: Client, pool: Pool, change: str
) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)
    await half_signed_in(other)
    async with pool.acquire() as connection:
        await connection.execute(f"update app.users set {change}")

    answer = await other.post("/login/code", form={"code": telephone.code()})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
