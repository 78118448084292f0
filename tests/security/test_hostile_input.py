"""Every route and form with hostile values: a clear 4xx or a page, never a 5xx, and nothing written."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import asyncpg
import pytest
from redis.asyncio import Redis
from werkzeug.routing import Rule

from app.identity import Role
from tests.security.conftest import PASSWORD, Site
from tests.support.desk_rows import redis_values, table_digests

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = {
    "nul": "%00",
    "surrogate": "%ed%a0%80",
    "not utf-8": "%ff%fe",
    "huge number": "99999999999999999999999999",
    "negative": "-1",
    "exponent": "9e999",
    "quote": "'%22;--",
    "placeholder": "$1%25s{0}",
    "line end": "x%0d%0aSet-Cookie:%20pwned=1",
    "upwards": "..%2f..%2fetc%2fpasswd",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "long": "x" * 3000,
    "wildcard": "%25_",
    "right to left": "%e2%80%ae",
}
PARAMETERS = (
    "q",
    "symbol",
    "timeframe",
    "next",
    "page",
    "before",
    "since",
    "until",
    "from",
    "to",
    "who",
    "action",
    "topics",
    "sort",
    "cols",
    "undo",
    "format",
    "section",
)
NAMED_BY_PEOPLE = {"tokens", "watchlists", "watchlist_sections", "shares"}
"""Tables that keep a word of one's own choice, whatever it is. A list of that name may be at the same address, and is
shared there."""

FIELDS = (
    *("email", "password", "current", "new", "again", "role", "next", "token", "session", "id", "confirm", "name"),
    *("symbol", "watchlist", "up", "down", "drop", "move", "to", "text", "before", "version", "rows-0-place"),
)
ARGUMENT = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
OWN = {"Origin": "http://127.0.0.1:8000", "Accept": "text/html"}


def routes(site: Site, method: str) -> Iterator[Rule]:
    for rule in site.app.url_map.iter_rules():
        if method in (rule.methods or ()) and not rule.websocket:
            yield rule


async def admin_headers(site: Site) -> dict[str, str]:
    return {**OWN, "Cookie": site.cookie(await site.new_session(Role.ADMIN))}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
async def test_no_address_causes_a_server_error(site: Site, value: str) -> None:
    client, headers = site.app.test_client(False), await admin_headers(site)
    query = "&".join(f"{name}={value}" for name in PARAMETERS)
    for rule in routes(site, "GET"):
        path = ARGUMENT.sub(value, rule.rule)
        answer = await client.get(f"{path}?{query}", headers=headers)

        assert answer.status_code < 500, rule.rule
        assert "<script>alert" not in await answer.get_data(as_text=True), rule.rule
        assert "pwned" not in answer.headers.get("Set-Cookie", ""), rule.rule
        assert answer.status_code != 429, rule.rule


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
async def test_no_form_causes_a_server_error_or_changes_an_account(
    site: Site, link: asyncpg.Connection, value: str
) -> None:
    before, headers = (
        await table_digests(link),
        {**await admin_headers(site), "Content-Type": "application/x-www-form-urlencoded"},
    )
    body = "&".join(f"{name}={value}" for name in FIELDS)
    for rule in routes(site, "POST"):
        if rule.rule in ("/logout", "/view"):
            continue
        answer = await site.app.test_client(False).post(ARGUMENT.sub(value, rule.rule), data=body, headers=headers)

        assert answer.status_code < 500, rule.rule

    after = await table_digests(link)
    assert {name for name in before if before[name] != after[name]} <= {"audit", *NAMED_BY_PEOPLE}


BODIES = [
    b"[" * 60_000,
    b'{"csp-report":' * 2_000,
    b'{"csp-report":{"effective-directive":"\\ud800"}}',
    b'{"csp-report":NaN}',
    b'"\xff"',
    b"\x00",
    b"",
    b"1e999",
    b'{"csp-report":{"effective-directive":1}}',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body[:24]))
@pytest.mark.parametrize("kind", ["application/json", "application/csp-report", "multipart/form-data", "text/plain"])
async def test_no_body_causes_a_server_error(site: Site, body: bytes, kind: str) -> None:
    headers = {**await admin_headers(site), "Content-Type": kind}
    for rule in routes(site, "POST"):
        if rule.rule == "/logout":
            continue
        answer = await site.app.test_client(False).post(ARGUMENT.sub("x", rule.rule), data=body, headers=headers)
        assert answer.status_code < 500, rule.rule


NEXTS = [
    "//e.x",
    "/\\e.x",
    "https:e.x",
    "/\t/e.x",
    "///e.x",
    "\t//e.x",
    "javascript:1",
    "http://e.x",
    "/%0d%0ax",
    "\\/e.x",
    "e.x",
]


@pytest.mark.parametrize("target", NEXTS)
async def test_no_redirect_leads_to_another_site(site: Site, target: str) -> None:
    headers, quoted_target = await admin_headers(site), quote(target, safe="")
    login = await site.app.test_client(False).get(f"/login?next={quoted_target}", headers=headers)
    view = await site.app.test_client(False).post("/view", headers=headers, form={"next": target})

    for answer in (login, view):
        assert answer.status_code == 303
        assert re.match(r"/(?![/\\])", answer.headers["Location"])
        assert "e.x" not in answer.headers["Location"]


async def test_a_long_name_creates_no_long_redis_key(site: Site, keys: Redis) -> None:
    for email in ("x" * 40_000 + "@b", "*@b", "a:b:c@d", "\r\nFLUSHALL@x", "x" * 60 + "@" + "y" * 180):
        await site.app.test_client(False).post("/login", headers=OWN, form={"email": email, "password": "guess"})
        await site.app.test_client(False).get(f"/s/{quote(email[:3000], safe='')}", headers=await admin_headers(site))

    names = [name async for name in keys.scan_iter("*")]
    assert names
    assert max(map(len, names)) <= 200
    assert not [name for name in names if b"FLUSHALL" in name or b"*" in name or b"xxxx" in name]


async def test_a_form_ignores_fields_that_it_does_not_have(site: Site, link: asyncpg.Connection) -> None:
    person = "select role, active, id, session_epoch from app.users where email = $1"
    before, email = await link.fetch(person, site.people[Role.USER]), site.people[Role.USER]
    more = {
        "role": "admin",
        "is_admin": "1",
        "active": "1",
        "id": "1",
        "user_id": "1",
        "session_epoch": "9",
        "email": email,
    }
    cookie = {**OWN, "Cookie": site.cookie(await site.new_session(Role.USER))}
    sent = {
        "/account/password": {"current": "not this", "new": PASSWORD + "!", "again": PASSWORD + "!"},
        "/account/sessions": {"session": "others"},
        "/view": {"zone": "UTC"},
        "/login": {"password": PASSWORD, "email": email},
        "/admin/users": {"email": email},
    }

    for path, fields in sent.items():
        answer = await site.app.test_client(False).post(path, headers=cookie, form={**more, **fields})
        assert answer.status_code < 500, path

    assert await link.fetch(person, email) == before


async def test_get_requests_change_nothing(site: Site, link: asyncpg.Connection, keys: Redis) -> None:
    """Every link from every page, followed as an administrator whom another site sends there."""
    headers = {**await admin_headers(site), "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    before, keys_before = await table_digests(link), set(await redis_values(keys))
    queue, visited = ["/"] + [rule.rule for rule in routes(site, "GET") if "<" not in rule.rule], set[str]()
    while queue and len(visited) < 150:
        path = queue.pop()
        if path in visited or path.startswith(("/static", "/stream", "/favicon")):
            continue
        visited.add(path)
        answer = await site.app.test_client(False).get(path, headers=headers)
        assert answer.status_code < 500, path
        text = await answer.get_data(as_text=True)
        queue += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)"', text)]
        await site.app.test_client(False).head(path, headers=headers)
        await site.app.test_client(False).options(path, headers=headers)

    assert len(visited) > 10
    assert await table_digests(link) == before
    added = set(await redis_values(keys)) - keys_before
    # Which rules somebody looks at is of a reader's moment, as a cache is: bounded, and gone after a while.
    assert {name for name in added if b"cache" not in name and not name.startswith(b"ts:rules:")} == set()


async def test_a_search_text_is_no_sql_pattern(site: Site) -> None:
    headers = await admin_headers(site)
    await site.app.test_client(False).post("/login", headers=OWN, form={"email": "w@x.example", "password": "guess"})
    page = await site.app.test_client(False).get("/admin/audit?who=w@x.example", headers=headers)
    assert '"row">w@x.example' in await page.get_data(as_text=True)

    for pattern in ("%25", "_@x.example", "w@x.exampl_"):
        answer = await site.app.test_client(False).get(f"/admin/audit?who={pattern}", headers=headers)
        assert '"row">w@x.example' not in await answer.get_data(as_text=True), pattern
