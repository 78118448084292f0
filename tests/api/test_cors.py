"""What scripts of other sites may read: with a listed origin, by token, and never by cookie."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.settings.load import Settings
from tests.api.conftest import get, new_token
from tests.pipeline.conftest import Desk
from tests.support.shared_costs import TLS

ME = "/api/v1/me"
FRIEND, STRANGER = "https://friend.example", "https://evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
FROM_A_SITE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}


@pytest.fixture(params=[(FRIEND,), ("*",)], ids=["listed", "all"])
def readers(request: pytest.FixtureRequest) -> tuple[str, ...]:
    origins: tuple[str, ...] = request.param
    return origins


@pytest.fixture
async def open_desk(settings: Settings, readers: tuple[str, ...]) -> AsyncIterator[Desk]:
    live = settings.live.model_copy(update={"allowed_origins": readers})
    desk = Desk(settings.model_copy(update={"live": live}))
    await desk.start()
    await desk.enter()
    yield desk
    await desk.stop()


async def read(desk: Desk, token: str | None, origin: str, path: str = ME) -> httpx.Response:
    return await get(desk, path, token, Origin=origin, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors")


async def test_a_listed_origin_reads_with_a_token_and_not_with_a_cookie(
    open_desk: Desk, readers: tuple[str, ...]
) -> None:
    async with open_desk.client() as client:
        token = await new_token(client)
        by_cookie = await client.get(ME, headers={**FROM_A_SITE, "Origin": FRIEND})
        wrong = await client.get(ME, headers={**FROM_A_SITE, "Origin": FRIEND, "Authorization": "Bearer nothing"})
        change = await client.post(ME, headers={**FROM_A_SITE, "Origin": FRIEND, "Authorization": f"Bearer {token}"})
    answer, stranger = await read(open_desk, token, FRIEND), await read(open_desk, token, STRANGER)
    page = await read(open_desk, token, STRANGER, "/symbols")

    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, readers[0])
    assert "Origin" in answer.headers["Vary"]
    assert {"ETag", "Link", "Retry-After"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert stranger.status_code == (200 if "*" in readers else 403)
    assert ("Access-Control-Allow-Origin" in stranger.headers) is ("*" in readers)
    assert wrong.status_code == 401  # the cookie that came with it is not looked at
    assert change.status_code == 403
    assert page.status_code == 403
    assert "Access-Control-Allow-Origin" not in page.headers
    assert "Access-Control-Allow-Origin" not in by_cookie.headers
    assert by_cookie.status_code == (403 if "*" in readers else 200)  # what nobody there can read


async def test_a_preflight_request_is_answered(open_desk: Desk, readers: tuple[str, ...]) -> None:
    base = f"http://127.0.0.1:{open_desk.settings.port}"
    async with httpx.AsyncClient(
        base_url=base, trust_env=False, verify=TLS, timeout=30, headers=FROM_A_SITE
    ) as browser:
        friend = await browser.options(ME, headers={**PREFLIGHT, "Origin": FRIEND})
        stranger = await browser.options(ME, headers={**PREFLIGHT, "Origin": STRANGER})
        change = await browser.options(
            ME, headers={**PREFLIGHT, "Origin": FRIEND, "Access-Control-Request-Method": "POST"}
        )
        page = await browser.options("/symbols", headers={**PREFLIGHT, "Origin": STRANGER})

    assert (friend.status_code, friend.headers["Access-Control-Allow-Origin"]) == (204, readers[0])
    assert friend.headers["Access-Control-Allow-Headers"] == "Authorization, If-None-Match"
    assert "Access-Control-Allow-Credentials" not in friend.headers
    assert stranger.status_code == (204 if "*" in readers else 403)
    assert "Access-Control-Allow-Methods" not in change.headers
    assert page.status_code == 403


async def test_allowing_all_origins_opens_no_stream_and_no_socket(open_desk: Desk, readers: tuple[str, ...]) -> None:
    where = {"Origin": STRANGER, "Sec_Fetch_Site": "cross-site"}
    async with open_desk.stream("patterns", **where) as reader:
        assert reader.status == 403
        assert "access-control-allow-origin" not in reader.headers

    headers = {"Origin": STRANGER, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    async with open_desk.client() as client:
        socket = await client.get(
            "/ws/quotes?topics=quotes", headers={**headers, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        )
    assert socket.status_code == 403
