"""The host names of the desk, and what it tells a browser with another one or without cookies."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from quart import Quart

from app import deps
from app.server.factory import create_app
from app.web import hosts
from tests.security.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCAL, PUBLIC = "http://127.0.0.1:8000", "https://desk.example"
PAGE = {"Accept": "text/html"}

OWN_HOSTS = ["127.0.0.1:8000", "localhost:9", "[::1]:8000", "192.168.1.5:8000", "[2001:db8::1]", "10.0.0.1", ""]
FOREIGN_HOSTS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8000",
    "desk.example.evil.example",
    "evil.example@127.0.0.1",
    "127.0.0.1@evil.example",
    "[::1",
    "a b",
    "x" * 5000,
    "http://127.0.0.1",
    "a_b.evil.test",
    "evil.test/x",
    "127.0.0.1/x",
    "127.0.0.1:8000#",
    "127.0.0.1:port",
    "127.0.0.1 ",
    ":8000",
    "[]",
]


@pytest.mark.parametrize("own", [LOCAL, PUBLIC])
async def test_a_request_for_a_foreign_host_name_is_refused(own: str) -> None:
    assert [host for host in OWN_HOSTS if not hosts.is_allowed(host, own)] == []
    assert [host for host in FOREIGN_HOSTS if hosts.is_allowed(host, own)] == []
    assert hosts.is_allowed("Desk.Example:443", PUBLIC)
    assert not hosts.is_allowed("desk.example", LOCAL)


async def test_on_the_same_machine_localhost_and_127_0_0_1_both_work() -> None:
    assert hosts.own_origins(LOCAL) == {f"http://{name}:8000" for name in ("127.0.0.1", "localhost", "[::1]")}
    assert hosts.own_origins("http://localhost") == {"http://127.0.0.1", "http://localhost", "http://[::1]"}
    assert hosts.own_origins(PUBLIC) == {PUBLIC}


async def test_every_page_but_no_health_probe_is_refused_under_a_foreign_name(site: Site) -> None:
    for path in ("/", "/login", "/symbols?q=a", "/nothing", "/stream?topics=patterns", "/static/live.js"):
        answer = await site.app.test_client(False).get(path, headers={**PAGE, "Host": "evil.example"})
        assert answer.status_code == 400, path
        assert "evil.example" not in await answer.get_data(as_text=True) + str(answer.headers), path
    assert (await site.app.test_client(False).get("/health", headers={"Host": "10.1.2.3:8000"})).status_code == 200
    assert (await site.app.test_client(False).get("/health", headers={"Host": "pod-7"})).status_code == 200


async def test_the_host_header_appears_in_no_link(site: Site) -> None:
    headers = {**PAGE, "Host": "192.0.2.7:1234", "X-Forwarded-Host": "evil.example", "Sec-Fetch-Mode": "navigate"}
    answer = await site.app.test_client(False).get("/patterns", headers=headers)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")
    page = await site.app.test_client(False).get("/login", headers=headers)
    assert "evil.example" not in (text := await page.get_data(as_text=True))
    assert "192.0.2.7" not in text


def app_at(site: Site, url: str, tmp_path: Path) -> Quart:
    """One that is never begun: it can be asked for all that needs no server."""
    config = deps.context_of(site.app).settings.model_copy(update={"public_url": url, "data_dir": tmp_path})
    return create_app(config)


async def cookie_warning(app: Quart, headers: Mapping[str, str]) -> str:
    async with app.test_request_context("/login", headers=dict(headers)):
        return hosts.lost_cookie_advice()


async def test_a_wrong_password_is_not_reported_as_a_lost_cookie(site: Site) -> None:
    client, headers = site.app.test_client(False), {"Referer": f"{LOCAL}/login", "Origin": LOCAL}
    guess = {"email": "nobody@example.org", "password": "not this one"}

    wrong = await client.post("/login", headers={**headers, "Host": "127.0.0.1:8000"}, form=guess)
    led_back = await client.get("/login", headers={**headers, "Host": "127.0.0.1:8000"})

    assert wrong.status_code == 422
    assert "did not keep the cookie" not in await wrong.get_data(as_text=True)
    assert "did not keep the cookie" in await led_back.get_data(as_text=True)


COOKIE_WARNINGS = [
    (LOCAL, {"Host": "127.0.0.1:8000"}, ""),
    (LOCAL, {"Host": "localhost:8000", "Referer": "http://localhost:8000/patterns"}, ""),
    (LOCAL, {"Host": "localhost:8000", "Referer": "http://localhost:8000/login?next=/"}, "did not keep the cookie"),
    (LOCAL, {"Host": "localhost:8000", "Referer": "http://evil.example/login"}, ""),
    (LOCAL, {"Host": "localhost:8000", "Referer": "http://[x/login"}, ""),
    (LOCAL, {"Host": "192.168.1.5:8000"}, "sets PUBLIC_URL"),
    (PUBLIC, {"Host": "desk.example"}, ""),
    (PUBLIC, {"Host": "desk.example", "Referer": "https://desk.example/login"}, "did not keep the cookie"),
    (PUBLIC, {"Host": "desk.example", "Referer": "http://desk.example/login"}, "plain http"),
    (PUBLIC, {"Host": "192.168.1.5:8000"}, "plain http"),
]


@pytest.mark.parametrize(
    ("url", "headers", "words"), COOKIE_WARNINGS, ids=lambda warning: "-".join(warning) if warning == "" else None
)
async def test_a_sign_in_whose_cookie_is_lost_is_explained(
    site: Site, tmp_path: Path, url: str, headers: dict[str, str], words: str
) -> None:
    warning = await cookie_warning(app_at(site, url, tmp_path), headers)

    assert words in warning
    assert bool(words) == bool(warning)
    assert not words or url in warning


async def test_a_form_that_came_by_plain_http_is_refused_with_the_reason(site: Site, tmp_path: Path) -> None:
    app = app_at(site, PUBLIC, tmp_path)
    there = {**PAGE, "Host": "desk.example", "Origin": "http://desk.example"}
    for origin, told_so in (("http://desk.example", True), ("http://evil.example", False), ("null", False)):
        sent = await app.test_client(False).post("/login", headers={**there, "Origin": origin}, form={"email": "a@b"})
        assert sent.status_code == 403
        assert ("You came by plain http" in await sent.get_data(as_text=True)) is told_so


async def test_a_form_from_a_telephone_by_another_address_is_refused_with_the_reason(site: Site) -> None:
    """On plain http between machines a browser sends no Sec-Fetch-Site, and Origin is what it typed."""
    there = {**PAGE, "Host": "192.168.1.5:8000", "Origin": "http://192.168.1.5:8000"}
    page = await site.app.test_client(False).get("/login", headers=there)
    sent = await site.app.test_client(False).post("/login", headers=there, form={"email": "a@b", "password": "c"})

    assert (page.status_code, sent.status_code) == (200, 403)
    for answer in (page, sent):
        assert "sets PUBLIC_URL" in await answer.get_data(as_text=True)
