"""Batches of indicators in the web process, and single messages of the contract beside them."""

import time
from collections.abc import Sequence

from msgspec.structs import replace

from app.indicators.board import IndicatorBoard
from app.pipeline.receiver import Receiver
from app.quotes.board import QuoteBoard
from app.wire.channels import BatchChannel, Channels, Meaning
from app.wire.codec.codec import encode, encode_indicators, encode_ticks
from app.wire.events.event import AnyEvent, IndicatorCalculated, LoggedEvent, Tick
from app.wire.pubsub.indicator_feed import IndicatorFeed, plain_symbols
from app.wire.pubsub.publisher import Publisher
from tests.pipeline.conftest import Desk
from tests.support.waiting import until

AT = 1_346_770_860.0
VALUE = IndicatorCalculated(at=AT, symbol="BRK.B", indicator="RSI14", timeframe="1min", value=71.25, signal="HIGH")
TICK = Tick(at=AT, published_at=AT + 1, symbol="BRK.B", price=84.0, volume=10)
FOREIGN = b'{"type":"indicator","data":{"ticker":"%b","indicator_type":"SMA20","value":70,"timestamp":%d}}'


async def nothing(_event: LoggedEvent) -> None:
    """No log."""


class IndicatorReceiver:
    """An intake, and what it passes on."""

    def __init__(self, *watched: str) -> None:
        self.events: list[AnyEvent] = []
        self.together: list[int] = []
        self.intake = Receiver(
            nothing, self.events.append, publish_ticks=self._take, watched=lambda symbol: symbol in watched
        )

    def _take(self, ticks: Sequence[Tick]) -> None:
        self.together.append(len(ticks))
        self.events += ticks

    async def receive(self, meaning: Meaning | BatchChannel, payload: bytes) -> None:
        await self.intake.on_message(meaning, payload, time.time())

    @property
    def indicators(self) -> list[tuple[str, float]]:
        return [(event.symbol, event.value) for event in self.events if isinstance(event, IndicatorCalculated)]


def array(*ticks: Tick) -> bytes:
    return encode_ticks(ticks, AT + 2)


async def test_only_watched_symbols_of_a_batch_are_decoded() -> None:
    receiver = IndicatorReceiver("BF/B")
    broken = b'{"source":"x","published_at":%d,"symbols":{"BRK.B":"no rows","BF/B":[["RSI14","1min",50,"",%d]]}}'

    await receiver.receive(BatchChannel.INDICATORS, broken % (AT, AT))

    assert receiver.indicators == [("BF/B", 50.0)]
    assert not receiver.intake.rejected
    assert receiver.intake.indicators.skipped == 1


async def test_a_single_message_of_a_foreign_engine_is_decoded_for_a_watched_symbol() -> None:
    receiver = IndicatorReceiver("BF/B")

    for symbol in (b"BRK.B", b"BF/B", b"BF\\/B"):
        await receiver.receive(Meaning.INDICATORS, FOREIGN % (symbol, AT))

    assert receiver.indicators == [("BF/B", 70.0)] * 2
    assert receiver.intake.indicators.skipped == 1


def test_symbols_are_recognised_without_decoding_only_where_that_is_certain() -> None:
    assert plain_symbols(encode(VALUE)) == {"BRK.B"}
    assert plain_symbols(b'{"indicators":[{"symbol":"A"},{"ticker" : "B"}]}') == {"A", "B"}
    for doubtful in (
        b'{"indicator":"RSI14"}',
        b'{"symbol":"\\u0041"}',
        b'{"symbol":{"name":"A"},"ticker":"B"}',
        b'{"note":"\\"symbol\\":\\"A\\"","symbol":"B"}',
    ):
        assert plain_symbols(doubtful) == frozenset()


def test_skipped_values_are_available_to_the_next_reader() -> None:
    """A value may be published before it is stored: the page read the database, the stream joins, and it is there."""
    feed = IndicatorFeed(lambda _symbol: False)
    now = time.time()
    (batch,) = encode_indicators([VALUE, replace(VALUE, symbol="BF/B")], now)

    assert feed.batch(batch, now) == []
    assert list(feed.single(encode(replace(VALUE, value=72.0)), now)) == []

    assert [event.value for event in feed.recent("BRK.B")] == [71.25, 72.0]
    assert [event.symbol for event in feed.recent("BF/B")] == ["BF/B"]
    assert feed.recent("NONE") == []


def test_decoded_values_stay_after_their_reader_has_left() -> None:
    """The board then takes what is stored, and what was published a moment ago may not be."""
    feed, board = IndicatorFeed(lambda _symbol: True), IndicatorBoard()
    board.recent = feed.recent
    now = time.time()
    (batch,) = encode_indicators([VALUE], now)
    for event in (*feed.batch(batch, now), *feed.single(encode(replace(VALUE, value=72.0)), now)):
        assert isinstance(event, IndicatorCalculated)
        board.apply(event)

    board.drop_unwatched(lambda _symbol: False)
    board.seed("BRK.B", [])

    assert [reading.value for group in board.of("BRK.B") for reading in group.readings] == [72.0]
    assert feed.skipped == 0


def test_the_memory_of_skipped_values_is_bounded() -> None:
    feed = IndicatorFeed(lambda _symbol: False)
    (large,) = encode_indicators([replace(VALUE, symbol=f"S{n:04d}") for n in range(5_000)], AT)

    for _ in range(100):
        feed.batch(large, AT)

    assert len(feed.recent("S0001")) == 8_000_000 // len(large)


async def test_a_tick_of_a_batch_is_not_counted_again_as_a_single_message() -> None:
    receiver = IndicatorReceiver()
    ours = [replace(TICK, price=84.0 + n) for n in range(4)]
    foreign = replace(TICK, symbol="X:BTCUSD", source="elsewhere")

    await receiver.receive(BatchChannel.TICKS, array(*ours))
    for tick in (ours[0], ours[1], foreign, ours[2], ours[3]):
        await receiver.receive(Meaning.TICKS, encode(tick))
    await receiver.receive(Meaning.TICKS, encode(ours[0]))

    prices = [(event.symbol, event.price) for event in receiver.events if isinstance(event, Tick)]
    assert prices == [*(("BRK.B", tick.price) for tick in ours), ("X:BTCUSD", 84.0), ("BRK.B", 84.0)]
    assert (receiver.intake.ticks.duplicates, receiver.together) == (4, [4, 1, 1])


async def test_batches_of_two_feeds_are_distinguished() -> None:
    receiver = IndicatorReceiver()
    one, other = [replace(TICK, source=name) for name in ("one", "other")]

    await receiver.receive(BatchChannel.TICKS, array(one, one))
    await receiver.receive(BatchChannel.TICKS, array(other))
    for tick in (other, one, one):
        await receiver.receive(Meaning.TICKS, encode(tick))

    assert (len(receiver.events), receiver.intake.ticks.duplicates) == (3, 3)


async def test_malformed_batches_are_counted() -> None:
    receiver = IndicatorReceiver()

    await receiver.receive(BatchChannel.TICKS, b"[7]")
    await receiver.receive(BatchChannel.INDICATORS, b"[]")

    assert dict(receiver.intake.rejected) == {
        (BatchChannel.TICKS, "empty-batch"): 1,
        (BatchChannel.INDICATORS, "bad-shape"): 1,
    }


async def test_several_ticks_of_a_symbol_in_a_batch_all_count_and_are_pushed_once(desk: Desk) -> None:
    async with desk.stream("quotes:BRK.B,symbol:BRK.B") as reader:
        await until(lambda: desk.context.hub.has_subscribers("quotes:BRK.B"))
        before = desk.context.hub.stats.published
        ticks = [replace(TICK, price=price, at=AT + n) for n, price in enumerate((84.0, 90.0, 80.0, 85.0))]

        assert await desk.redis.publish("ts:batch:ticks", array(*ticks, *(replace(t, symbol="BF/B") for t in ticks)))
        await reader.containing("85.00")

        board = desk.context.boards[QuoteBoard]
        assert isinstance(board, QuoteBoard)
        quote, unwatched = board.quote("BRK.B"), board.quote("BF/B")
        assert quote
        assert unwatched
        assert (quote.high, quote.low, quote.volume, unwatched.volume) == (90.0, 80.0, 40, 40)
        assert desk.context.hub.stats.published - before < 10


async def test_a_page_misses_no_value_between_its_reading_and_its_stream(desk: Desk) -> None:
    """Published while nobody watched and not stored at all: who comes a moment later sees it."""
    publisher = Publisher(desk.redis, Channels())
    await publisher.publish_all([VALUE, replace(VALUE, symbol="BF/B")])
    await until(lambda: desk.context.receiver.indicators.skipped)

    async with desk.client() as client:
        page = await client.get("/s/BRK.B")
    assert "71.25" in page.text
    async with desk.stream("symbol:BRK.B") as reader:
        await reader.containing("71.25")
        await publisher.publish_all([replace(VALUE, value=72.5, at=AT + 60)])
        await reader.containing("72.50")
