"""Tokens: shown once, never stronger than their owner, and unusable after revocation."""

import asyncio
import re
from uuid import UUID

import httpx
import pytest

from app.accounts.tokens import bearer, secret
from app.identity import Role, secret_hash
from app.settings.load import Settings
from app.settings.sections import LimitsSection
from tests.api.conftest import BOB, PAGE, get, new_token
from tests.pipeline.conftest import EMAIL, Desk
from tests.support.people_pages import add, audit_entries, user_id
from tests.support.ports import free_port

ME = "/api/v1/me"


async def rows(desk: Desk) -> list[dict[str, object]]:
    async with desk.context.pools.own.acquire() as connection:
        return [dict(row) for row in await connection.fetch("select * from app.tokens order by created_at")]


async def ids(desk: Desk) -> list[str]:
    return [str(row["id"]) for row in await rows(desk)]


async def change(desk: Desk, statement: str, *values: object) -> None:
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute(statement, *values)


async def keep(desk: Desk, user: UUID, hash_: str) -> None:
    await change(
        desk, "insert into app.tokens (user_id, name, token_hash, scope) values ($1, 'x', $2, 'read')", user, hash_
    )


PATIENCE = 15.0  # for a machine that has more to do; how long a token is believed is looked at by itself


async def until_refused(desk: Desk, token: str, path: str = ME, status: int = 401) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await get(desk, path, token)).status_code != status:
            await asyncio.sleep(0.05)


def test_a_cached_token_is_trusted_for_less_than_two_seconds() -> None:
    assert bearer.FRESH_SECONDS < 2


def test_a_token_has_a_recognisable_form() -> None:
    tokens = {secret.new_token() for _ in range(200)}

    assert len(tokens) == 200
    assert all(secret.is_token(token) and len(token) == 52 for token in tokens)
    token = tokens.pop()
    for wrong in (token[:-1], token + "0", token[:-7] + token[-6:], f"ts_{'A' * 49}", token.swapcase(), "", "ts_"):
        assert not secret.is_token(wrong)


async def test_a_token_is_shown_once_and_stored_as_a_hash(desk: Desk) -> None:
    async with desk.client() as client:
        token = await new_token(client, "jobs", "<b>Bob's</b>")
        again = (await client.get("/account/tokens", headers=PAGE)).text
    (row,) = await rows(desk)
    answer = await get(desk, ME, token)

    assert token not in again
    assert "&lt;b&gt;Bob&#39;s&lt;/b&gt;" in again
    assert row["token_hash"] == secret_hash(token)
    assert token not in str(row)
    assert (answer.status_code, answer.json()["email"], answer.json()["scope"]) == (200, EMAIL, "jobs")
    assert ("alice@example.org", "make_token", "ok", "<b>Bob's</b>, jobs, 30 days") in await audit_entries(desk)
    assert not any(token in str(entry) for entry in await audit_entries(desk))


async def test_an_invalid_choice_has_an_error_beside_its_field_and_creates_no_token(desk: Desk) -> None:
    good = {"name": "Cron job", "scope": "read", "days": "30"}
    async with desk.client() as client:
        for wrong in (
            {"name": ""},
            {"name": "x" * 61},
            {"name": "a\x00b"},
            {"name": "\u202e"},
            {"scope": "admin"},
            {"scope": "root"},
            {"days": "31"},
            {"days": "1e9"},
        ):
            answer = await client.post("/account/tokens", data={**good, **wrong}, headers=PAGE)
            assert answer.status_code == 422, wrong
            assert len(re.findall(r'class="error"', answer.text)) == 1, wrong

    assert await rows(desk) == []


async def test_simultaneous_requests_cannot_create_more_than_twenty_tokens(desk: Desk) -> None:
    user = await user_id(desk)
    for number in range(18):
        await keep(desk, user, str(number))
    async with desk.client() as client:
        sent = {"name": "one more", "scope": "read", "days": ""}
        answers = await asyncio.gather(*(client.post("/account/tokens", data=sent, headers=PAGE) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [303, 303, 422, 422, 422]
    assert len(await rows(desk)) == 20


async def test_creating_tokens_is_rate_limited(desk: Desk) -> None:
    sent = {"name": "again", "scope": "read", "days": "30"}
    async with desk.client() as client:
        for _ in range(30):
            await client.post("/account/tokens", data=sent)
            await change(desk, "delete from app.tokens")
        answer = await client.post("/account/tokens", data=sent)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert (EMAIL, "make_token", "limited", "") in await audit_entries(desk)


async def test_a_token_that_is_revoked_is_refused_soon(desk: Desk) -> None:
    async with desk.client() as client:
        token = await new_token(client)
        assert (await get(desk, ME, token)).status_code == 200
        (token_id,) = await ids(desk)
        page = await client.get(f"/account/tokens/{token_id}", headers=PAGE)
        answer = await client.post(f"/account/tokens/{token_id}")
        again = await client.post(f"/account/tokens/{token_id}")

    assert "Revoke Cron job" in page.text
    assert (answer.status_code, again.status_code) == (303, 404)
    await until_refused(desk, token)
    assert (EMAIL, "revoke_token", "ok", "Cron job") in await audit_entries(desk)


async def test_a_token_that_one_process_revokes_is_refused_by_the_other(desk: Desk) -> None:
    beside = Desk(desk.settings.model_copy(update={"port": free_port()}))
    await beside.start()
    try:
        async with desk.client() as client:
            token = await new_token(client)
            assert (await get(beside, ME, token)).status_code == 200
            (token_id,) = await ids(desk)
            await client.post(f"/account/tokens/{token_id}")

        await until_refused(beside, token)
    finally:
        await beside.stop()


async def test_the_token_of_another_person_is_a_404(desk: Desk, admin: httpx.AsyncClient) -> None:
    async with desk.client() as client:
        await new_token(client)
    (token_id,) = await ids(desk)

    for answer in (
        await admin.get(f"/account/tokens/{token_id}"),
        await admin.post(f"/account/tokens/{token_id}"),
        await admin.post(f"/admin/users/{await user_id(desk, BOB)}/tokens", data={"token": token_id}),
    ):
        assert answer.status_code == 404
    assert await ids(desk) == [token_id]


async def test_administrators_can_revoke_the_tokens_of_others(desk: Desk, admin: httpx.AsyncClient) -> None:
    async with desk.client() as client:
        token = await new_token(client)
    (token_id,), place = await ids(desk), f"/admin/users/{await user_id(desk)}/tokens"

    page = await admin.get(place, headers=PAGE)
    wrong = await admin.post(place, data={"token": "x"})
    answer = await admin.post(place, data={"token": token_id})

    assert "Cron job" in page.text
    assert token not in page.text
    assert (wrong.status_code, answer.status_code) == (404, 303)
    assert (await get(desk, ME, token)).status_code == 401
    assert (BOB, "revoke_token", "ok", f"Cron job, of {EMAIL}") in await audit_entries(desk)


async def test_a_token_expires(desk: Desk) -> None:
    async with desk.client() as client:
        token = await new_token(client)
        await change(desk, "update app.tokens set expires_at = now()")
        answer, page = await get(desk, ME, token), await client.get("/account/tokens", headers=PAGE)

    assert answer.status_code == 401
    assert "<dt>Ended</dt>" in page.text


async def test_a_token_is_never_stronger_than_its_owner(desk: Desk, admin: httpx.AsyncClient) -> None:
    token, reader = await new_token(admin, "admin"), await new_token(admin, "read")
    assert (await get(desk, ME, token)).json()["role"] == "admin"
    assert (await get(desk, ME, reader)).json()["role"] == "user"

    await change(desk, "update app.users set role = 'user' where email = $1", BOB)
    async with asyncio.timeout(PATIENCE):
        while (me := (await get(desk, ME, token)).json())["role"] == "admin":
            await asyncio.sleep(0.05)
    assert (me["role"], me["scope"]) == ("user", "jobs")

    await change(desk, "update app.users set active = false where email = $1", BOB)
    await until_refused(desk, token)


async def test_a_token_opens_no_page_stream_or_socket(desk: Desk, admin: httpx.AsyncClient) -> None:
    token = await new_token(admin, "admin")

    for path in ("/", "/symbols", "/account", "/account/tokens", "/admin/users", "/stream?topics=patterns", "/metrics"):
        assert (await get(desk, path, token)).status_code == 401, path
    assert (await get(desk, "/", token, **PAGE)).headers["Location"].startswith("/login")
    page = await admin.get("/account", headers={**PAGE, "Authorization": "Bearer nothing"})
    assert page.status_code == 200


async def test_a_token_takes_precedence_over_a_cookie(desk: Desk) -> None:
    async with desk.client() as client:
        by_cookie = await client.get(ME)
        wrong = await client.get(ME, headers={"Authorization": f"Bearer {secret.new_token()}"})

    assert (by_cookie.status_code, by_cookie.json()["scope"]) == (200, None)
    assert wrong.status_code == 401


async def test_the_last_use_of_a_token_is_stored_once_a_minute(desk: Desk) -> None:
    async with desk.client() as client:
        token = await new_token(client)
    assert [row["last_used_at"] for row in await rows(desk)] == [None]

    await get(desk, ME, token)
    (first,) = [row["last_used_at"] for row in await rows(desk)]
    await asyncio.gather(*(get(desk, ME, token) for _ in range(5)))
    (second,) = [row["last_used_at"] for row in await rows(desk)]

    assert first is not None
    assert first == second
    await change(desk, "update app.tokens set last_used_at = now() - interval '2 minutes'")
    desk.app.extensions["tokens"].forget()
    await get(desk, ME, token)
    (third,) = [row["last_used_at"] for row in await rows(desk)]
    assert third > first  # type: ignore[operator]


async def test_wrong_tokens_are_limited_and_audited_once_while_valid_ones_work(desk: Desk) -> None:
    async with desk.client() as client:
        right = await new_token(client)
    wrong = [secret.new_token(), "ts_short", "?", "a b", "x" * 5000]
    for number in range(30):
        answer = await get(desk, ME, wrong[number % len(wrong)])
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    limited = await get(desk, ME, secret.new_token())

    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) >= 1
    assert limited.headers["Content-Type"] == "application/problem+json"
    assert (await get(desk, ME, right)).status_code == 200
    refusals = [entry for entry in await audit_entries(desk) if entry[1] == "refuse_token"]
    assert refusals == [("", "refuse_token", "refused", "not known, or revoked")]


async def test_a_token_without_the_needed_scope_is_refused_and_audited_once_a_minute(desk: Desk) -> None:
    async with desk.client() as client:
        tokens = [await new_token(client, name=name) for name in ("Cron job", "Notebook")]
    answers = [await get(desk, "/api/v1/audit", token) for token in tokens * 3]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    refusals = [entry for entry in await audit_entries(desk) if entry[1] == "refuse_token"]
    assert refusals == [
        (EMAIL, "refuse_token", "refused", f"{name}: read, where it takes admin") for name in ("Cron job", "Notebook")
    ]
    assert (await get(desk, ME, tokens[0])).status_code == 200


@pytest.fixture
def strict(settings: Settings) -> Settings:
    return settings.model_copy(update={"limits": LimitsSection(per_token=3, per_user=4)})


async def test_each_token_has_its_own_rate_limit(strict: Settings) -> None:
    desk = Desk(strict)
    await desk.start()
    try:
        await add(desk, EMAIL, Role.USER)
        user, tokens = await user_id(desk), [secret.new_token() for _ in range(2)]
        for token in tokens:
            await keep(desk, user, secret_hash(token))
        answers = [await get(desk, ME, tokens[0]) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert (await get(desk, ME, tokens[1])).status_code == 200
    finally:
        await desk.stop()
