"""A scan that follows its match list: what is new is counted, what left is struck through, nothing moves by itself."""

import re
import time
from collections.abc import AsyncIterator
from urllib.parse import unquote

import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace

from app.quotes.board import QuoteBoard
from app.rules.live_rule import MOST_LIVE, LiveRule, live_rule
from app.rules.matching import Departure
from app.rules.parse import parse
from app.rules.past_matches import PastMatches
from app.scans.matches.board import MatchBoard
from app.wire.channels import LIVE_RULES_KEY
from app.wire.rules.live_rules import Announcement, LiveRules
from app.wire.rules.match_lists import MatchList, MatchLists
from tests.pipeline.conftest import Desk
from tests.support.list_pages import PAGE, get, new_list, rows
from tests.support.quote_samples import OPEN, tick
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

AS_OF = 1_346_869_860.0
"""14:31 in New York on 5 September 2012."""
WINDOW = "in5(rsi14:..30)"


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _no_live_rules(desk: Desk) -> AsyncIterator[None]:
    yield
    await desk.redis.delete(LIVE_RULES_KEY)


def rule(text: str) -> LiveRule:
    return live_rule(parse(text), "d", (), None)


def match_list(own: LiveRule, symbols: tuple[str, ...], *left: str) -> MatchList:
    departures = dict.fromkeys(left, Departure("RSI 14 at most 30", 41.25))
    now = time.time()
    return MatchList(own.key, int(now * 1000), now, AS_OF, symbols, (5, len(symbols)), departures)


async def publish(desk: Desk, lists: MatchList) -> None:
    """As an engine does it."""
    board = desk.context.boards[MatchBoard]
    assert isinstance(board, MatchBoard)
    await MatchLists(desk.redis).publish([lists], [])
    await until(lambda: (newest := board.newest(lists.key)) and newest.version == lists.version)


def topics_of(html: str) -> str:
    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', html)
    return unquote(topics)


async def test_a_page_of_stored_rows_is_told_what_is_new_and_what_left(desk: Desk, alice: httpx.AsyncClient) -> None:
    own = rule("rsi14:..30")
    html = await get(alice, "/scan?q=rsi14:..30&v=1")
    assert rows(html) == ["AAPL", "BRK.B", "GE"]
    assert own.key in await LiveRules(desk.redis).live()
    await publish(desk, match_list(own, ("AAPL", "BRK.B", "GE")))

    async with desk.stream(topics_of(html)) as reader:
        await reader.message("message")
        await publish(desk, match_list(own, ("AAPL", "BF/B", "X:BTCUSD"), "BRK.B"))
        pushed = (await reader.containing('id="newer"')).data

    assert "2 new:" in pushed
    assert "2 left since 5 Sep 2012, 14:31 EDT" in pushed
    struck = re.findall(r'<hx-partial hx-target="#(row-[^"]+)"><tr class="left" id="([^"]+)">(.*?)</tr>', pushed, re.S)
    assert [target for target, _, _ in struck] == [own_id for _, own_id, _ in struck]
    assert {target in html for target, _, _ in struck} == {True}
    assert re.findall(r"left [^<]*", struck[0][2]) == [
        "left 5 Sep 2012, 14:31 EDT: RSI 14 at most 30 no longer holds, it is 41.25"
    ]
    assert "it is not in this choice any more" in struck[1][2]
    assert all(row.count("<td") == 4 for _, _, row in struck)

    # A page that is drawn now lacks nothing; one of before is told all on joining.
    async with desk.stream(topics_of(html)) as reader:
        assert "2 new:" in (await reader.containing('id="newer"')).data
    async with desk.stream(topics_of(await get(alice, "/scan?q=rsi14:..30&v=1"))) as reader:
        assert "new:" not in (await reader.containing('id="newer"')).data


async def test_everybody_who_looks_at_a_list_has_one_topic(
    desk: Desk, alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    own = rule("rsi14:..29")
    await get(alice, "/scan?q=rsi14:..29&v=1")
    await publish(desk, match_list(own, ("BRK.B", "GE")))
    pages = [await get(visitor, "/scan?q=rsi14:..29&v=1") for visitor in (alice, bob)]

    topics = [next(each for each in topics_of(page).split(",") if each.startswith("rule:")) for page in pages]
    assert topics[0] == topics[1]
    assert topics[0].startswith(f"rule:{own.key}-")


async def test_a_rule_with_a_window_waits_for_its_list_and_then_has_rows_and_counts(
    desk: Desk, alice: httpx.AsyncClient
) -> None:
    own, address = rule(WINDOW), f"/scan?q={WINDOW}&v=1"
    answer = await alice.get(address, headers=PAGE)
    assert answer.status_code == 200
    assert "is being computed" in answer.text
    assert answer.headers["Refresh"] == "10"
    assert (await alice.get(f"/scan.csv?q={WINDOW}&v=1")).status_code == 503

    async with desk.stream(topics_of(answer.text)) as reader:
        await reader.message("message")
        await publish(desk, match_list(own, ("BRK.B", "GE")))
        assert "The result is ready:" in (await reader.containing("ready")).data

    html = await get(alice, address)
    assert rows(html) == ["BRK.B", "GE"]
    assert '<h2 id="matches-head">2 matches</h2>' in html
    assert "of 5" in html
    assert "as of 5 Sep 2012, 14:31 EDT" in html
    table = (await alice.get(f"/scan.csv?q={WINDOW}&cols=tech&v=1")).text
    assert [line.split(",")[0] for line in table.splitlines()[1:]] == ["BRK.B", "GE"]


async def test_a_rule_that_cannot_be_evaluated_says_why(desk: Desk, alice: httpx.AsyncClient) -> None:
    own = rule("in252(rsi14:..30)")
    await alice.get("/scan?q=in252(rsi14:..30)&v=1", headers=PAGE)
    now = time.time()
    await publish(desk, MatchList(own.key, int(now * 1000), now, AS_OF, problem="This rule looks back too far."))

    html = await get(alice, "/scan?q=in252(rsi14:..30)&v=1", 422)
    assert "This rule looks back too far." in html
    assert (await alice.get("/scan.csv?q=in252(rsi14:..30)&v=1")).status_code == 400


async def test_beside_too_many_rules_that_are_shared_there_is_no_place(desk: Desk, alice: httpx.AsyncClient) -> None:
    now = time.time()
    shared = [Announcement(f"{number:020x}", now, shared=True) for number in range(MOST_LIVE)]
    await LiveRules(desk.redis).announce(shared)

    html = await get(alice, "/scan?q=in6(rsi14:..30)&v=1", 422)
    assert "there is no place for one more" in html
    assert rows(await get(alice, "/scan?q=rsi14:..31&v=1"))


async def test_the_topic_of_a_rule_that_nobody_knows_brings_nothing(desk: Desk) -> None:
    async with desk.stream(f"rule:{'0' * 20}-{int(time.time() * 1000)}") as reader:
        pushed = (await reader.containing('id="newer"')).data
    assert "<span" not in pushed

    async with desk.stream("rule:x-1,rule:,rule,status") as reader:
        assert (await reader.message("hello")).data.count("unknown topic") == 3


async def test_a_stream_has_at_most_fifty_rules(desk: Desk) -> None:
    topics = ",".join(f"rule:{number:020x}-1" for number in range(60))
    async with desk.stream(topics) as reader:
        assert (await reader.message("hello")).data.count("unknown topic") == 10


async def test_an_old_page_is_asked_to_be_loaded_again(desk: Desk, alice: httpx.AsyncClient) -> None:
    own = rule("rsi14:..28")
    await get(alice, "/scan?q=rsi14:..28&v=1")
    await publish(desk, match_list(own, ("BRK.B",)))

    async with desk.stream(f"rule:{own.key}-{int((time.time() - 3600) * 1000)}") as reader:
        assert "This table is older than what is known here:" in (await reader.containing('id="newer"')).data


async def test_a_row_that_left_is_removed_after_a_minute_(desk: Desk, alice: httpx.AsyncClient) -> None:
    own, now = rule("rsi14:..27"), time.time()
    html = await get(alice, "/scan?q=rsi14:..27&v=1")
    await publish(desk, match_list(own, ("BRK.B", "GE")))
    async with desk.stream(topics_of(html)) as reader:
        await reader.message("message")
        shorter = MatchList(own.key, int(now * 1000) + 5000, now - 58.5, AS_OF, ("GE",), (5, 1))
        await publish(desk, shorter)
        await reader.containing('class="left"')
        pushed = (await reader.containing('hx-swap="delete"')).data

    assert "row-brk" in pushed.lower()


async def test_what_a_rule_would_have_matched_comes_when_it_is_computed(desk: Desk, alice: httpx.AsyncClient) -> None:
    own = rule("rsi14:..26")
    html = await get(alice, "/scan?q=rsi14:..26&v=1")
    assert re.search(r'<div id="past">\s*<p class="empty">Being computed', html)
    plain = match_list(own, ("BRK.B", "GE"))
    await publish(desk, plain)
    days = tuple(AS_OF - 86_400 * number for number in (3, 2, 1))
    past = PastMatches(days, (2, 0, 4), 5, 3, 0.0084)

    async with desk.stream(topics_of(html)) as reader:
        await reader.message("message")
        await MatchLists(desk.redis).publish([replace(plain, past=past)], [])
        pushed = (await reader.containing("Matches a session: 2, 0, 4")).data
    assert "6 matches" in pushed
    assert "3 of 5" in pushed
    assert "+0.84%" in pushed
    assert pushed.count("<rect") == 2
    assert "Matches a session: 2, 0, 4" in await get(alice, "/scan?q=rsi14:..26&v=1")
    assert "Last 30 sessions" not in await get(alice, "/scan?q=rsi14:..26&tf=w&v=1")


async def test_rows_that_would_move_are_counted_and_applied_by_loading_again(
    desk: Desk, alice: httpx.AsyncClient
) -> None:
    own = await new_list(alice, "Prices", "BF/B", "AAPL", "BRK.B")
    for minute, path in ((0, "/scan?q=close:gt:1&sort=-last&v=1"), (2, f"{own}?sort=-last")):
        await desk.publish(tick("AAPL", 100.0, at=OPEN + 60 * minute))
        await until(lambda: price(desk, "AAPL") == 100.0)
        before = await get(alice, path)
        assert rows(before)[:3] == ["AAPL", "BRK.B", "BF/B"]
        assert "would move" not in before
        assert 'id="order"' in before

        async with desk.stream(topics_of(before)) as reader:
            await reader.message("message")
            await desk.publish(tick("AAPL", 70.0, at=OPEN + 60 * (minute + 1)))
            pushed = (await reader.containing("would move")).data
        assert '1 row would move: <a href="">apply</a>' in pushed
        after = await get(alice, path)
        assert rows(after)[:3] == ["BRK.B", "AAPL", "BF/B"]
        assert "order:-last,quotes:BRK.B,quotes:AAPL,quotes:BF/B" in topics_of(after)
    assert "order:" not in topics_of(await get(alice, "/scan?q=close:gt:1&v=1"))


def price(desk: Desk, symbol: str) -> float | None:
    board = desk.context.boards[QuoteBoard]
    assert isinstance(board, QuoteBoard)
    quote = board.quote(symbol)
    return quote.price if quote else None
