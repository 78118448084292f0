"""Refusals and exports in the audit, and requests in the log where it is enabled."""

import json
import logging

import asyncpg
import pytest

from app.identity import Role, Scope
from app.settings.load import Settings
from app.web import request_log
from tests.pipeline.conftest import Desk, settings
from tests.security.conftest import Site
from tests.support.route_matrix import open_route
from tests.support.waiting import until

__all__ = ["settings"]

in_one_loop = pytest.mark.asyncio(loop_scope="module")


async def audit_rows(link: asyncpg.Connection, action: str) -> list[tuple[str, str, str]]:
    records = await link.fetch("select actor, outcome, detail from app.audit where action = $1 order by id", action)
    return [tuple(row) for row in records]


@in_one_loop
async def test_a_refusal_is_audited_once_a_minute_for_each_person_and_route(
    site: Site, link: asyncpg.Connection
) -> None:
    user = {"Cookie": site.cookie(await site.new_session(Role.USER)), "Accept": "text/html"}
    admin = {"Cookie": site.cookie(await site.new_session(Role.ADMIN)), "Accept": "text/html"}
    nobody = "00000000-0000-4000-8000-000000000000"
    before = len(await audit_rows(link, "refuse"))

    for path in (
        "/admin/users",
        "/admin/users",
        "/admin/wire",
        f"/admin/users/{nobody}",
        f"/admin/users/{nobody.replace('8', '9')}",
    ):
        assert (await open_route(site, "GET", path, user)).status_code == 403
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for path in ("/welcome/one-of-our-links", "/symbols"):
        assert (await open_route(site, "POST", path, foreign)).status_code == 403
    assert (await open_route(site, "GET", "/admin/users", admin)).status_code == 200

    entries = (await audit_rows(link, "refuse"))[before:]
    email = site.people[Role.USER]
    assert entries == [
        (email, "refused", "GET /admin/users"),
        (email, "refused", "GET /admin/wire"),
        (email, "refused", f"GET /admin/users/{nobody}"),
        ("", "refused", "POST /welcome/..."),
        ("", "refused", "POST /symbols"),
    ]


@in_one_loop
async def test_an_export_is_audited(site: Site, link: asyncpg.Connection) -> None:
    admin = {"Cookie": site.cookie(await site.new_session(Role.ADMIN))}
    program = {"Authorization": f"Bearer {await site.new_token(Role.ADMIN, Scope.ADMIN)}"}
    before = len(await audit_rows(link, "export"))

    for _ in range(2):
        assert (await open_route(site, "GET", "/admin/audit.csv?who=nobody-at-all", admin)).status_code == 200
        assert (await open_route(site, "GET", "/api/v1/audit", program)).status_code == 200

    email = site.people[Role.ADMIN]
    table, pages = (email, "ok", "audit.csv, 0 rows"), (email, "ok", "/api/v1/audit")
    assert (await audit_rows(link, "export"))[before:] == [table, pages, table]


def log_lines(records: list[logging.LogRecord]) -> list[dict[str, object]]:
    fields = ("method", "path", "status", "ms", "bytes", "user")
    requests = [each for each in records if each.name == request_log.logger.name]
    return [{name: vars(each)[name] for name in fields if name in vars(each)} for each in requests]


async def test_each_request_is_one_log_line_and_a_stream_one_at_its_end(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    logged = settings.logging.model_copy(update={"requests": True})
    desk = Desk(settings.model_copy(update={"logging": logged}))
    await desk.start()
    await desk.enter()
    caplog.set_level(logging.INFO, logger=request_log.logger.name)
    async with desk.client() as client:
        answer = await client.get("/symbols?q=secret-search", headers={"Accept-Encoding": "identity"})
        await client.get("/welcome/one-time-link")
        await client.get("/welcome/one-time-link/that-was-copied-badly-and-long")
        async with desk.stream("status") as reader:
            await reader.message("message")
            assert len(log_lines(caplog.records)) == 3
        await until(lambda: len(log_lines(caplog.records)) == 4)
    await desk.stop()

    page, link, slip, stream = log_lines(caplog.records)
    assert (page["method"], page["path"], page["status"]) == ("GET", "/symbols", 200)
    assert page["bytes"] == len(answer.content)
    assert page["user"]
    assert (link["path"], link["status"], slip["path"]) == ("/welcome/...", 410, "/welcome/one-time-link/...")
    assert (stream["path"], stream["status"], stream["user"]) == ("/stream", 200, page["user"])
    assert "bytes" not in stream
    assert float(str(stream["ms"])) > 0
    assert "secret-search" not in json.dumps([vars(each) for each in caplog.records], default=str)
