"""Steps that tests of the pages about people share."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx

from app.accounts import bootstrap
from app.identity import Role
from tests.pipeline.conftest import EMAIL, Desk
from tests.support.shared_costs import TLS

BOB, CAROL = "bob@example.org", "carol@example.org"
PASSWORD = "watches from the window seat"
NEW_PASSWORD = "a kettle hums above the harbour"
PAGE = {"Accept": "text/html"}


async def add(desk: Desk, email: str, role: Role = Role.USER) -> UUID:
    await bootstrap.create_user(desk.context.pools.own, email, role, PASSWORD)
    return await user_id(desk, email)


async def user_id(desk: Desk, email: str = EMAIL) -> UUID:
    async with desk.context.pools.own.acquire() as connection:
        row_id: UUID = await connection.fetchval("select id from app.users where email = $1", email)
    return row_id


async def audit_entries(desk: Desk) -> list[tuple[str, str, str, str]]:
    async with desk.context.pools.own.acquire() as connection:
        rows = await connection.fetch(
            "select actor, action, outcome, detail from app.audit"
            " where action not in ('login', 'create_user') order by id"
        )
    return [tuple(row) for row in rows]


async def states(desk: Desk) -> dict[str, tuple[str, bool]]:
    async with desk.context.pools.own.acquire() as connection:
        rows = await connection.fetch("select email, role, active from app.users")
    return {row["email"]: (row["role"], row["active"]) for row in rows}


@asynccontextmanager
async def signed_in(desk: Desk, email: str, password: str = PASSWORD) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of its own."""
    async with anonymous_client(desk) as browser:
        answer = await browser.post("/login", data={"email": email, "password": password})
        assert answer.status_code == 303, answer.text
        yield browser


def anonymous_client(desk: Desk) -> httpx.AsyncClient:
    base = f"http://127.0.0.1:{desk.settings.port}"
    return httpx.AsyncClient(base_url=base, trust_env=False, verify=TLS, timeout=30, headers={"Origin": base, **PAGE})


async def invite_link(client: httpx.AsyncClient) -> str:
    """The path of the link on the page that follows."""
    text = (await client.get("/admin/users", headers=PAGE)).text
    match = re.search(r"<code>http://[^/]+(/invite/[A-Za-z0-9_-]{43})</code>", text)
    assert match, text
    return match[1]


async def invite(client: httpx.AsyncClient, email: str = BOB, role: str = "user") -> str:
    answer = await client.post("/admin/users", data={"email": email, "role": role}, headers=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/users")
    return await invite_link(client)
