"""What every answer has: headers, codings, errors in the requested type, and guards."""

import base64
import errno
import gzip
import hashlib
import re
from collections.abc import AsyncIterator
from typing import Any

import brotli
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.identity import Rate, View
from app.push import Push, nothing
from app.web import csp_reports, guards, html, security
from tests.support.web_server import create_app

OWN = "http://127.0.0.1:8000"
PAGE = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}
FULL = {errno.EMFILE, errno.ENFILE}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = create_app(OWN)
    app.register_blueprint(csp_reports.blueprint)
    async with app.test_app():
        yield app.test_client()


@pytest.mark.parametrize("path", ["/board", "/none", "/broken", "/private", "/limited", "/say"])
async def test_every_answer_has_the_policy_and_is_not_stored(client: Client, path: str) -> None:
    response = await client.get(path, headers=PAGE)

    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in response.headers


async def test_the_nonce_is_new_each_time_and_the_same_in_header_and_page(client: Client) -> None:
    nonces = set()
    for _ in range(3):
        response = await client.get("/board")
        text = await response.get_data(as_text=True)
        in_page = set(re.findall(r'nonce="([^"]+)"', text))
        assert len(in_page) == 1
        assert f"'nonce-{in_page.copy().pop()}'" in response.headers["Content-Security-Policy"]
        nonces |= in_page

    assert len(nonces) == 3


async def test_strict_transport_security_is_sent_where_https_is_used() -> None:
    response = await create_app("https://desk.example").test_client().get("/board")

    assert response.headers["Strict-Transport-Security"].startswith("max-age=63072000")


@pytest.mark.parametrize(
    ("method", "site", "origin", "refuses"),
    [
        ("POST", None, None, False),
        ("POST", "same-origin", None, False),
        ("POST", "none", None, False),
        ("POST", "cross-site", OWN, True),
        ("POST", "same-site", OWN, True),
        ("POST", None, OWN, False),
        ("POST", None, "null", True),
        ("POST", None, "https://evil.example", True),
        ("POST", None, f"{OWN}.evil.example", True),
        ("DELETE", "cross-site", None, True),
        ("GET", None, "https://evil.example", False),
        ("GET", "cross-site", None, True),
        ("GET", "same-origin", None, False),
    ],
)
def test_another_site_can_neither_change_nor_read_anything(
    method: str, site: str | None, origin: str | None, refuses: bool
) -> None:
    assert security.is_cross_origin(method, site, origin, OWN) is refuses


def test_a_listed_origin_may_read_and_not_change() -> None:
    reader = "https://wall.example"

    assert not security.is_cross_origin("GET", "cross-site", reader, OWN, (reader,))
    assert security.is_cross_origin("GET", "cross-site", "https://evil.example", OWN, ("*",))
    assert security.is_cross_origin("GET", "cross-site", "https://evil.example", OWN, (reader,))
    assert security.is_cross_origin("POST", "cross-site", reader, OWN, (reader,))


async def test_a_link_from_another_site_opens_the_page(client: Client) -> None:
    from_a_link = {**PAGE, "Sec-Fetch-Site": "cross-site"}

    assert (await client.get("/board", headers=from_a_link)).status_code == 200
    assert (await client.post("/say", headers=from_a_link, data="[]")).status_code == 403


@pytest.mark.parametrize(
    "target",
    ["//e", "/\\e", "https:e", "///e", "\t//e", "javascript:alert(1)", "", None, "/a\r\nX: y", "/ä", "/" + "a" * 3000],
)
def test_a_redirect_target_that_is_no_own_path_becomes_the_front_page(target: str | None) -> None:
    assert security.own_path(target) == "/"


@given(st.text())
def test_every_redirect_target_is_a_path_of_the_desk(target: str) -> None:
    path = security.own_path(target)

    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert security.own_path("/s/BF/B?range=1y") == "/s/BF/B?range=1y"


async def test_an_anonymous_request_is_redirected_to_the_sign_in_and_back(client: Client) -> None:
    page = await client.get("/private?a=1", headers=PAGE)
    part = await client.get("/private", headers={"HX-Request": "true", "HX-Current-URL": f"{OWN}/board?q=1"})
    stream = await client.get("/private", headers={"HX-Request": "true", "Accept": "text/html, text/event-stream"})

    assert (page.status_code, page.headers["Location"]) == (303, "/login?next=%2Fprivate%3Fa%3D1")
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/login?next=%2Fboard%3Fq%3D1")
    assert (stream.status_code, await stream.get_data(as_text=True)) == (401, "")
    assert "HX-Redirect" not in stream.headers


async def test_a_view_without_a_guard_prevents_the_start() -> None:
    app = create_app(OWN)

    async def open_to_all() -> str:
        return ""

    app.add_url_rule("/open", "open_to_all", open_to_all)
    with pytest.raises(RuntimeError, match="open_to_all"):
        guards.refuse_unguarded(app)


async def test_an_error_has_the_requested_content_type(client: Client) -> None:
    page = await client.get("/none", headers=PAGE)
    part = await client.get("/none", headers={"HX-Request": "true"})
    problem = await client.get("/none", headers={"Accept": "application/json"})

    assert page.status_code == part.status_code == problem.status_code == 404
    assert (await page.get_data(as_text=True)).count("<h1") == 1
    assert part.headers["HX-Retarget"] == "#announce"
    assert "HX-Reswap" in part.headers
    assert not re.search("<(html|form|main|input)", await part.get_data(as_text=True))
    assert problem.mimetype == "application/problem+json"
    assert msgspec.json.decode(await problem.get_data(as_text=False))["status"] == 404


async def test_an_error_reveals_nothing_internal_and_escapes_request_data(client: Client) -> None:
    broken = await (await client.get("/broken", headers=PAGE)).get_data(as_text=True)
    limited = await (await client.get("/limited?words=<img src=x>", headers=PAGE)).get_data(as_text=True)
    missing = await (await client.get("/%3Cscript%3Ealert(1)", headers=PAGE)).get_data(as_text=True)

    assert "secret" not in broken
    assert "&lt;img src=x&gt;" in limited
    assert "<script>" not in missing


async def test_an_unavailable_service_is_a_503_and_the_page_retries(client: Client) -> None:
    page = await client.get("/private?away=1", headers=PAGE)
    public = await client.get("/board?away=1", headers=PAGE)
    limited = await client.get("/limited", headers=PAGE)

    assert (page.status_code, page.headers["Retry-After"], page.headers["Refresh"]) == (503, "5", "5")
    assert public.status_code == 200
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "13")


async def test_running_out_of_file_descriptors_is_a_503_and_other_os_errors_a_500(
    client: Client,
) -> None:
    answers = {number: await client.get(f"/broken?errno={number}", headers=PAGE) for number in FULL | {errno.EIO}}

    codes = {number: answer.status_code for number, answer in answers.items()}
    assert codes == {errno.EMFILE: 503, errno.ENFILE: 503, errno.EIO: 500}
    assert all(int(answers[number].headers["Retry-After"]) > 0 for number in FULL)


async def test_a_page_is_compressed_for_clients_that_accept_it(client: Client) -> None:
    plain = await (await client.get("/board")).get_data(as_text=False)
    small = await client.get("/board", headers={"Accept-Encoding": "gzip, deflate, br"})
    older = await client.get("/board", headers={"Accept-Encoding": "gzip, br;q=0"})

    assert small.headers["Content-Encoding"] == "br"
    assert len(brotli.decompress(await small.get_data(as_text=False))) == len(plain)
    assert older.headers["Content-Encoding"] == "gzip"
    assert len(gzip.decompress(await older.get_data(as_text=False))) == len(plain)
    assert "Accept-Encoding" in small.headers["Vary"]


async def test_static_files_are_named_by_their_hash_and_cached(client: Client) -> None:
    text = await (await client.get("/board")).get_data(as_text=True)
    urls = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)

    assert len(urls) == 5
    for url in urls:
        response = await client.get(url, headers={"Accept-Encoding": "br"})
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (await client.get("/static/live.js")).status_code == 404
    assert (await client.get("/static/../pyproject.toml")).status_code == 404


async def test_script_tags_have_the_integrity_hash_of_the_served_file(client: Client) -> None:
    text = await (await client.get("/board")).get_data(as_text=True)
    tags = re.findall(r'src="([^"]+)" integrity="sha256-([^"]+)"', text)

    assert len(tags) == 1
    for url, expected in tags:
        body = await (await client.get(url)).get_data(as_text=False)
        assert base64.b64encode(hashlib.sha256(body).digest()).decode() == expected


async def test_the_view_is_stored_in_cookies_with_closed_choices(client: Client) -> None:
    form = {"zone": "Asia/Tokyo", "numbers": "comma", "colours": "red-green", "rate": "5s", "next": "/board"}
    response = await client.post("/view", form=form)
    outside = {"zone": "../etc", "numbers": "<x>", "colours": "red", "rate": "0s", "next": "//e"}
    hostile = await client.post("/view", form=outside)

    assert (response.status_code, response.headers["Location"]) == (303, "/board")
    assert [cookie.split(";")[0] for cookie in response.headers.getlist("Set-Cookie")] == [
        "tz=Asia/Tokyo",
        "numbers=comma",
        "colours=red-green",
        "rate=5s",
    ]
    assert (hostile.headers["Location"], hostile.headers.getlist("Set-Cookie")) == ("/", [])
    board = await (await client.get("/board")).get_data(as_text=True)
    assert 'value="Asia/Tokyo" selected' in board
    assert '<html lang="en" class="red-green" data-live=' in board


async def test_a_cookie_with_an_unknown_choice_falls_back_to_the_default(client: Client) -> None:
    app: Quart = client.app  # type: ignore[attr-defined]
    async with app.test_request_context("/", headers={"Cookie": "tz=Mars/Base; numbers=roman; colours=pink; rate=0s"}):
        assert guards.view() == View()
        assert guards.rate() is Rate.AUTO


async def test_an_older_name_of_a_time_zone_is_accepted(client: Client) -> None:
    app: Quart = client.app  # type: ignore[attr-defined]
    async with app.test_request_context("/", headers={"Cookie": "tz=Asia/Calcutta"}):
        assert guards.view().zone == "Asia/Kolkata"


async def test_save_data_lowers_the_rate_unless_one_was_chosen(client: Client) -> None:
    app: Quart = client.app  # type: ignore[attr-defined]
    async with app.test_request_context("/", headers={"Save-Data": "on"}):
        assert guards.rate() is Rate.FIVE_SECONDS
    async with app.test_request_context("/", headers={"Save-Data": "on", "Cookie": "rate=fastest"}):
        assert guards.rate() is Rate.FASTEST


async def test_csp_reports_are_logged_and_limited(client: Client) -> None:
    report: dict[str, Any] = {"csp-report": {"effective-directive": "script-src", "blocked-uri": "inline"}}

    assert (await client.post("/csp-report", data=msgspec.json.encode(report))).status_code == 204
    assert (await client.post("/csp-report", data=b"[" * 5000)).status_code == 400
    assert (await client.post("/csp-report", data=b"x" * 9000)).status_code == 413


def test_a_patch_is_written_for_each_kind_of_push() -> None:
    def patched(op: Any, markup: str = "") -> str:
        return html.patch(Push("t", "key", op, (lambda _: markup) if markup else nothing), View())

    assert patched("replace", "<td>1</td>") == '<hx-partial hx-target="#key"><td>1</td></hx-partial>'
    assert patched("cells", "<td>1</td>") == '<hx-partial hx-target="#key" hx-swap="cells"><td>1</td></hx-partial>'
    assert patched("spark", "<td>1</td>") == '<hx-partial hx-target="#key>.spark"><td>1</td></hx-partial>'
    assert "<svg><path d='M0'/></svg>" in patched("replace", "<path d='M0'/>")
    assert 'hx-swap="upsert key:data-k sort:desc"' in patched("insert", "<li>1</li>")
    assert patched("remove") == '<hx-partial hx-target="#key" hx-swap="delete"></hx-partial>'
    assert patched("trim") == '<hx-partial hx-target="#key > :nth-child(n+51)" hx-swap="delete"></hx-partial>'
    assert "#key > :nth-child(n+9)" in html.patch(Push("t", "key", "trim", nothing, keep=8), View())
    assert patched("morph", "<tbody>") == '<hx-partial hx-target="#key" hx-swap="outerMorph"><tbody></hx-partial>'


def test_a_page_without_topics_opens_no_stream() -> None:
    assert html.links((), "7-9", Rate.AUTO) == html.Links()
    assert html.stream_url(("symbol:BF/B", "patterns"), "7-9") == "/stream?topics=symbol:BF%2FB,patterns&cursor=7-9"
