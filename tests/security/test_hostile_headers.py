"""Requests with any header values get a page or a clear 4xx, never a 5xx."""

import pytest

from app.identity import Role
from tests.security.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = (
    "http://[",
    "http://[x]/login",
    "http://::1]:99999999/%",
    "\x80\xff",
    "x" * 7000,
    "=;,=\"'",
    "Bearer " + "\xe9" * 60,
    "9" * 400,
    "-1/-1;q=NaN",
    "<script>alert(1)</script>",
)
HEADERS = (
    "Accept",
    "Accept-Encoding",
    "Authorization",
    "Content-Type",
    "Cookie",
    "Forwarded",
    "HX-Current-URL",
    "Host",
    "If-Modified-Since",
    "If-None-Match",
    "Last-Event-ID",
    "Origin",
    "Range",
    "Referer",
    "Save-Data",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
)
PATHS = ("/account", "/login", "/api/v1/me", "/stream?topics=none", "/nothing")
FRAGMENT = {"HX-Request": "true", "Origin": "http://127.0.0.1:8000"}


@pytest.mark.parametrize("name", HEADERS)
async def test_no_header_causes_a_server_error(site: Site, name: str) -> None:
    signed_in = {**FRAGMENT, "Cookie": site.cookie(await site.new_session(Role.USER))}
    for value in HOSTILE:
        for headers in (FRAGMENT, signed_in):
            for path in PATHS:
                answer = await site.app.test_client(False).get(path, headers={**headers, name: value})
                assert answer.status_code < 500, (path, value)
                assert "<script>alert" not in await answer.get_data(as_text=True), (path, value)
            sent = await site.app.test_client(False).post("/login", data=b"x=1", headers={**headers, name: value})
            assert sent.status_code < 500, value
