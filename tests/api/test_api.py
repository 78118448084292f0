"""The answers of /api/v1: typed, in UTC, paged, and with clear errors for invalid requests."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from app.db.pools import Pool
from tests.api.conftest import administrator, get, new_token
from tests.pipeline.conftest import EMAIL, Desk
from tests.support.quote_samples import AWKWARD, LONG_NAME

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def get_json(market: Desk, token: str, path: str) -> Any:
    answer = await get(market, f"/api/v1/{path}", token)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json"), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()


def in_utc(text: str) -> bool:
    return text.endswith("Z") and datetime.fromisoformat(text).tzinfo is not None


async def test_quotes_are_listed_in_pages_and_readable_one_by_one(market: Desk, token: str) -> None:
    first = await get_json(market, token, "quotes?limit=2")
    second = await get_json(market, token, f"quotes?limit=2&after={quote(first['next'])}")
    some = await get_json(market, token, "quotes?symbols=brk.b,NOBODY")

    assert [each["symbol"] for each in first["quotes"] + second["quotes"]] == sorted(AWKWARD)
    assert second["next"] is None
    assert [each["symbol"] for each in some["quotes"]] == ["BRK.B"]
    for symbol in AWKWARD:
        one = await get_json(market, token, f"quotes/{quote(symbol)}")
        assert (one["symbol"], one["name"], one["currency"]) == (symbol, LONG_NAME, "USD")
        assert (one["price"], one["previous_close"], one["session"]) == (40.0, 39.0, "2012-08-31")
        assert in_utc(one["time"])


async def test_bars_are_the_newest_of_a_range_with_the_oldest_first(market: Desk, token: str) -> None:
    daily = await get_json(market, token, "bars/BF/B?limit=3")
    cut = await get_json(market, token, "bars/BF/B?from=2012-08-28&to=2012-08-30T00:00:00Z")
    minutes = await get_json(market, token, "bars/bf/b?timeframe=1min&to=2012-09-04T13:32:00%2B00:00")

    assert [bar["time"][:10] for bar in daily["bars"]] == ["2012-08-29", "2012-08-30", "2012-08-31"]
    assert daily["bars"][-1] == {**daily["bars"][-1], "open": 39.0, "high": 41.0, "low": 38.0, "close": 40.0}
    assert daily["bars"][-1]["volume"] == 1029
    assert [bar["time"] for bar in cut["bars"]] == ["2012-08-28T00:00:00Z", "2012-08-29T00:00:00Z"]
    assert [bar["close"] for bar in minutes["bars"]] == [50.0, 51.0]
    assert (await get_json(market, token, "bars/BF/B?from=2013-01-01"))["bars"] == []


async def test_patterns_can_be_filtered_and_paged_without_gaps(market: Desk, token: str) -> None:
    whole = (await get_json(market, token, "patterns"))["patterns"]
    pages, cursor = [], ""
    while cursor is not None:
        page = await get_json(market, token, f"patterns?limit=2&cursor={cursor}")
        pages, cursor = pages + page["patterns"], page["next"]

    assert pages == whole
    assert [(each["pattern"], each["symbol"]) for each in whole] == [
        (name, symbol) for name in ("Hammer", "Doji") for symbol in sorted(AWKWARD)
    ]
    assert all(in_utc(each["time"]) and each["confidence"] == 0.8 and not each["expired"] for each in whole)
    for query, count in (
        ("symbol=bf/b", 2),
        ("pattern=Doji", 3),
        ("direction=bearish", 0),
        ("min_confidence=0.9", 0),
        ("timeframe=daily&from=2012-09-04", 3),
        ("to=2012-09-04", 3),
    ):
        assert len((await get_json(market, token, f"patterns?{query}"))["patterns"]) == count, query


async def test_indicators_market_and_me_answer(market: Desk, token: str) -> None:
    none = await get_json(market, token, "indicators/BRK.B")
    state, me = await get_json(market, token, "market"), await get_json(market, token, "me")

    assert none == {"symbol": "BRK.B", "indicators": []}
    assert state["clock"] is None
    assert {"ticks", "engine", "redis", "database", "jobs"} <= {part["key"] for part in state["parts"]}
    assert (me["email"], me["role"], me["scope"]) == (EMAIL, "user", "read")
    assert in_utc(me["time"])


async def test_the_audit_takes_an_administrators_token(market: Desk, token: str) -> None:
    async with administrator(market) as admin:
        reader, whole = await new_token(admin, "read"), await new_token(admin, "admin")

    page = await get_json(market, whole, "audit?limit=1&action=make_token")
    rest = await get_json(market, whole, f"audit?action=make_token&before={page['next']}")

    assert page["entries"][0]["detail"] == "Cron job, admin, 30 days"
    assert [entry["actor"] for entry in rest["entries"]] == ["bob@example.org", EMAIL]
    for weaker in (reader, token):
        assert (await get(market, "/api/v1/audit", weaker)).status_code == 403


INVALID_QUERIES = {
    "quotes?limits=2": ("limits", 400),
    "quotes?limit=0": ("limit", 400),
    "quotes?limit=99999999999999999999": ("limit", 400),
    "quotes?limit=two": ("limit", 400),
    "quotes?limit=1&limit=2": ("limit", 400),
    "quotes/NOBODY": ("", 404),
    "quotes/%00": ("", 404),
    "quotes/BRK.B?x=1": ("x", 400),
    "bars/NOBODY": ("", 404),
    "bars/%00": ("", 400),
    "bars/BRK.B?timeframe=7min": ("timeframe", 400),
    "bars/BRK.B?from=yesterday": ("from", 400),
    "bars/BRK.B?from=2012-08-31T13:30:00": ("from", 400),
    "bars/BRK.B?to=9999-12-31": ("to", 400),
    "bars/BRK.B?prices=adjusted": ("prices", 400),
    "bars/BRK.B?prices=total&timeframe=1min": ("prices", 400),
    "patterns?min_confidence=NaN": ("min_confidence", 400),
    "patterns?min_confidence=2": ("min_confidence", 400),
    "patterns?cursor=x": ("cursor", 400),
    "patterns?cursor=WzEsMiwzLDRd": ("cursor", 400),
    "patterns?cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwWiIsIkEiLCJCIiwiQyJd": ("cursor", 400),
    "patterns?symbol=%00": ("", 400),
    "patterns?symbol=" + "A" * 65: ("symbol", 400),
    "patterns?pattern=%F0%28": ("", 200),
    "indicators/%00": ("", 400),
    "me?%3Cscript%3E=1": ("script", 400),
    "nothing": ("", 404),
    "": ("", 404),
}


async def test_an_invalid_parameter_is_refused_by_name(market: Desk, token: str) -> None:
    for path, (name, status) in INVALID_QUERIES.items():
        answer = await get(market, f"/api/v1/{path}", token, Accept="text/html", HX_Request="true")

        assert answer.status_code == status, (path, answer.text)
        if status != 200:
            assert answer.headers["Content-Type"] == "application/problem+json"
            problem = answer.json()
            assert (problem["type"], problem["status"]) == ("about:blank", status)
            assert problem["title"] in ("Bad Request", "Not Found")
            assert name in problem["detail"]


async def test_methods_that_change_something_are_a_405(market: Desk, token: str) -> None:
    async with market.client() as client:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await client.request(method, "/api/v1/quotes", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 405
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert "GET" in answer.headers["Allow"]


async def test_quotes_are_served_while_the_market_database_is_down(market: Desk, token: str) -> None:
    pools = market.context.pools
    market_pool, pools.market = pools.market, Pool("postgresql://nobody@127.0.0.1:1/none", "away")
    try:
        assert (await get(market, "/api/v1/quotes", token)).status_code == 200
        away = await get(market, "/api/v1/bars/BRK.B", token)
    finally:
        pools.market = market_pool
    assert (away.status_code, away.json()["title"]) == (503, "Service Unavailable")
    assert int(away.headers["Retry-After"]) >= 1


async def test_the_openapi_document_has_every_route_and_no_dangling_reference(market: Desk) -> None:
    answer = await get(market, "/api/v1/openapi.json", None)
    document = answer.json()
    rules = [rule for rule in market.app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]

    assert answer.status_code == 200
    assert document["openapi"] == "3.1.0"
    assert sum(map(len, document["paths"].values())) == len(rules) - 1  # but for its own
    assert {"/api/v1/bars/{symbol}", "/api/v1/quotes"} <= document["paths"].keys()
    names = {each["name"] for each in document["paths"]["/api/v1/bars/{symbol}"]["get"]["parameters"]}
    assert names == {"symbol", "timeframe", "from", "to", "limit", "prices"}
    for part in json.dumps(document).split('"$ref": "')[1:]:
        assert part.partition('"')[0].removeprefix("#/components/schemas/") in document["components"]["schemas"]
    for foreign in ("/docs", "/redocs", "/scalar"):
        assert (await get(market, foreign, None)).status_code == 404
