"""What is written down: refusals and exports in the audit, and requests in the log where that is asked for."""

import json
import logging

import asyncpg
import pytest

from app.identity import Role, Scope
from app.settings.load import Settings
from app.web import request_log
from tests.security.conftest import Door
from tests.security.test_matrix import opened
from tests.stream.conftest import Desk, settings
from tests.stream.waiting import until

__all__ = ["settings"]

in_one_loop = pytest.mark.asyncio(loop_scope="module")


async def rows(link: asyncpg.Connection, action: str) -> list[tuple[str, str, str]]:
    found = await link.fetch("select actor, outcome, detail from app.audit where action = $1 order by id", action)
    return [tuple(row) for row in found]


@in_one_loop
async def test_a_refusal_is_noted_once_a_minute_for_a_person_and_a_route(door: Door, link: asyncpg.Connection) -> None:
    user = {"Cookie": door.cookie(await door.begun(Role.USER)), "Accept": "text/html"}
    admin = {"Cookie": door.cookie(await door.begun(Role.ADMIN)), "Accept": "text/html"}
    nobody = "00000000-0000-4000-8000-000000000000"
    before = len(await rows(link, "refuse"))

    for path in (
        "/admin/users",
        "/admin/users",
        "/admin/wire",
        f"/admin/users/{nobody}",
        f"/admin/users/{nobody.replace('8', '9')}",
    ):
        assert (await opened(door, "GET", path, user)).status_code == 403
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for path in ("/welcome/one-of-our-links", "/symbols"):
        assert (await opened(door, "POST", path, foreign)).status_code == 403
    assert (await opened(door, "GET", "/admin/users", admin)).status_code == 200

    noted = (await rows(link, "refuse"))[before:]
    email = door.people[Role.USER]
    assert noted == [
        (email, "refused", "GET /admin/users"),
        (email, "refused", "GET /admin/wire"),
        (email, "refused", f"GET /admin/users/{nobody}"),
        ("", "refused", "POST /welcome/..."),
        ("", "refused", "POST /symbols"),
    ]


@in_one_loop
async def test_an_export_is_noted(door: Door, link: asyncpg.Connection) -> None:
    admin = {"Cookie": door.cookie(await door.begun(Role.ADMIN))}
    program = {"Authorization": f"Bearer {await door.token(Role.ADMIN, Scope.ADMIN)}"}
    before = len(await rows(link, "export"))

    for _ in range(2):
        assert (await opened(door, "GET", "/admin/audit.csv?who=nobody-at-all", admin)).status_code == 200
        assert (await opened(door, "GET", "/api/v1/audit", program)).status_code == 200

    email = door.people[Role.ADMIN]
    table, pages = (email, "ok", "audit.csv, 0 rows"), (email, "ok", "/api/v1/audit")
    assert (await rows(link, "export"))[before:] == [table, pages, table]


def lines(records: list[logging.LogRecord]) -> list[dict[str, object]]:
    fields = ("method", "path", "status", "ms", "bytes", "user")
    found = [each for each in records if each.name == request_log.logger.name]
    return [{name: vars(each)[name] for name in fields if name in vars(each)} for each in found]


async def test_each_request_is_a_line_and_a_stream_is_one_when_it_ends(
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
            assert len(lines(caplog.records)) == 3
        await until(lambda: len(lines(caplog.records)) == 4)
    await desk.stop()

    page, link, slip, stream = lines(caplog.records)
    assert (page["method"], page["path"], page["status"]) == ("GET", "/symbols", 200)
    assert page["bytes"] == len(answer.content)
    assert page["user"]
    assert (link["path"], link["status"], slip["path"]) == ("/welcome/...", 410, "/welcome/one-time-link/...")
    assert (stream["path"], stream["status"], stream["user"]) == ("/stream", 200, page["user"])
    assert "bytes" not in stream
    assert float(str(stream["ms"])) > 0
    assert "secret-search" not in json.dumps([vars(each) for each in caplog.records], default=str)
