"""Every page declares its parameters and refuses all others by name."""

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from quart import Quart

from app.quotes.charts.settings import PARAMETERS
from app.web import parameters
from tests.api.conftest import PAGE, administrator, market
from tests.pipeline.conftest import Desk
from tests.support.quote_samples import AWKWARD

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROGRAMS = {"api", "health", "reports", "static", "streams"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(market: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with administrator(market) as client:
        yield client


def pages(app: Quart) -> dict[str, tuple[str, ...]]:
    """The address of each page that an administrator can open here, and what it takes."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint.partition(".")[0] not in PROGRAMS
    ]
    views = {rule.rule: app.view_functions[rule.endpoint] for rule in rules}
    return {
        **{path: parameters.parameters_of(view) for path, view in views.items() if "api" not in vars(view)},
        "/s/BRK.B": ("as", "chart", "v", *PARAMETERS),
    }


async def test_an_unknown_parameter_is_refused_by_name_with_the_known_ones(
    market: Desk, admin: httpx.AsyncClient
) -> None:
    names_by_path = pages(market.app)

    assert {
        "/",
        "/patterns",
        "/patterns/search",
        "/symbols",
        "/account",
        "/admin/audit",
        "/admin/audit.csv",
        "/login",
    } <= names_by_path.keys()
    for path, names in names_by_path.items():
        answer = await admin.get(f"{path}?%3Csymbl%3E=AAPL", headers=PAGE)
        text = unescape(answer.text)
        assert answer.status_code == 400, path
        assert "Unknown parameter: '<symbl>'. Known are: " in text, path
        assert set(re.findall(r"[\w-]+", text.partition("Known are: ")[2].partition(".")[0])) == {
            *names,
            *parameters.FRAME,
        }, path


async def test_parameters_of_the_page_frame_and_of_trackers_are_ignored(market: Desk, admin: httpx.AsyncClient) -> None:
    for path in pages(market.app):
        plain = await admin.get(path, headers=PAGE)
        more = await admin.get(f"{path}?refresh=30&utm_source=mail&fbclid=x&fbclid=y", headers=PAGE)

        assert more.status_code == plain.status_code != 400, path


WRONG = {
    "/?refresh=7": "refresh: choose one of 10, 30, 60 seconds.",
    "/?refresh=30&refresh=30": "refresh: said more than once.",
    "/s/BRK.B?range=2m": "Choose one of 1d, 5d, 1m,",
    "/s/BRK.B?prices=adjusted": "Choose one of split, total, raw.",
    "/symbols?q=a&q=b": "q: said more than once.",
}


@pytest.mark.parametrize("path", WRONG)
async def test_an_invalid_parameter_of_a_page_is_refused_by_name(path: str, admin: httpx.AsyncClient) -> None:
    answer = await admin.get(path, headers=PAGE)

    assert answer.status_code == 400
    assert WRONG[path] in answer.text


async def entries(admin: httpx.AsyncClient, query: str) -> list[str]:
    answer = await admin.get(f"/patterns/search?{query}", headers=PAGE)
    assert answer.status_code == 200, answer.text
    return [unescape(name) for name in re.findall(r'class="symbol" href="[^"]*">([^<]*)<', answer.text)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 6),
        ("symbol=&pattern=&timeframe=&direction=&min_confidence=&from=&to=&limit=&cursor=", 6),
        ("symbol=bf/b", 2),
        ("pattern=Doji", 3),
        ("timeframe=daily", 6),
        ("timeframe=2min", 0),
        ("tier=daily", 6),
        ("tier=combo", 0),
        ("direction=bullish", 6),
        ("direction=sideways", 0),
        ("min_confidence=0.8", 6),
        ("min_confidence=0.81", 0),
        ("from=2012-09-04", 3),
        ("to=2012-09-04", 3),
        ("from=2012-09-04T13:30:00Z&to=2012-09-04T09:30:01-04:00", 3),
        ("limit=4", 4),
        ("symbol=BRK.B&pattern=Hammer&timeframe=daily", 1),
    ],
)
async def test_the_patterns_page_accepts_every_filter_of_the_api(
    query: str, count: int, admin: httpx.AsyncClient
) -> None:
    assert len(await entries(admin, query)) == count


async def test_older_patterns_are_paged_without_gaps(admin: httpx.AsyncClient) -> None:
    ids: list[str] = []
    query = "limit=4&from=2012-01-01"
    while query:
        text = (await admin.get(f"/patterns/search?{query}", headers=PAGE)).text
        ids += re.findall(r'<li id="([^"]*)" data-k', text)
        links = re.findall(r'<a href="/patterns/search\?([^"]*)" rel="next">', text)
        query = unescape(links[0]) if links else ""
        assert not query or "from=2012-01-01" in query

    assert len(ids) == len(set(ids)) == 2 * len(AWKWARD)


INVALID_QUERIES = {
    "min_confidence=2": ("min_confidence", "2"),
    "min_confidence=NaN": ("min_confidence", "NaN"),
    "from=yesterday": ("from", "yesterday"),
    "to=2012-02-30": ("to", "2012-02-30"),
    "tier=weekly": ("tier", "weekly"),
    "limit=0": ("limit", "0"),
    "limit=many": ("limit", "many"),
    "symbol=%00'": ("symbol", "\x00'"),
    "pattern=" + "A" * 65: ("pattern", "A" * 65),
}


@pytest.mark.parametrize("query", INVALID_QUERIES)
async def test_an_invalid_filter_keeps_its_text_with_an_error_and_runs_no_search(
    query: str, admin: httpx.AsyncClient
) -> None:
    field, value = INVALID_QUERIES[query]

    answer = await admin.get(f"/patterns/search?timeframe=daily&{query}", headers=PAGE)

    assert answer.status_code == 400
    (marked,) = re.findall(r'<(?:input|select)[^>]* aria-invalid="true"[^>]*>', answer.text)
    name = re.findall(r' name="([^"]*)"', marked)
    error = re.findall(r' aria-describedby="([^"]*)"', marked)
    assert name == [field]
    assert f'id="{error[0]}"' in answer.text
    assert value in unescape(answer.text)
    assert '<option value="daily" selected>' in answer.text
    assert 'data-k="' not in answer.text


async def test_an_invalid_page_cursor_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"/patterns/search?cursor={quote('x')}", headers=PAGE)

    assert answer.status_code == 400
    assert "this is not the `next` of any page" in answer.text


async def test_the_pattern_choices_are_the_engines_and_those_already_detected(admin: httpx.AsyncClient) -> None:
    text = (await admin.get("/patterns/search", headers=PAGE)).text
    offered = {
        name: re.findall(r'<option value="([^"]*)"', options)
        for name, options in re.findall(r'<select [^>]*name="(\w+)">(.*?)</select>', text, re.S)
    }

    assert offered["timeframe"] == ["", "daily"]
    assert offered["pattern"] == ["", "Doji", "Hammer"]
    assert offered["direction"] == ["", "bullish", "bearish", "neutral"]
