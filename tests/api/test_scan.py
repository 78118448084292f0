"""Scans, symbols and universes under /api/v1."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import administrator, get, new_token, program_client
from tests.pipeline.conftest import Desk
from tests.support.quote_samples import AWKWARD, LONG_NAME

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def get_json(market: Desk, token: str, path: str, status: int = 200) -> Any:
    answer = await get(market, f"/api/v1/{path}", token)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_scan_answers_with_the_columns_that_were_named(market: Desk, token: str) -> None:
    result = await get_json(market, token, "scan?q=RSI(14)%3C40&columns=last,rsi14,change")

    assert (result["rule"], result["columns"], result["next"]) == ("rsi14:lt:40", ["last", "rsi14", "change"], None)
    (match,) = result["matches"]
    assert (match["symbol"], match["name"], match["exchange"]) == ("BRK.B", LONG_NAME, "XNYS")
    assert match["values"] == {"last": 84.0, "rsi14": 28.0, "change": 1.25}
    assert (result["scanned"], result["total"]) == (2, 1)
    assert [each["symbols"] for each in result["conditions"]] == [1]
    assert result["as_of"] == match["time"]
    assert match["time"].endswith("Z")


async def test_two_spellings_of_a_rule_have_one_key(market: Desk, token: str) -> None:
    first = await get_json(market, token, "scan?q=close:0..,rsi14:..40")
    second = await get_json(market, token, "scan?q=rsi14:..40,close:0..")

    assert first["key"] == second["key"] != (await get_json(market, token, "scan?q=rsi14:..41,close:0.."))["key"]


async def test_pages_of_a_scan_go_on_where_the_one_before_ends(market: Desk, token: str) -> None:
    first = await get_json(market, token, "scan?q=close:0..&sort=-last&limit=1")
    second = await get_json(market, token, f"scan?q=close:0..&sort=-last&limit=1&offset={first['next']}")

    assert [each["symbol"] for each in first["matches"] + second["matches"]] == ["BRK.B", "BF/B"]
    assert (first["total"], second["next"]) == (2, None)


async def test_a_scan_of_a_universe_or_of_a_list_of_ones_own(market: Desk, token: str) -> None:
    async with administrator(market) as admin:
        writer = await new_token(admin, "jobs")
    async with program_client(market, writer) as program:
        await program.post("/api/v1/watchlists", json={"name": "Drinks", "entries": [{"symbol": "BF/B"}]})

    own = await get_json(market, writer, "scan?q=close:0..&in=list.drinks")
    universe = await get_json(market, token, "scan?q=close:0..&in=market_leaders:top_2")
    assert [each["symbol"] for each in own["matches"]] == ["BF/B"]
    assert universe["scanned"] == 2
    await get_json(market, token, "scan?q=close:0..&in=list.drinks", 404)
    await get_json(market, token, "scan?q=close:0..&in=nothing", 400)


@pytest.mark.parametrize(
    ("text", "code", "at"), [("rsi14:..40,clsoe:5..", "field", 12), ("", "", 1), ("tier:nonsense", "", 6)]
)
async def test_what_is_wrong_with_a_rule_is_said_with_its_place(
    market: Desk, token: str, text: str, code: str, at: int
) -> None:
    problem = await get_json(market, token, f"scan?q={quote(text)}", 422)
    (error, *_) = problem["errors"]

    assert (problem["type"], problem["title"], problem["status"]) == ("about:blank", "Unprocessable Entity", 422)
    assert error["at"] == at, error
    assert code in error["code"]
    assert {*error} == {"code", "at", "length", "message", "expected", "suggestion"}
    assert error["message"] in problem["detail"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("columns=nothing", "columns"),
        ("columns=last%0A", "columns"),
        ("sort=rsi99", "sort"),
        ("sort=last%0A", "sort"),
        ("tf=d%0A", "tf"),
        ("tf=y", "tf"),
        ("offset=-1", "offset"),
        ("limit=1001", "limit"),
        ("v=2", "v"),
        ("page=2", "page"),
    ],
)
async def test_an_invalid_parameter_is_named(market: Desk, token: str, query: str, name: str) -> None:
    assert name in (await get_json(market, token, f"scan?q=close:0..&{query}", 400))["detail"]


async def test_symbols_are_listed_in_pages_and_searched(market: Desk, token: str) -> None:
    first = await get_json(market, token, "symbols?limit=2")
    second = await get_json(market, token, f"symbols?limit=2&after={quote(first['next'])}")

    assert [each["symbol"] for each in first["symbols"] + second["symbols"]] == sorted(AWKWARD)
    assert (first["total"], second["next"]) == (3, None)
    prefix = await get_json(market, token, "symbols?q=brk")
    assert ([each["symbol"] for each in prefix["symbols"]], prefix["near"]) == (["BRK.B"], False)
    mistyped = await get_json(market, token, "symbols?q=BRKB")
    assert (mistyped["symbols"][0]["symbol"], mistyped["near"]) == ("BRK.B", True)
    await get_json(market, token, "symbols?q=brk&after=A", 400)


async def test_one_symbol_says_what_the_market_has_of_it(market: Desk, token: str) -> None:
    for symbol in AWKWARD:
        one = await get_json(market, token, f"symbols/{quote(symbol.lower(), safe='')}")
        assert (one["symbol"], one["name"], one["exchange"], one["currency"]) == (symbol, LONG_NAME, "XNYS", "USD")
        assert (one["tick_size"], one["active"], one["sector"], one["market_cap"]) == (0.01, True, "", None)
    await get_json(market, token, "symbols/NOBODY", 404)


async def test_universes_have_their_members(market: Desk, token: str) -> None:
    (universe,) = (await get_json(market, token, "universes"))["universes"]
    assert universe == {
        "name": "market_leaders",
        "key": "top_2",
        "scope": "market_leaders:top_2",
        "members": 2,
    }

    first = await get_json(market, token, "universes/market_leaders/top_2?limit=1")
    second = await get_json(market, token, f"universes/market_leaders/top_2?limit=1&after={quote(first['next'])}")
    assert (first["members"], second["members"], second["next"]) == (["BF/B"], ["BRK.B"], None)
    assert (await get_json(market, token, "universes/market_leaders/top_2?after=Z"))["members"] == []
    await get_json(market, token, "universes/market_leaders/top_3", 404)


async def test_a_rule_that_nothing_evaluates_yet_is_a_503(market: Desk, token: str) -> None:
    answer = await get(market, "/api/v1/scan?q=in5(sma50:up:sma200)", token)

    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json"), answer.text
    assert int(answer.headers["Retry-After"]) > 0
