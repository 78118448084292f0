"""Requests from other sites are refused and have no effect in database and Redis."""

import asyncpg
import pytest
from redis.asyncio import Redis

from app.identity import Role
from tests.security.conftest import OTHER, PASSWORD, Site
from tests.support.desk_rows import redis_values, table_digests
from tests.support.route_matrix import CHANGING, FOREIGN, OWN, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW = "another train with two bars"
FORMS = {
    "/account/confirm": {"password": PASSWORD},
    "/account/password": {"current": PASSWORD, "new": NEW, "again": NEW},
    "/account/sessions": {"session": "others"},
    "/account/tokens": {"name": "Cron job", "scope": "admin", "days": "30"},
    "/account/totp": {"password": PASSWORD},
    "/admin/users": {"email": "carol@example.org", "role": "admin"},
    "/login": {"email": OTHER, "password": PASSWORD},
}
"""Each would be taken from one of our own pages."""


async def database_and_redis(link: asyncpg.Connection, keys: Redis) -> tuple[object, object, object]:
    """Of Redis without what the desk itself renews; sessions by who has one."""
    sessions = {name async for name in keys.scan_iter("ts:sess:*")}
    names = {name for name in await redis_values(keys) if b"cache" not in name}
    return await table_digests(link), names, sessions


async def test_a_complete_form_from_another_site_has_no_effect(
    site: Site, link: asyncpg.Connection, keys: Redis
) -> None:
    person = await site.user_id(OTHER)
    forms = {
        **FORMS,
        f"/admin/users/{person}": {"do": "promote"},
        f"/admin/users/{person}/delete": {"confirm": OTHER, "email": OTHER},
    }
    await site.new_session(Role.ADMIN)
    cookie = {"Cookie": site.cookie(await site.new_session(Role.ADMIN))}
    before = await database_and_redis(link, keys)

    for path in {*forms, *(route.path for route in routes() if route.method in CHANGING)}:
        for headers in FOREIGN:
            answer = await site.app.test_client(False).post(path, headers={**headers, **cookie}, form=forms.get(path))
            assert answer.status_code == 403, (path, headers)
            assert "Set-Cookie" not in answer.headers, (path, headers)

    assert await database_and_redis(link, keys) == before


@pytest.mark.parametrize("path", sorted(set(FORMS) - {"/account/password"}))
async def test_the_same_form_from_the_desk_is_accepted(site: Site, path: str) -> None:
    headers = {"Cookie": site.cookie(await site.new_session(Role.ADMIN)), "Origin": OWN}

    answer = await site.app.test_client(False).post(path, headers=headers, form=FORMS[path])

    assert answer.status_code == 303


PARTS = b'--x\r\nContent-Disposition: form-data; name="session"\r\n\r\nothers\r\n--x--\r\n'
KINDS = {
    "application/x-www-form-urlencoded": b"session=others",
    "multipart/form-data; boundary=x": PARTS,
    "text/plain": b"session=others",
    "application/json": b'{"session":"others"}',
}
"""What pages of other sites send without asking first, and what they ask for."""


@pytest.mark.parametrize("kind", KINDS)
async def test_no_content_type_lets_a_request_from_another_site_pass(site: Site, kind: str) -> None:
    for headers in FOREIGN:
        cookie, other = site.cookie(await site.new_session(Role.USER)), site.cookie(await site.new_session(Role.USER))
        foreign = {**headers, "Cookie": cookie, "Content-Type": kind, "HX-Request": "true", "HX-Current-URL": f"{OWN}/"}
        answer = await site.app.test_client(False).post("/account/sessions", headers=foreign, data=KINDS[kind])

        assert answer.status_code == 403, headers
        account_page = await site.app.test_client(False).get("/account", headers={"Cookie": other})
        assert account_page.status_code == 200, headers
