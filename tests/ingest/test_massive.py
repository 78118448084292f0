import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from app.finance.quote import NewestQuote
from app.finance.rollup import Rollup
from app.ingest.feed import Feed
from app.ingest.massive.connection import Access
from app.ingest.massive.provider import MassiveProvider
from app.ingest.provider import FeedUpdate
from app.wire.channels import Channels, Meaning
from app.wire.client import connect
from app.wire.codec.codec import decode
from app.wire.events.event import ErrorReported, Tick
from app.wire.pubsub.subscriber import Subscriber
from app.wire.state.newest_quotes import NewestQuotes
from tests.support.massive_server import KEY, Connection, Script, serving, status
from tests.support.provider_updates import ticks_of, until
from tests.wire.conftest import cancel_tasks

OPEN = datetime(2026, 1, 6, 15, 0, tzinfo=UTC).timestamp()
NIGHT = datetime(2026, 1, 7, 3, 0, tzinfo=UTC).timestamp()
NAMES = ("A.AAPL", "A.BRK.B")


def at(moment: float) -> Callable[[], float]:
    """A clock that shows `moment` now and then goes on."""
    began = time.monotonic()
    return lambda: moment + time.monotonic() - began


def provider(
    url: str, *, key: str = KEY, events: str = "A", silence: float = 5.0, moment: float = OPEN
) -> MassiveProvider:
    names = [f"{event}.{symbol}" for event in events for symbol in ("AAPL", "BRK.B")]
    return MassiveProvider(Access(url, key, names, silence, longest_pause=0.05), tuple(events), at(moment))


def second(symbol: str = "AAPL", price: float = 190.5, end: float = OPEN, **more: object) -> dict[str, object]:
    aggregate = {"ev": "A", "sym": symbol, "v": 200, "av": 8_642_007, "op": 189.9, "vw": 190.46, "z": 65}
    return {**aggregate, "o": 190.4, "h": 190.6, "l": 190.3, "c": price, "s": end * 1000 - 1000, "e": end * 1000} | more


def errors_of(updates: list[FeedUpdate]) -> list[str]:
    return [error.message for update in updates for error in update.errors]


def sending(*messages: object) -> Script:
    async def script(visit: Connection) -> None:
        await visit.sign_in()
        await visit.subscribe()
        await visit.send(*messages)
        await visit.keep_open()

    return script


def has_ticks(update: FeedUpdate) -> bool:
    return bool(update.ticks)


async def test_second_aggregates_become_ticks_of_their_second() -> None:
    async with serving(sending(second(), second("BRK.B", 500.25))) as server:
        updates = await until(provider(server.url).updates(None), has_ticks)

    assert server.visits[0].subscribed == list(NAMES)
    assert ticks_of(updates)[0] == Tick(
        at=OPEN - 0.001, source="massive", symbol="AAPL", price=190.5, volume=200,
        open=190.4, high=190.6, low=190.3, close=190.5, vwap=190.46,
        kind="A", starts_at=OPEN - 1, day_volume=8_642_007, day_open=189.9,
    )  # fmt: skip
    assert ticks_of(updates)[1].symbol == "BRK.B"
    assert (updates[-1].clock.session, updates[-1].clock.state, updates[-1].clock.label) == (
        "2026-01-06",
        "open",
        "Massive",
    )


async def test_a_minute_makes_the_bar_of_that_minute() -> None:
    message = second(end=OPEN) | {"ev": "AM", "s": (OPEN - 60) * 1000}
    async with serving(sending(message)) as server:
        source = MassiveProvider(Access(server.url, KEY, ["AM.AAPL"], 5.0, 0.05), ("AM",), at(OPEN))
        updates = await until(source.updates(None), has_ticks)

    minutes = Rollup()
    for tick in ticks_of(updates):
        minutes.add(tick)
    (bar,) = minutes.finish(float("inf"))
    assert (bar.start, *bar[3:8]) == (OPEN - 60, 190.4, 190.6, 190.3, 190.5, 200)


async def test_quotes_carry_the_price_of_the_last_trade() -> None:
    quote = {"ev": "Q", "sym": "AAPL", "bp": 190.0, "ap": 190.1, "bs": 1, "as": 2, "t": OPEN * 1000}
    trade = {"ev": "T", "sym": "AAPL", "p": 190.3, "s": 75, "t": OPEN * 1000, "c": [12, 37], "x": 4}
    async with serving(sending(quote, trade, quote)) as server:
        updates = await until(provider(server.url, events="TQ").updates(None), has_ticks)

    before, traded, after = ticks_of(updates)
    assert (before.price, before.volume, before.bid, before.ask) == (190.05, 0, 190.0, 190.1)
    assert (traded.price, traded.volume, traded.at, traded.belongs) == (190.3, 75, OPEN, "extended")
    assert (after.price, after.volume) == (190.3, 0)
    assert [tick.kind for tick in (before, traded, after)] == ["Q", "T", "Q"]


async def test_a_wrong_key_is_reported_once_and_never_shown() -> None:
    async with serving(sending()) as server:
        updates = await until(
            provider(server.url, key="wrong-key").updates(None), lambda update: len(server.visits) > 3
        )

    assert errors_of(updates) == ["Massive: auth_failed: authentication failed"]
    assert updates[-1].clock.label == "Massive, not connected"
    assert "wrong-key" not in str(updates)


async def test_a_subscription_without_entitlement_is_reported_and_the_rest_continues() -> None:
    async def script(visit: Connection) -> None:
        await visit.sign_in()
        await visit.receive("subscribe")
        await visit.send(status("error", f"not authorized to subscribe to A.BRK.B with {KEY}"))
        await visit.send(second())
        await visit.keep_open()

    async with serving(script) as server:
        updates = await until(provider(server.url).updates(None), has_ticks)

    assert errors_of(updates) == ["Massive: error: not authorized to subscribe to A.BRK.B with (key)"]
    assert [tick.symbol for tick in ticks_of(updates)] == ["AAPL"]
    assert len(server.visits) == 1


async def test_a_lost_connection_is_reopened_every_time() -> None:
    async def script(visit: Connection) -> None:
        await visit.sign_in()
        await visit.subscribe()
        await visit.send(second(end=OPEN + visit.number))
        await visit.socket.close(1012, "maintenance")

    async with serving(script) as server:
        updates = await until(provider(server.url).updates(None), lambda update: len(server.visits) > 6)

    times = [tick.at for tick in ticks_of(updates)]
    assert times[:5] == [OPEN + number - 0.001 for number in range(5)]
    assert len(errors_of(updates)) == 1


async def test_the_feed_waits_for_an_unreachable_server() -> None:
    async with serving(sending()) as server:
        url = server.url
    updates = await until(provider(url).updates(None), lambda update: bool(update.errors))

    assert updates[-1].clock.label == "Massive, not connected"


async def test_malformed_records_are_counted_and_valid_ones_beside_them_used() -> None:
    good = second()
    bad = [
        {"ev": "A"}, {"ev": "X", "sym": "AAPL"}, {}, [], None, "A", 7, second(price=-1), second(sym="<script>"),
        second(sym="A" * 33), second(v=-5), second(e="soon"), second(end=OPEN + 3600), second(c=None), second(v=1e300),
        {"ev": "T", "sym": "AAPL", "p": 190.3, "s": 75, "t": OPEN * 1000},
    ]  # fmt: skip

    async def script(visit: Connection) -> None:
        await visit.sign_in()
        await visit.subscribe()
        for text in ("", "{", "null", "7", '"x"', "[" * 100_000, '{"ev":"status"}', "[NaN]"):
            await visit.socket.send(text)
        await visit.socket.send(b"\xff\xfe\x00")
        await visit.send(*bad, good)
        await visit.keep_open()

    async with serving(script) as server:
        source = provider(server.url)
        updates = await until(source.updates(None), has_ticks)

    assert [tick.price for tick in ticks_of(updates)] == [190.5]
    assert source.rejections == len(bad) + 9
    assert len(server.visits) == 1


@pytest.mark.parametrize(
    "greeting", ["", "[]", "{", '[{"ev":"status","status":"max_connections","message":"too many"}]']
)
async def test_an_unexpected_greeting_does_not_stop_the_feed(greeting: str) -> None:
    async def script(visit: Connection) -> None:
        if visit.number == 0:
            await visit.socket.send(greeting)
            await visit.socket.close()
        else:
            await sending(second())(visit)

    async with serving(script) as server:
        updates = await until(provider(server.url).updates(None), has_ticks)

    assert len(errors_of(updates)) == 1
    assert len(ticks_of(updates)) == 1


async def test_silence_in_an_open_session_ends_the_connection() -> None:
    async with serving(sending()) as server:
        updates = await until(provider(server.url, silence=0.2).updates(None), lambda update: len(server.visits) > 2)

    assert errors_of(updates) == ["Massive: nothing came for 0.2 s in an open session"]


async def test_silence_outside_sessions_keeps_the_connection() -> None:
    async with serving(sending()) as server:
        updates = await until(
            provider(server.url, silence=0.1, moment=NIGHT).updates(None),
            lambda update: update.clock.market_time > NIGHT + 2,
        )

    assert errors_of(updates) == []
    assert len(server.visits) == 1
    assert (updates[-1].clock.state, updates[-1].clock.session) == ("closed", "2026-01-06")


async def test_a_slow_consumer_loses_nothing_and_buffers_little() -> None:
    count = 4000

    async def script(visit: Connection) -> None:
        await visit.sign_in()
        await visit.subscribe()
        for number in range(count):
            await visit.send(second(end=OPEN - count + number, v=1))
        await visit.keep_open()

    async with serving(script) as server:
        source = provider(server.url)
        ticks: list[Tick] = []
        async with asyncio.timeout(15), aclosing(source.updates(None)) as updates:
            async for update in updates:
                ticks += update.ticks
                assert len(update.ticks) <= 1000
                if len(ticks) == count:
                    break
                if len(ticks) < 1000:
                    await asyncio.sleep(0.05)

    assert [tick.at for tick in ticks] == [OPEN - count + number - 0.001 for number in range(count)]


async def test_after_a_restart_the_day_is_restored_from_redis(redis_url: str) -> None:
    messages = [second(v=100, h=192.0, l=189.0, av=None), second(price=191.0, end=OPEN + 1, v=50, av=None)]
    client = connect(redis_url)

    async def fed(*sent: object, volume: int) -> NewestQuote:
        async with asyncio.timeout(15), serving(sending(*sent)) as server:
            feed, stop = Feed(provider(server.url), redis_url, Channels(), ()), asyncio.Event()
            feeding = asyncio.create_task(feed.run(lambda: None, stop))
            while (quote := (await NewestQuotes(client).all()).get("AAPL")) is None or quote.volume != volume:
                await asyncio.sleep(0.01)
            stop.set()
            await feeding
            await feed.close()
        return quote

    await fed(*messages, volume=150)
    quote = await fed(messages[1], second(price=190.0, end=OPEN + 2, v=7, av=None), volume=157)

    assert (quote.open, quote.high, quote.low, quote.price, quote.volume) == (189.9, 192.0, 189.0, 190.0, 157)
    await client.aclose()


async def test_provider_errors_reach_the_administrator_through_redis(redis_url: str) -> None:
    events: list[object] = []

    async def on_message(meaning: Meaning, payload: bytes, arrived_at: float) -> None:
        events.append(decode(meaning, payload, arrived_at))

    subscriber = Subscriber(redis_url, {Channels().errors: Meaning.ERRORS}, on_message)
    listening = asyncio.create_task(subscriber.run())
    async with asyncio.timeout(15), serving(sending()) as server:
        while not subscriber.stats.connected:
            await asyncio.sleep(0.01)
        feed, stop = Feed(provider(server.url, key="wrong"), redis_url, Channels(), ()), asyncio.Event()
        feeding = asyncio.create_task(feed.run(lambda: None, stop))
        while not events:
            await asyncio.sleep(0.01)
        stop.set()
        await feeding
        await feed.close()
    await cancel_tasks(listening)

    (error,) = events
    assert isinstance(error, ErrorReported)
    assert (error.severity, error.component, error.message) == (
        "error", "ingest", "Massive: auth_failed: authentication failed",
    )  # fmt: skip
