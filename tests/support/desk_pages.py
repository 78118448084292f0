"""Pages of the desk as a signed-in person gets them."""

import re

from app.accounts import bootstrap
from app.identity import Role
from tests.pipeline.conftest import PASSWORD, Desk

ADMIN = "admin@example.org"


async def page(desk: Desk, path: str, status: int = 200, **cookies: str) -> str:
    async with desk.client() as client:
        client.cookies.update(cookies)
        answer = await client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    ids = re.findall(r'\sid="([^"]*)"', answer.text)
    assert len(ids) == len(set(ids))
    assert answer.text.count("<h1") == 1
    return answer.text


async def administrators_page(desk: Desk) -> str:
    """The desk as an administrator sees it."""
    await bootstrap.create_user(desk.context.pools.own, ADMIN, Role.ADMIN, PASSWORD)
    async with desk.client() as client:
        client.cookies.clear()
        await client.post("/login", data={"email": ADMIN, "password": PASSWORD})
        return (await client.get("/")).text
