"""The account page: what it shows, which sessions it ends, and how a password is changed."""

import asyncio
import re

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap, passwords
from app.db.pools import Pool
from app.identity import Role
from tests.support.signin import EMAIL, NAVIGATION, PASSWORD, RIGHT, sign_in, status

NEW = "another train with two bars"
CHANGE = {"current": PASSWORD, "new": NEW, "again": NEW}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)


async def text(client: Client, path: str = "/account") -> str:
    answer = await client.get(path, headers=NAVIGATION)
    assert answer.status_code == 200
    return await answer.get_data(as_text=True)


async def session_ids(client: Client) -> list[str]:
    """What stands for each session that can be ended."""
    return re.findall(r'name="session" value="([0-9a-f]{64})"', await text(client))


async def sign_in_elsewhere(app: Quart, agent: str = FIREFOX) -> tuple[Client, str]:
    client = app.test_client()
    answer = await client.post("/login", form=RIGHT, headers={"User-Agent": agent})
    return client, answer.headers.getlist("Set-Cookie")[0].split(";")[0]


async def audit_entries(pool: Pool, action: str) -> list[tuple[str, str, str]]:
    async with pool.acquire() as connection:
        rows = await connection.fetch("select * from app.audit where action = $1 order by id", action)
    assert all(row["actor"] == EMAIL and row["ip"] for row in rows)
    assert all(row["session"] for row in rows)
    assert not any(secret in str(tuple(row)) for row in rows for secret in (PASSWORD, NEW))
    return [(row["action"], row["outcome"], row["detail"]) for row in rows]


async def test_the_account_page_shows_the_address_and_all_sessions(app: Quart, client: Client) -> None:
    await sign_in(client)
    alone = await text(client)
    await sign_in_elsewhere(app)
    await sign_in_elsewhere(app, "<b>Evil</b>\u202e")
    page = await text(client)

    assert "You are signed in nowhere else." in alone
    assert EMAIL in page
    assert "<dd>user</dd>" in page
    assert page.count("(this one)") == 1
    assert "<b>Firefox on Linux</b>" in page
    assert "<b>An unknown program</b>" in page
    assert "Evil" not in page
    assert len(await session_ids(client)) == 2
    assert 'href="/account"' in page


async def test_ending_one_session_leaves_the_others(app: Quart, client: Client, pool: Pool) -> None:
    own = await sign_in(client)
    _, first = await sign_in_elsewhere(app)
    before = await session_ids(client)
    _, second = await sign_in_elsewhere(app)
    (session_id,) = set(await session_ids(client)) - set(before)

    ended = await client.post("/account/sessions", form={"session": session_id})
    again = await client.post("/account/sessions", form={"session": session_id})

    assert (ended.status_code, ended.headers["Location"], again.status_code) == (303, "/account", 404)
    assert [await status(app, cookies) for cookies in (own, first, second)] == [200, 200, 303]
    assert await audit_entries(pool, "end_sessions") == [("end_sessions", "ok", "sessions: 1")]


async def test_all_other_sessions_end_at_once_and_are_audited_once(app: Quart, client: Client, pool: Pool) -> None:
    own = await sign_in(client)
    others = [(await sign_in_elsewhere(app))[1] for _ in range(3)]

    for _ in range(2):
        assert (await client.post("/account/sessions", form={"session": "others"})).status_code == 303

    assert await status(app, own) == 200
    assert [await status(app, cookies) for cookies in others] == [303] * 3
    assert await audit_entries(pool, "end_sessions") == [("end_sessions", "ok", "sessions: 3")]


async def test_the_session_of_another_person_is_a_404(app: Quart, client: Client, pool: Pool) -> None:
    await bootstrap.create_user(pool, "bob@example.org", Role.ADMIN, PASSWORD)
    theirs = await sign_in(client)
    await sign_in_elsewhere(app)
    bob = app.test_client()
    await bob.post("/login", form={"email": "bob@example.org", "password": PASSWORD})

    answers = [
        await bob.post("/account/sessions", form={"session": each})
        for each in (*await session_ids(client), "a" * 64, "", "\x00", "\u00e9" * 64, "x" * 9000)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert await status(app, theirs) == 200
    assert len(await session_ids(client)) == 1
    assert await session_ids(bob) == []


async def test_a_get_request_ends_no_session(app: Quart, client: Client) -> None:
    await sign_in(client)
    _, other = await sign_in_elsewhere(app)

    answer = await client.get("/account/sessions?session=others")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert await status(app, other) == 200


async def test_ending_the_current_session_signs_out(app: Quart, client: Client, pool: Pool) -> None:
    own = await sign_in(client)
    other, _ = await sign_in_elsewhere(app)
    answer = await client.post("/account/sessions", form={"session": (await session_ids(other))[0]})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert await status(app, own) == 303
    assert await audit_entries(pool, "logout") == [("logout", "ok", "")]


async def test_a_new_password_ends_all_other_sessions_and_renews_the_current_one(
    app: Quart, client: Client, pool: Pool
) -> None:
    before = await sign_in(client)
    _, other = await sign_in_elsewhere(app)

    changed = await client.post("/account/password", form=CHANGE)

    own = next(header for header in changed.headers.getlist("Set-Cookie") if header.startswith("ts=")).split(";")[0]
    assert (changed.status_code, changed.headers["Location"]) == (303, "/account")
    assert [await status(app, cookies) for cookies in (before, other, own)] == [303, 303, 200]
    assert "when the password was changed" in await text(client)
    assert (await app.test_client().post("/login", form=RIGHT)).status_code == 422
    assert (await app.test_client().post("/login", form={**RIGHT, "password": NEW})).status_code == 303
    assert await audit_entries(pool, "change_password") == [("change_password", "ok", "")]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "current"),
        ({**CHANGE, "current": "x" * 2000}, "current"),
        ({**CHANGE, "current": ""}, "current"),
        ({**CHANGE, "new": "short", "again": "short"}, "new"),
        ({**CHANGE, "new": EMAIL, "again": EMAIL}, "new"),
        ({**CHANGE, "new": PASSWORD, "again": PASSWORD}, "new"),
        ({**CHANGE, "again": NEW + "x"}, "again"),
    ],
)
async def test_an_invalid_new_password_has_an_error_beside_its_field(
    client: Client, pool: Pool, sent: dict[str, str], field: str
) -> None:
    await sign_in(client)

    answer = await client.post("/account/password", form=sent)
    page = await answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert re.search(rf'id="{field}-error"', page)
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true"[^>]* autofocus', page)
    assert not any(f'value="{each}"' in page for each in (PASSWORD, NEW, "short"))
    assert await audit_entries(pool, "change_password") == []


async def test_a_wrong_current_password_changes_nothing(app: Quart, client: Client, pool: Pool) -> None:
    own = await sign_in(client)

    answer = await client.post("/account/password", form={**CHANGE, "current": "something quite different"})

    assert answer.status_code == 422
    assert 'id="current-error"' in await answer.get_data(as_text=True)
    assert await status(app, own) == 200
    assert (await app.test_client().post("/login", form=RIGHT)).status_code == 303
    assert await audit_entries(pool, "change_password") == [("change_password", "failed", "")]


async def test_guesses_at_the_current_password_are_counted_before_they_are_hashed(
    app: Quart, client: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = await sign_in(client)
    verify, verified = passwords.verify, []

    async def recording_verify(password_hash: str | None, password: str) -> passwords.Verification:
        verified.append(password)
        return await verify(password_hash, password)

    monkeypatch.setattr(passwords, "verify", recording_verify)
    guesses = [{**CHANGE, "current": f"guess number {n}"} for n in range(14)]
    answers = await asyncio.gather(*(client.post("/account/password", form=each) for each in guesses))

    assert sorted(answer.status_code for answer in answers) == [422] * 10 + [429] * 4
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)
    assert len(verified) == 10
    assert (await client.post("/account/password", form=CHANGE)).status_code == 429
    assert [outcome for _, outcome, _ in await audit_entries(pool, "change_password")].count("limited") == 5
    assert await status(app, own) == 200
    assert (await app.test_client().post("/login", form=RIGHT)).status_code == 303


async def test_one_of_two_simultaneous_password_changes_succeeds(
    app: Quart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_verified, verify = asyncio.Barrier(2), passwords.verify

    async def verify_together(password_hash: str | None, password: str) -> passwords.Verification:
        verification = await verify(password_hash, password)
        await both_verified.wait()
        return verification

    await sign_in(client)
    other, _ = await sign_in_elsewhere(app)
    words = ("first of two trains home", "second of two trains home")

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "verify", verify_together)
        answers = await asyncio.gather(
            *(
                each.post("/account/password", form={"current": PASSWORD, "new": new, "again": new})
                for each, new in zip((client, other), words, strict=True)
            )
        )

    winner = [answer.headers.get("Location") for answer in answers].index("/account")
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    entered = [(await app.test_client().post("/login", form={**RIGHT, "password": each})).status_code for each in words]
    assert entered == ([303, 422] if winner == 0 else [422, 303])
