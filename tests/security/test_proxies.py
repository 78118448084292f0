"""The client's address: what configured proxies say, and never what a client writes."""

import secrets

import pytest
from quart import Quart
from quart.datastructures import Headers
from quart.typing import TestClientProtocol as Client

from app.settings.load import Settings, load
from app.settings.sources import BadSetting
from app.web import client as web_client
from app.web import guards, security
from tests.security.conftest import Site

PEER = "198.51.100.7"


@guards.public
async def who() -> dict[str, object]:
    return {"address": web_client.address(), "secure": security.is_secure()}


def client_behind(proxy_hops: int, public_url: str = "http://desk.example") -> Client:
    app = Quart(__name__)
    web_client.install(app, proxy_hops)
    security.install(app, public_url)
    app.add_url_rule("/who", "who", who)
    return app.test_client()


async def seen_client(client: Client, *headers: tuple[str, str]) -> dict[str, object]:
    answer = await client.get("/who", headers=Headers(list(headers)), scope_base={"client": (PEER, 4000)})
    client_data: dict[str, object] = await answer.get_json()
    return {**client_data, "hsts": "Strict-Transport-Security" in answer.headers}


FORGED = [
    ("X-Forwarded-For", "203.0.113.1"),
    ("X-Forwarded-For", "203.0.113.1, 203.0.113.2, 203.0.113.3"),
    ("X-Real-IP", "203.0.113.1"),
    ("Forwarded", "for=203.0.113.1;proto=https"),
    ("X-Forwarded-Proto", "https"),
    ("X-Client-IP", "203.0.113.1"),
    ("True-Client-IP", "203.0.113.1"),
    ("Remote-Addr", "203.0.113.1"),
]


@pytest.mark.parametrize("header", FORGED, ids=lambda header: header[0])
async def test_without_a_proxy_only_the_connections_address_counts(header: tuple[str, str]) -> None:
    assert await seen_client(client_behind(0), header) == {"address": PEER, "secure": False, "hsts": False}


@pytest.mark.parametrize("header", [each for each in FORGED if not each[0].startswith("X-Forwarded")])
async def test_behind_a_proxy_only_the_configured_header_counts(header: tuple[str, str]) -> None:
    assert await seen_client(client_behind(1), header) == {"address": PEER, "secure": False, "hsts": False}


CHAINS = [
    (1, ["203.0.113.1"], "203.0.113.1"),
    (1, ["10.0.0.1, 203.0.113.1"], "203.0.113.1"),
    (1, ["10.0.0.1", "203.0.113.1"], "203.0.113.1"),
    (2, ["10.0.0.1, 203.0.113.1, 10.0.0.2"], "203.0.113.1"),
    (2, ["10.0.0.1,203.0.113.1", " 10.0.0.2 "], "203.0.113.1"),
    (1, ["10.0.0.1, 203.0.113.1:52100"], "203.0.113.1"),
    (1, ["[2001:DB8::1]:443"], "2001:db8::1"),
    (1, ["2001:0db8:0::1"], "2001:db8::1"),
    (1, ["::ffff:203.0.113.1"], "203.0.113.1"),
]


@pytest.mark.parametrize(("hops", "lines", "address"), CHAINS)
async def test_the_configured_number_of_hops_counts_from_the_right(hops: int, lines: list[str], address: str) -> None:
    assert (await seen_client(client_behind(hops), *(("X-Forwarded-For", line) for line in lines)))[
        "address"
    ] == address


HOSTILE = [
    "",
    ",",
    ", ,",
    "unknown",
    "_hidden",
    "<script>alert(1)</script>",
    "203.0.113.1;--",
    "fe80::1%<script>",
    "203.0.113.1 203.0.113.2",
    "0x7f.1",
    "127.1",
    "9" * 5000,
    ":" * 5000,
    "[" * 100,
    "203.0.113.999",
]


@pytest.mark.parametrize("forwarded", HOSTILE)
async def test_an_invalid_forwarded_address_falls_back_to_the_connection(forwarded: str) -> None:
    assert (await seen_client(client_behind(1), ("X-Forwarded-For", forwarded)))["address"] == PEER


async def test_a_request_that_bypassed_a_proxy_has_the_connections_address() -> None:
    assert (await seen_client(client_behind(2), ("X-Forwarded-For", "203.0.113.1")))["address"] == PEER
    assert (await seen_client(client_behind(2), ("X-Forwarded-Proto", "https")))["secure"] is False


@pytest.mark.parametrize(
    ("scheme", "secure"), [("https", True), ("HTTPS", True), ("http", False), ("https, http", False)]
)
async def test_the_configured_proxy_decides_whether_a_request_used_https(scheme: str, secure: bool) -> None:
    client = await seen_client(client_behind(1), ("X-Forwarded-Proto", scheme))

    assert (client["secure"], client["hsts"]) == (secure, secure)
    assert (await seen_client(client_behind(0, "https://desk.example")))["secure"] is True


def test_the_number_of_proxies_is_a_setting(tmp_path: object) -> None:
    assert Settings().proxy_hops == 0
    assert load({"DATA_DIR": str(tmp_path), "PROXY_HOPS": "2"}).settings.proxy_hops == 2
    for value in ("-1", "11", "many"):
        with pytest.raises(BadSetting, match="PROXY_HOPS: "):
            load({"DATA_DIR": str(tmp_path), "PROXY_HOPS": value})


@pytest.mark.asyncio(loop_scope="module")
async def test_forged_addresses_do_not_raise_the_limit_of_guesses(site: Site) -> None:
    """The limit is the address's: each guess is at another account."""
    answers = []
    for _ in range(14):
        forged = ".".join(str(secrets.randbelow(256)) for _ in range(4))
        names = ("X-Forwarded-For", "X-Real-IP", "Client-IP")
        headers = {**dict.fromkeys(names, forged), "Forwarded": f"for={forged}"}
        form = {"email": f"{secrets.token_hex(4)}@example.org", "password": "a wrong guess of it"}
        answers.append(await site.app.test_client(False).post("/login", form=form, headers=headers))

    statuses = [answer.status_code for answer in answers]
    assert statuses == [422] * 10 + [429] * 4
    assert int(answers[-1].headers["Retry-After"]) >= 1
