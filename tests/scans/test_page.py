"""The page of a scan, on a served desk: one line, its table, its form, and what is refused."""

import csv
import re
from html import unescape
from urllib.parse import quote, unquote

import httpx
import pytest

from app.rules.presets import GENERAL
from app.scans.columns import SETS, SORTABLE
from tests.pipeline.conftest import Desk
from tests.support.list_pages import PAGE, get, new_list, rows
from tests.support.quote_samples import OPEN, tick

pytestmark = pytest.mark.asyncio(loop_scope="module")

OVERSOLD = "/scan?q=rsi14:..30&v=1"


async def location(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path, headers=PAGE)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def steps(html: str) -> list[tuple[str, str]]:
    """Of the funnel: condition and symbols left."""
    (table,) = re.findall(r'<table class="funnel".*?</table>', html, re.S)
    return re.findall(r'<th scope="row">([^<]*)</th>.*?<td class="num">([^<]*)</td>', table, re.S)


async def test_the_symbols_for_which_the_rule_holds_stand_in_the_table(alice: httpx.AsyncClient) -> None:
    html = await get(alice, "/scan?q=rsi14:..30,close:gt:sma200&v=1")

    assert rows(html) == ["BRK.B"]
    assert '<h2 id="matches-head">1 match</h2>' in html
    assert steps(html) == [("All symbols", "5"), ("RSI 14 at most 30", "3"), ("Close above SMA 200", "1")]


async def test_every_spelling_leads_to_the_one_address(alice: httpx.AsyncClient) -> None:
    for typed in ("RSI(14) <= 30", "rsi14 : ..30", "rsi:le:30,close:gt:sma(200)"):
        address = await location(alice, f"/scan?q={quote(typed)}")
        assert address.endswith("&v=1")
        assert (await alice.get(address, headers=PAGE)).status_code == 200
    assert await location(alice, "/scan?q=rsi14%3A..30") == OVERSOLD


async def test_other_parameters_survive_the_redirection(alice: httpx.AsyncClient) -> None:
    address = await location(alice, "/scan?q=RSI14:..30&cols=tech&sort=-rsi14&in=market_leaders:top_2")

    assert address == "/scan?q=rsi14:..30&in=market_leaders:top_2&sort=-rsi14&cols=tech&v=1"
    assert rows(await get(alice, address)) == ["AAPL", "BRK.B"]


async def test_chips_say_each_condition_and_lead_to_the_rule_without_it(alice: httpx.AsyncClient) -> None:
    html = await get(alice, "/scan?q=rsi14:..30,close:gt:sma200&cols=tech&v=1")

    (chips,) = re.findall(r'<ul class="chips".*?</ul>', html, re.S)
    assert re.findall(r"<span>([^<]*)</span>", chips) == ["RSI 14 at most 30", "Close above SMA 200"]
    assert re.findall(r'href="([^"]*)"', chips) == [
        "/scan?q=close:gt:sma200&cols=tech&v=1",
        "/scan?q=rsi14:..30&cols=tech&v=1",
    ]


@pytest.mark.parametrize("name", SETS)
async def test_each_set_of_columns_is_drawn(alice: httpx.AsyncClient, name: str) -> None:
    html = await get(alice, f"/scan?q=close:0..&cols={name}&v=1")

    assert len(rows(html)) == 5
    for column in SETS[name].columns:
        assert column.label in html


@pytest.mark.parametrize("name", [*SORTABLE, "symbol"])
@pytest.mark.parametrize("sign", ["", "-"])
async def test_each_column_sorts_in_both_directions(alice: httpx.AsyncClient, name: str, sign: str) -> None:
    html = await get(alice, f"/scan?q=close:0..&sort={sign}{name}&v=1")

    assert len(rows(html)) == 5
    if name == "rsi14":
        # Bitcoin has none, and stands last either way.
        order = ["GE", "BRK.B", "AAPL", "BF/B"]
        assert rows(html) == [*(reversed(order) if sign else order), "X:BTCUSD"]
    if name == "sma200":
        order = ["GE", "BF/B", "AAPL", "BRK.B"]
        assert rows(html) == [*(reversed(order) if sign else order), "X:BTCUSD"]


async def test_a_heading_says_how_the_table_is_sorted_and_turns_it_round(alice: httpx.AsyncClient) -> None:
    html = await get(alice, "/scan?q=close:0..&sort=-relvol&v=1")

    assert re.findall(r'aria-sort="(\w+)"><a href="([^"]*)">([^<]*)', html) == [
        ("descending", "/scan?q=close:0..&sort=relvol&v=1", "Rel. vol.")
    ]


async def test_a_push_of_a_quote_reaches_its_row(desk: Desk, alice: httpx.AsyncClient) -> None:
    html = await get(alice, OVERSOLD)
    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', html)
    assert {"quotes:AAPL", "quotes:BRK.B", "quotes:GE"} < set(unquote(topics).split(","))

    async with desk.stream(topics) as reader:
        await reader.message("message")
        await desk.publish(tick("BRK.B", 85.75, OPEN + 600))
        pushed = (await reader.containing("85.75")).data

    (target,) = re.findall(r'hx-target="#(row-[^"]+)" hx-swap="cells"', pushed)
    (row,) = re.findall(rf'<tr id="{target}">.*?</tr>', html, re.S)
    assert re.findall(r'<td class="(last|change|percent)', row) == ["last", "change", "percent"]


async def test_pages_of_fifty_rows_lead_to_each_other(alice: httpx.AsyncClient) -> None:
    first = await get(alice, "/scan?q=close:0..&tf=w&v=1")
    (after,) = re.findall(r'href="([^"]*)" rel="next"', first)
    last = await get(alice, "/scan?q=close:0..&tf=w&page=3&v=1")

    assert "120 matches" in first
    assert (rows(first)[0], rows(first)[-1], len(rows(first))) == ("W000", "W049", 50)
    assert rows(await get(alice, after))[0] == "W050"
    assert len(rows(last)) == 20
    assert re.findall(r'href="([^"]*)" rel="(prev|next)"', last) == [("/scan?q=close:0..&tf=w&page=2&v=1", "prev")]


async def test_what_is_wrong_is_marked_in_the_rule_as_it_was_typed(alice: httpx.AsyncClient) -> None:
    html = await get(alice, "/scan?q=closs:gt:sma200,foo:1..", 422)

    assert re.findall(r"<mark>([^<]*)</mark>", html) == ["closs", "foo"]
    assert "no field closs; close?" in html
    assert "no field foo" in html
    assert 'aria-invalid="true" aria-describedby="rule-problem"' in html
    assert ">closs:gt:sma200,foo:1..</textarea>" in html


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("q=sector:Tech&v=1", "no sector Tech; Technology?"),
        ("q=symbol:AAPLE&v=1", "no symbol AAPLE"),
        ("q=pattern:Hamer&v=1", "no pattern Hamer"),
        ("q=rsi14:..", "a range needs a bound on one side"),
        (f"q={'a' * 1001}", "at most 1,000 characters"),
        ("q=rsi14:..30&v=2", "no version 2"),
        ("q=rsi14:..30&v=x", "no version 0"),
        ("q=<script>alert(1)</script>", ""),
    ],
)
async def test_a_rule_that_cannot_be_answered_is_a_422(alice: httpx.AsyncClient, query: str, message: str) -> None:
    answer = await alice.get(f"/scan?{query}", headers=PAGE)

    assert answer.status_code == 422
    assert message in unescape(answer.text)
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("cols=all", 400),
        ("sort=pe", 400),
        ("sort=--symbol", 400),
        ("tf=hourly", 400),
        ("page=0", 400),
        ("page=x", 400),
        ("page=9", 404),
        ("in=nowhere", 400),
        ("in=%00", 400),
        ("in=list.core", 404),
        ("who=me", 400),
        ("q=close:1..", 400),
    ],
)
async def test_what_no_table_has_is_refused_with_the_way_on(alice: httpx.AsyncClient, query: str, status: int) -> None:
    answer = await alice.get(f"/scan?q=close:0..&v=1&{query}", headers=PAGE)

    assert answer.status_code == status, answer.text


async def test_a_list_of_ones_own_is_a_scope_and_another_persons_is_none(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    await new_list(alice, "Chips", "AAPL", "BF/B")

    html = await get(alice, "/scan?q=close:0..&in=list.chips&v=1")

    assert rows(html) == ["AAPL", "BF/B"]
    assert steps(html)[0] == ("Chips", "2")
    await get(bob, "/scan?q=close:0..&in=list.chips&v=1", 404)


async def test_a_list_has_the_same_sets_of_columns_and_their_order(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Broad", "AAPL", "BRK.B", "X:BTCUSD", "MSFT")

    html = await get(alice, f"{path}?cols=tech&sort=-rsi14")

    assert rows(html) == ["AAPL", "BRK.B", "MSFT", "X:BTCUSD"]
    assert 'aria-sort="descending"' in html
    assert re.findall(r'<td class="num">(30\.0|28\.0)</td>', html) == ["30.0", "28.0"]
    for name in SETS:
        assert len(rows(await get(alice, f"{path}?cols={name}"))) == 4
    await get(alice, f"{path}?cols=all", 400)


async def test_without_a_rule_the_page_offers_screens(alice: httpx.AsyncClient) -> None:
    html = await get(alice, "/scan")

    for preset in GENERAL:
        assert preset.name in html
    assert "<textarea" in html


async def test_the_line_fills_the_form_and_the_form_writes_the_line(alice: httpx.AsyncClient) -> None:
    html = await get(alice, "/scan/form?q=rsi14:..30,close:gt:sma200,any(relvol:2..,gap:3..)&tf=w")
    assert 'value="30"' in html
    assert 'value="sma200"' in html
    assert 'value="any(relvol:2..,gap:3..)"' in html
    assert '<option value="w" selected>' in html

    fields = {
        "conditions-0-field": "rsi14",
        "conditions-0-comparison": "most",
        "conditions-0-value": "30",
        "conditions-1-field": "",
        "conditions-1-comparison": "text",
        "conditions-1-value": "any(relvol:2..,gap:3..)",
        "in": "",
        "tf": "d",
    }
    answer = await alice.get("/scan/form", params={**fields, "scan": "1"}, headers=PAGE)
    assert answer.status_code == 303
    assert await location(alice, answer.headers["Location"]) == "/scan?q=rsi14:..30,any(relvol:2..,gap:3..)&v=1"


async def test_the_form_adds_and_removes_conditions(alice: httpx.AsyncClient) -> None:
    one = "conditions-0-field=rsi14&conditions-0-comparison=most&conditions-0-value=30&tf=d"

    added = await get(alice, f"/scan/form?{one}&add=1")
    rest = await get(alice, f"/scan/form?{one}&remove=1")

    assert added.count('name="remove"') == 2
    assert rest.count('name="remove"') == 1
    assert 'value="30"' not in rest
    await get(alice, f"/scan/form?{one}&remove=2", 400)
    await get(alice, "/scan/form?tf=decade", 400)
    assert ">closs:1..</textarea>" in await get(alice, "/scan/form?q=closs:1..")


async def test_the_fields_page_has_an_example_of_every_field_that_can_be_scanned(alice: httpx.AsyncClient) -> None:
    html = await get(alice, "/scan/fields")

    examples = dict.fromkeys(re.findall(r'<td><a href="(/scan\?q=[^"]*)">', html))
    assert len(examples) > 100
    for path in [*examples][:12]:
        answer = await alice.get(path, headers=PAGE, follow_redirects=True)
        assert answer.status_code in (200, 422), path


async def test_the_same_scan_is_a_file_for_programs(alice: httpx.AsyncClient) -> None:
    query = "q=rsi14:..30&cols=tech&sort=-rsi14&v=1"

    answer = await alice.get(f"/scan.csv?{query}")
    head, *lines = list(csv.reader(answer.text.splitlines()))
    assert head[:6] == ["symbol", "name", "time (America/New_York)", "last", "change (%)", "rsi14"]
    assert head[-1] == "as_of (America/New_York)"
    assert [(line[0], line[3], line[5]) for line in lines] == [
        ("AAPL", "95.0", "30.0"),
        ("BRK.B", "84.0", "28.0"),
        ("GE", "0.0301", "2.0"),
    ]
    assert lines[0][2] == "2012-09-05T14:30:00.000-04:00"

    rows = (await alice.get(f"/scan.json?{query}")).json()["rows"]
    assert [row["symbol"] for row in rows] == ["AAPL", "BRK.B", "GE"]
    text = (await alice.get(f"/scan?{query}", headers={"Accept": "text/plain"})).text
    assert text.splitlines()[1].startswith("AAPL")


@pytest.mark.parametrize(
    "query",
    ["q=closs:1..", "q=sector:Tech", "cols=all&q=close:1..", "in=list.none&q=close:1.."],
)
async def test_a_file_of_no_scan_is_refused(alice: httpx.AsyncClient, query: str) -> None:
    answer = await alice.get(f"/scan.csv?{query}")

    assert answer.status_code in (400, 404, 422)
    assert "text/csv" not in answer.headers["Content-Type"]
