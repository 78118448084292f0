"""Sensitive actions ask for the password again, within rate limits and without losing the request."""

import asyncio
import re
from uuid import UUID

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap, passwords, session
from app.db.pools import Pool
from app.identity import Role
from tests.support.authenticator import enroll, text
from tests.support.reauth import BOB, bob_page, forget_code_use, row
from tests.support.signin import EMAIL, NAVIGATION, PASSWORD, sign_in


@pytest.fixture(autouse=True)
async def people(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)
    await bootstrap.create_user(pool, BOB, Role.USER, PASSWORD)


async def test_changing_a_role_needs_the_password_again_some_time_after_sign_in(
    client: Client, pool: Pool, redis_url: str
) -> None:
    await sign_in(client)
    page = await bob_page(pool)
    await forget_code_use(redis_url)
    location = (await client.post(page, form={"do": "promote"}, headers=NAVIGATION)).headers["Location"]
    assert await row(pool, "role") == "user"

    html = await (await client.get(location, headers=NAVIGATION)).get_data(as_text=True)
    back = re.search(r'name="next" value="([^"]+)"', html)
    assert back
    wrong = await client.post("/account/confirm", form={"password": "not that one", "next": back[1]})
    right = await client.post("/account/confirm", form={"password": PASSWORD, "next": back[1]})
    done = await client.post(page, form={"do": "promote"}, headers=NAVIGATION)

    assert location == f"/account/confirm?next={page.replace('/', '%2F')}"
    assert wrong.status_code == 422
    assert 'id="password-error"' in await wrong.get_data(as_text=True)
    assert (right.status_code, right.headers["Location"]) == (303, page)
    assert (done.status_code, done.headers["Location"]) == (303, page)
    assert await row(pool, "role") == "admin"
    async with pool.acquire() as connection:
        rows = await connection.fetch("select * from app.audit where action = 'confirm' order by id")
    assert [(each["outcome"], bool(each["session"])) for each in rows] == [("failed", True), ("ok", True)]
    assert PASSWORD not in str(rows)


async def test_a_fragment_or_api_request_that_needs_the_password_is_a_403_and_changes_nothing(
    client: Client, pool: Pool, redis_url: str
) -> None:
    await sign_in(client)
    page = await bob_page(pool)
    await forget_code_use(redis_url)

    for headers in ({"HX-Request": "true"}, {"Accept": "application/json"}):
        assert (await client.post(page, form={"do": "disable"}, headers=headers)).status_code == 403
    assert await row(pool, "active") is True


async def test_a_person_with_codes_must_enter_one_and_each_works_once(
    client: Client, pool: Pool, redis_url: str
) -> None:
    await sign_in(client)
    telephone, recovery = await enroll(client)
    page = await bob_page(pool)
    await forget_code_use(redis_url)

    async def confirm(**sent: str) -> tuple[int, list[str]]:
        """The status, and beside which fields something is told."""
        answer = await client.post("/account/confirm", form={"next": page, **sent})
        body = await answer.get_data(as_text=True)
        assert sent.get("code", "nothing") not in body
        return answer.status_code, re.findall(r'id="(\w+)-error"', body)

    code = telephone.code()
    form_page = await text(client, "/account/confirm")
    refusals = [
        await confirm(password=PASSWORD),
        await confirm(code=code),
        await confirm(password="not that one", code=code),
    ]
    still = await client.post(page, form={"do": "promote"}, headers=NAVIGATION)
    done = await confirm(password=PASSWORD, code=code)
    promoted = await client.post(page, form={"do": "promote"}, headers=NAVIGATION)
    await forget_code_use(redis_url)
    again = await confirm(password=PASSWORD, code=code)
    by_recovery = await confirm(password=PASSWORD, code=recovery[0])

    assert 'autocomplete="one-time-code"' in form_page
    assert refusals == [(422, ["code"]), (422, ["password"]), (422, ["password"])]
    assert still.headers["Location"].startswith("/account/confirm")
    assert done == by_recovery == (303, [])
    assert (promoted.headers["Location"], await row(pool, "role")) == (page, "admin")
    assert again == (422, ["code"])


async def test_code_guesses_share_their_limit_with_the_sign_in(client: Client) -> None:
    await sign_in(client)
    telephone, _ = await enroll(client)  # which took the first of five tries
    wrong = {"password": PASSWORD, "code": telephone.wrong()}

    answers = [await client.post("/account/confirm", form=wrong) for _ in range(5)]
    right = await client.post("/account/confirm", form={"password": PASSWORD, "code": telephone.code()})

    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert right.status_code == 429


async def test_guesses_are_counted_before_they_are_hashed(
    client: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(client)
    verify, verified = passwords.verify, []

    async def recording_verify(password_hash: str | None, password: str) -> passwords.Verification:
        verified.append(password)
        return await verify(password_hash, password)

    monkeypatch.setattr(passwords, "verify", recording_verify)
    guesses = [client.post("/account/confirm", form={"password": f"guess number {n}"}) for n in range(13)]
    answers = await asyncio.gather(*guesses)

    assert sorted(answer.status_code for answer in answers) == [422] * 10 + [429] * 3
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)
    assert len(verified) == 10


@pytest.mark.parametrize("sent", [{}, {"password": ""}, {"password": "x" * 2000}, {"password": "\x00"}], ids=range(4))
async def test_a_malformed_password_has_an_error_beside_its_field(client: Client, sent: dict[str, str]) -> None:
    await sign_in(client)

    answer = await client.post("/account/confirm", form=sent)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in await answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "x" * 3000], ids=range(4)
)
async def test_a_redirect_target_outside_the_desk_becomes_the_front_page(client: Client, path: str) -> None:
    await sign_in(client)

    form_page = await client.get("/account/confirm", query_string={"next": path})
    answer = await client.post("/account/confirm", form={"password": PASSWORD, "next": path})

    assert 'name="next" value="/"' in await form_page.get_data(as_text=True)
    assert answer.headers.get("Location", "/") == "/"


async def test_every_route_that_changes_accounts_is_marked_as_sensitive(app: Quart) -> None:
    """Ending one's other sessions is no such thing: whoever sees a stranger there must not be held up."""
    marked = {name for name, view in app.view_functions.items() if "sensitive" in vars(view)}

    assert {"admin.change", "admin.delete", "admin.invite", "admin.revoke"} <= marked
    assert "accounts.end_sessions" not in marked


@pytest.mark.parametrize("what", ["invite", "revoke"])
async def test_a_demoted_administrator_can_neither_create_nor_revoke_links(
    client: Client, pool: Pool, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FRESH_SECONDS", 60.0)
    await sign_in(client)
    assert (await client.post("/admin/users", form={"email": "carol@example.org", "role": "user"})).status_code == 303
    async with pool.acquire() as connection:
        link: UUID = await connection.fetchval("select id from app.invites")
        await connection.execute("update app.users set role = 'user' where email = $1", EMAIL)

    if what == "invite":
        answer = await client.post("/admin/users", form={"email": "dave@example.org", "role": "admin"})
    else:
        answer = await client.post(f"/admin/invites/{link}")

    assert answer.status_code == 403
    async with pool.acquire() as connection:
        assert await connection.fetchval("select email from app.invites") == "carol@example.org"
        last = await connection.fetchrow("select * from app.audit order by id desc limit 1")
    assert (last["actor"], last["outcome"]) == (EMAIL, "refused")
