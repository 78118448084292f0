"""The page of the market and what programs are sent of it, by one served desk."""

import re
from datetime import date

import pytest

from app.db.pools import Pool
from app.market.overview.board import OverviewBoard
from app.wire.events.event import Tick
from tests.api.conftest import PAGE, get, market, token
from tests.pipeline.conftest import Desk
from tests.support.quote_samples import AWKWARD

__all__ = ["market", "token"]

pytestmark = pytest.mark.asyncio(loop_scope="module")
AUCTION = 1346443205.0
"""31 August 2012, five seconds after the close in New York."""
FLOOR = "min_price=0&min_volume=0"


async def page(desk: Desk, path: str = "/market") -> str:
    async with desk.client() as client:
        answer = await client.get(path, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_page_shows_hours_breadth_sectors_and_movers(market: Desk) -> None:
    text = await page(market, f"/market?{FLOOR}")

    assert 'id="hours"' in text
    assert re.search(r'id="breadth-advancing">.*?<td class="num">3</td><td class="num">100%</td>', text)
    assert re.search(r'id="group-"><th scope="row">No sector</th><td class="num wide">3</td>', text)
    for symbol, address in zip(AWKWARD, ("BRK.B", "BF%2FB", "X%3ABTCUSD"), strict=True):
        assert f'<a href="/s/{address}">{symbol}</a>' in text
    assert "/scan?q=chg:gt:0,close:0..,volume:0..&amp;sort=-change&amp;v=1" in text
    assert "The database is away" not in text


async def test_members_of_a_universe_are_summed_up(market: Desk) -> None:
    text = await page(market, "/market?by=universes")

    assert (
        '<a href="/scan?in=market_leaders:top_2&amp;v=1">market_leaders:top_2</a></th><td class="num wide">2</td>'
        in text
    )


async def test_a_list_that_the_floor_leaves_empty_says_so(market: Desk) -> None:
    assert (await page(market, "/market?min_volume=1000000")).count("No symbol of this session is at or above") == 4


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("min_price=x", "Not a valid float value"),
        ("min_price=nan", "Number must be between 0 and 1000000"),
        ("min_volume=-1", "Number must be between 0 and 1000000000000"),
        ("min_volume=", "Type a volume."),
    ],
)
async def test_a_bad_floor_is_refused_beside_its_field(market: Desk, query: str, words: str) -> None:
    async with market.client() as client:
        answer = await client.get(f"/market?{query}", headers=PAGE)
        table = await client.get(f"/market.csv?{query}")

    assert (answer.status_code, table.status_code) == (400, 400)
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert words in table.text


@pytest.mark.parametrize("query", ["by=x", "other=1", "min_price=1&min_price=2"])
async def test_what_the_page_does_not_know_is_refused(market: Desk, query: str) -> None:
    async with market.client() as client:
        assert (await client.get(f"/market?{query}", headers=PAGE)).status_code == 400


async def test_programs_are_sent_movers_and_breadth(market: Desk, token: str) -> None:
    movers = (await get(market, f"/api/v1/market/movers?{FLOOR}&limit=2", token)).json()
    breadth = (await get(market, "/api/v1/market/breadth", token)).json()
    table = (await get(market, f"/market.csv?{FLOOR}", token)).text.splitlines()

    assert movers["session"] == breadth["session"] == date(2012, 8, 31).isoformat()
    assert [each["symbol"] for each in movers["gainers"]] == ["BF/B", "BRK.B"]
    assert movers["gainers"][0]["change"] == 2.564103
    assert breadth["breadth"][0] == {"key": "advancing", "label": "Advancing", "count": 3, "of": 3, "rule": "chg:gt:0"}
    assert breadth["universes"][0]["symbols"] == 2
    assert table[0].startswith("list,rank,symbol,name,currency,last,change (%),volume (shares),relative_volume,as_of")
    assert table[1].startswith("gainers,1,BF/B,")
    assert (await get(market, "/api/v1/market/movers?limit=51", token)).status_code == 400


async def test_without_the_database_what_is_live_stays(market: Desk) -> None:
    pools, board = market.context.pools, market.context.boards[OverviewBoard]
    assert isinstance(board, OverviewBoard)
    reached, pools.market = pools.market, Pool("postgresql://nobody@127.0.0.1:1/none", "away")
    try:
        board.outdate()
        text = await page(market, f"/market?{FLOOR}")
    finally:
        pools.market = reached
        board.outdate()

    assert "The database is away: prices go on" in text
    assert 'id="gainers-brk__2e_b"' in text
    assert "The database is away" not in await page(market)


async def test_a_tick_changes_the_cells_of_those_who_look(market: Desk) -> None:
    """The last of this module: what is traded here counts for the others too."""
    async with market.stream("breadth,sectors,movers:0-0,hours") as reader:
        assert 'id="hours"' in (await reader.containing('hx-target="#gainers"')).data
        await market.publish(Tick(symbol="BRK.B", price=10.0, at=AUCTION, volume=500, arrived_at=AUCTION))
        message = await reader.containing('hx-target="#gainers-brk__2e_b"')

    assert 'hx-target="#breadth-declining" hx-swap="cells"' in message.data
    assert 'hx-target="#group-" hx-swap="cells"' in message.data
    assert ">10.00</td>" in message.data
    assert 'id="breadth"' not in message.data
