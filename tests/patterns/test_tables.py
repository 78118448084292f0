"""The search of patterns as JSON, CSV and text: the rows of its page, by suffix and by Accept."""

import csv
from datetime import datetime
from io import StringIO

import httpx
import pytest
import pytest_asyncio

from tests.api.conftest import administrator, get, market, new_token, token
from tests.pipeline.conftest import Desk
from tests.support.quote_samples import AWKWARD

__all__ = ["market", "token"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEARCH = "/patterns/search"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_every_format_has_the_same_rows(market: Desk, token: str) -> None:
    answers = {kind: await get(market, f"{SEARCH}.{kind}?pattern=Doji", token) for kind in ("json", "csv", "txt")}
    rows = answers["json"].json()["rows"]
    table = list(csv.DictReader(StringIO(answers["csv"].text, newline="")))
    lines = answers["txt"].text.splitlines()

    assert {answer.status_code for answer in answers.values()} == {200}
    assert {kind: answer.headers["Content-Type"] for kind, answer in answers.items()} == {
        "json": "application/json",
        "csv": "text/csv; charset=utf-8",
        "txt": "text/plain; charset=utf-8",
    }
    assert answers["csv"].headers["Content-Disposition"] == 'attachment; filename="patterns.csv"'
    assert sorted(row["symbol"] for row in rows) == sorted(AWKWARD)
    assert [row["symbol"] for row in table] == [row["symbol"] for row in rows]
    assert [line.split()[1] for line in lines[1 : len(rows) + 1]] == [row["symbol"] for row in rows]
    assert {row["pattern"] for row in rows} == {"Doji"}
    assert datetime.fromisoformat(rows[0]["time"]).tzinfo is not None
    assert [name for name in table[0] if "America" in name] == ["time (America/New_York)", "as_of (America/New_York)"]


async def test_pages_of_a_table_are_linked(market: Desk, token: str) -> None:
    symbols: list[str] = []
    address: str | None = f"{SEARCH}.json?pattern=Doji&limit=2"
    while address:
        answer = await get(market, address, token)
        symbols += [row["symbol"] for row in answer.json()["rows"]]
        follows = httpx.Response(200, headers=answer.headers, request=answer.request).links.get("next")
        assert bool(follows) == bool(answer.json()["next"])
        address = follows["url"] if follows else None

    assert sorted(symbols) == sorted(AWKWARD)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER, "text/html"),
        ("*/*", "text/html"),
        ("image/png", "text/html"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("text/plain, text/html;q=0.5", "text/plain"),
    ],
)
async def test_at_the_address_of_the_page_accept_decides(market: Desk, accept: str, kind: str) -> None:
    async with market.client() as client:
        answer = await client.get(SEARCH, headers={"Accept": accept})
        page = await client.get(f"{SEARCH}.html", headers={"Accept": accept})

    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (200, "text/html")


async def test_what_is_no_table_or_no_choice_is_refused_in_words(market: Desk, token: str) -> None:
    for suffix in ("xml", "CSV", "csv.csv"):
        assert (await get(market, f"{SEARCH}.{suffix}", token)).status_code == 404
    text = await get(market, f"{SEARCH}.txt?limit=9999", token)
    problem = await get(market, f"{SEARCH}.json?cursor=x", token)
    unknown = await get(market, f"{SEARCH}.csv?symbl=AAPL", token)

    assert (text.status_code, text.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert "limit: Number must be" in text.text
    assert (problem.status_code, problem.headers["Content-Type"]) == (400, "application/problem+json")
    assert problem.json()["detail"].startswith("cursor: ")
    assert (unknown.status_code, "'symbl'" in unknown.text) == (400, True)


async def test_a_token_opens_tables_and_not_the_page(market: Desk, token: str) -> None:
    assert (await get(market, f"{SEARCH}.csv", None)).status_code == 401
    assert (await get(market, SEARCH, token)).status_code == 401
    assert (await get(market, SEARCH, token, Accept="text/csv")).status_code == 401
    assert (await get(market, "/admin/audit.json", token)).status_code == 403


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin_token(market: Desk) -> str:
    async with administrator(market) as admin:
        return await new_token(admin, "admin")


@pytest.mark.parametrize("kind", ["json", "csv", "txt"])
async def test_the_audit_is_a_table_too_and_its_export_is_audited(market: Desk, admin_token: str, kind: str) -> None:
    answer = await get(market, f"/admin/audit.{kind}?action=make_token", admin_token)
    rows = (await get(market, "/admin/audit.json?action=export", admin_token)).json()["rows"]

    assert (answer.status_code, "make_token" in answer.text) == (200, True)
    assert f"audit.{kind}, " in "".join(row["detail"] for row in rows)
