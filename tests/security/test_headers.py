"""The headers of every answer, whatever its status, and what none reveals."""

import asyncio
import os
import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from quart import Quart, abort
from quart.typing import TestClientProtocol as Client

from app import db, deps
from app.identity import Role
from app.server.factory import LARGEST_BODY, create_app
from app.web import errors, guards, html
from tests.security.conftest import Site
from tests.support.desk_rows import table_digests

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATUSES = (400, 401, 403, 404, 405, 408, 410, 413, 422, 429, 500, 503)
MANNERS = {"page": {"Accept": "text/html"}, "htmx": {"HX-Request": "true"}, "program": {"Accept": "application/json"}}
NEEDED = {
    "default-src 'none'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types htmx",
}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
OURS = re.compile(
    r"hypercorn|quart|werkzeug|python|traceback|\.py\b|asyncpg|tickstock_(web|ro)|redis://|postgresql://", re.I
)
SECRET_DETAIL = "postgresql://tickstock_web:hunter2@db.internal/x"


@guards.public
async def error_view(status: int) -> str:
    if status == 500:
        raise ValueError(SECRET_DETAIL)
    if status == 503:
        raise db.Unavailable(SECRET_DETAIL)
    return abort(status)


@guards.public
async def slow_view(status: int) -> object:
    return await errors.answer(status, retry_after=3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The whole application, with a view that fails in every way."""
    config = deps.context_of(site.app).settings
    app: Quart = create_app(config.model_copy(update={"data_dir": tmp_path_factory.mktemp("headers")}))
    app.add_url_rule("/refused/<int:status>", "refused", error_view)
    app.add_url_rule("/waits/<int:status>", "waits", slow_view)
    async with app.test_app():
        yield app.test_client(False)


def policy_of(headers: object) -> set[str]:
    policy = str(headers["Content-Security-Policy"])  # type: ignore[index]
    return {part.strip() for part in policy.split(";")}


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("status", STATUSES)
async def test_every_refusal_has_all_security_headers_and_reveals_nothing(
    client: Client, status: int, manner: str
) -> None:
    path = f"/waits/{status}" if status in (408, 429) else f"/refused/{status}"
    answer = await client.get(path, headers=MANNERS[manner])
    body = await answer.get_data(as_text=True)

    assert answer.status_code == status
    assert policy_of(answer.headers) >= NEEDED
    assert re.search(r"script-src 'nonce-[\w-]{22,}'", answer.headers["Content-Security-Policy"])
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Server" not in answer.headers
    assert "hunter2" not in body
    assert not OURS.search(body)


async def test_an_oversized_request_is_refused_with_all_security_headers(
    client: Client, link: asyncpg.Connection
) -> None:
    before = await table_digests(link)

    answers = [
        await client.post(path, data=b"email=" + b"x" * LARGEST_BODY, headers=FORM)
        for path in ("/login", "/csp-report")
    ]

    assert [answer.status_code for answer in answers] == [413, 413]
    assert all(policy_of(answer.headers) >= NEEDED for answer in answers)
    assert await table_digests(link) == before


async def test_every_answer_has_its_own_nonce(client: Client) -> None:
    answers = [await client.get(path, headers=MANNERS["page"]) for path in ("/login", "/login", "/refused/404") * 5]
    nonces = [re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"]) for answer in answers]

    assert {len(each) for each in nonces} == {1}
    assert len({each[0] for each in nonces}) == len(answers)
    for answer, (nonce,) in zip(answers, nonces, strict=True):
        in_page = set(re.findall(r'nonce="([^"]+)"', await answer.get_data(as_text=True)))
        assert in_page == {nonce}


FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


async def test_no_page_may_be_cached(client: Client, site: Site) -> None:
    """Whoever goes back after signing out, or shares the proxy, finds nothing."""
    cookie = {"Cookie": site.cookie(await site.new_session(Role.ADMIN)), "Accept": "text/html"}
    pages = [
        rule.rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ()) and "<" not in rule.rule
    ]
    assert len(pages) > 10
    # The icon is the same for everybody, and kept for a day.
    for path in set(pages) - {"/stream", "/favicon.ico"}:
        answer = await client.get(path, headers=cookie)
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, path
        assert policy_of(answer.headers) >= NEEDED, path
        assert "unsafe" not in answer.headers["Content-Security-Policy"], path


@pytest.mark.parametrize(
    "path", ["/.env", "/.git/HEAD", "/config/default.toml", "/static/../app/settings.py", "/proc/self/environ"]
)
async def test_no_source_file_can_be_downloaded(client: Client, path: str) -> None:
    for spelling in (path, path.replace("/.", "/%2e"), path.replace("..", "%2e%2e%2f")):
        answer = await client.get(spelling)
        assert answer.status_code in (400, 404), spelling


async def test_static_files_are_served_by_their_exact_name_only(client: Client) -> None:
    names = sorted(os.listdir(html.ROOT / "static"))  # noqa: PTH208 - a loop runs, and waits for no disk
    answers = await asyncio.gather(*(client.get(f"/static/{name}.map") for name in names))

    assert names
    assert {answer.status_code for answer in answers} == {404}
