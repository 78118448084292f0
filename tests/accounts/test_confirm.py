"""Before what matters most the desk asks again who one is: by the page, within bounds, and losing nothing."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import passwords, setup, visitor
from app.db.pools import Pool
from app.factory import create_app
from app.identity import Role
from app.sections import Sessions
from app.web import sudo
from tests.accounts.conftest import settings
from tests.accounts.test_sessions import EMAIL, NAVIGATION, PASSWORD, sign_in

BOB = "bob@example.org"


@pytest.fixture(autouse=True)
async def people(pool: Pool) -> None:
    await setup.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)
    await setup.create_user(pool, BOB, Role.USER, PASSWORD)


@pytest.fixture
async def app(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Quart]:
    said = settings(redis_url, database_url, tmp_path).model_copy(update={"sessions": Sessions(sudo_seconds=3)})
    made = create_app(said)
    async with made.test_app():
        yield made


async def row(pool: Pool, column: str, email: str = BOB) -> object:
    async with pool.acquire() as connection:
        return (await connection.fetchrow("select * from app.users where email = $1", email))[column]


async def bob_page(pool: Pool) -> str:
    return f"/admin/users/{await row(pool, 'id')}"


async def later(client: Client, page: str) -> str:
    """Where one is led when the time has passed in which one's word is taken."""
    async with asyncio.timeout(10):
        while True:
            answer = await client.post(page, form={"do": "nonsense"}, headers=NAVIGATION)
            if answer.status_code == 303:
                return str(answer.headers["Location"])
            assert answer.status_code == 400
            await asyncio.sleep(0.1)


async def test_a_while_after_signing_in_a_role_is_changed_only_by_who_says_the_password_again(
    client: Client, pool: Pool
) -> None:
    await sign_in(client)
    page = await bob_page(pool)
    asked = await later(client, page)
    assert (await client.post(page, form={"do": "promote"}, headers=NAVIGATION)).headers["Location"] == asked
    assert await row(pool, "role") == "user"

    shown = await (await client.get(asked, headers=NAVIGATION)).get_data(as_text=True)
    back = re.search(r'name="next" value="([^"]+)"', shown)
    assert back
    wrong = await client.post("/account/confirm", form={"password": "not that one", "next": back[1]})
    right = await client.post("/account/confirm", form={"password": PASSWORD, "next": back[1]})
    done = await client.post(page, form={"do": "promote"}, headers=NAVIGATION)

    assert asked == f"/account/confirm?next={page.replace('/', '%2F')}"
    assert wrong.status_code == 422
    assert 'id="password-error"' in await wrong.get_data(as_text=True)
    assert (right.status_code, right.headers["Location"]) == (303, page)
    assert (done.status_code, done.headers["Location"]) == (303, page)
    assert await row(pool, "role") == "admin"
    async with pool.acquire() as connection:
        rows = await connection.fetch("select * from app.audit where action = 'confirm' order by id")
    assert [(each["outcome"], bool(each["session"])) for each in rows] == [("failed", True), ("ok", True)]
    assert PASSWORD not in str(rows)


async def test_what_is_no_page_is_told_so_and_changes_nothing(client: Client, pool: Pool) -> None:
    await sign_in(client)
    page = await bob_page(pool)
    await later(client, page)

    for headers in ({"HX-Request": "true"}, {"Accept": "application/json"}):
        assert (await client.post(page, form={"do": "disable"}, headers=headers)).status_code == 403
    assert await row(pool, "active") is True


async def test_guesses_are_counted_before_they_are_hashed(
    client: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(client)
    verify, verified = passwords.verify, []

    async def counted(stored: str | None, password: str) -> passwords.Verdict:
        verified.append(password)
        return await verify(stored, password)

    monkeypatch.setattr(passwords, "verify", counted)
    guesses = [client.post("/account/confirm", form={"password": f"guess number {n}"}) for n in range(13)]
    answers = await asyncio.gather(*guesses)

    assert sorted(answer.status_code for answer in answers) == [422] * 10 + [429] * 3
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 429)
    assert len(verified) == 10


@pytest.mark.parametrize("sent", [{}, {"password": ""}, {"password": "x" * 2000}, {"password": "\x00"}], ids=range(4))
async def test_what_cannot_be_the_password_is_told_beside_its_field(client: Client, sent: dict[str, str]) -> None:
    await sign_in(client)

    answer = await client.post("/account/confirm", form=sent)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in await answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "x" * 3000], ids=range(4)
)
async def test_nobody_is_led_away_from_here(client: Client, path: str) -> None:
    await sign_in(client)

    shown = await client.get("/account/confirm", query_string={"next": path})
    answer = await client.post("/account/confirm", form={"password": PASSWORD, "next": path})

    assert 'name="next" value="/"' in await shown.get_data(as_text=True)
    assert answer.headers.get("Location", "/") == "/"


async def test_all_that_changes_people_is_marked(app: Quart) -> None:
    """Ending one's other sessions is no such thing: whoever sees a stranger there must not be held up."""
    marked = {name for name, view in app.view_functions.items() if sudo.is_sensitive(view)}

    assert {"admin.change", "admin.delete", "admin.invite", "admin.revoke"} <= marked
    assert "accounts.end_sessions" not in marked


@pytest.mark.parametrize("what", ["invite", "revoke"])
async def test_who_is_no_administrator_any_more_makes_and_ends_no_link(
    client: Client, pool: Pool, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "FRESH_SECONDS", 60.0)
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
