"""From Redis to a reader: what arrives, what is caught up with, and who is admitted."""

import asyncio

from app.quotes.topics import quotes_topic
from app.settings.load import Settings
from app.wire.channels import JOBS_PROCESSING
from app.wire.log.log import StreamPosition
from tests.pipeline.conftest import Desk
from tests.support.stream_events import detected, doji, pattern_numbers, tick
from tests.support.waiting import until


async def test_a_stream_sends_hello_then_a_snapshot_then_changes(desk: Desk) -> None:
    await desk.publish(tick(price=665.25))
    await until(lambda: desk.context.hub.stats.published > 0 and desk.context.health.feed_age is not None)

    async with desk.stream(f"{quotes_topic('AAPL')},patterns,status", desk.context.cursors.page_start()) as reader:
        hello = await reader.message()
        assert (hello.event, reader.retry) == ("hello", 500)
        assert "665.25" in (await reader.message("message")).data
        await desk.publish(tick(price=666.75, second=1))
        assert "666.75" in (await reader.containing("666.75")).data
        assert reader.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert reader.headers["cache-control"] == "no-store"
        assert reader.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in reader.headers


async def test_a_stream_has_the_headers_of_every_answer_on_both_transports(desk: Desk) -> None:
    async with desk.stream("status", Accept_Encoding="gzip") as reader, desk.client() as client:
        page = await client.get("/")

        assert reader.status == 200
        # The page takes back the cookie of a first visit.
        differing = {"content-length", "content-type", "content-encoding", "vary", "set-cookie"}
        streams = {"transfer-encoding", "x-accel-buffering"}
        assert set(reader.headers) - differing == (set(page.headers) | streams) - differing
        assert reader.headers["transfer-encoding"] == "chunked"
        assert reader.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in reader.headers["vary"]
        assert "content-length" not in reader.headers


async def test_swapped_messages_contain_only_partials(desk: Desk) -> None:
    async with desk.stream(f"{quotes_topic('BRK.B')},patterns,status") as reader:
        await reader.message("message")
        await desk.publish(tick("BRK.B"))
        await desk.publish(doji(1, "BRK.B"))
        parts = (await reader.containing("<hx-partial")).data

        assert parts.strip().startswith("<hx-partial")
        assert parts.strip().endswith("</hx-partial>")


async def test_a_returning_reader_gets_every_missed_entry_once_in_order(desk: Desk) -> None:
    first = await detected(desk, range(3))

    async with desk.stream("patterns", Last_Event_ID=str(first)) as reader:
        await reader.caught_up(desk.context.hub.last_id)
    top = await detected(desk, range(3, 8))
    async with desk.stream("patterns", Last_Event_ID=str(first)) as reader:
        missed = await reader.message("message")

    assert pattern_numbers(missed.data) == list(range(3, 8))
    assert missed.id == str(top)


async def test_the_header_of_a_reconnect_wins_over_the_cursor_of_the_page(desk: Desk) -> None:
    first = await detected(desk, range(2))
    top = await detected(desk, range(2, 4))

    async with desk.stream("patterns", cursor=str(first), Last_Event_ID=str(top)) as reader:
        await reader.caught_up(str(top))
        beat = await reader.message("beat")

    assert beat.id == str(top)
    assert not [message for message in reader.messages if "data-k" in message.data]


async def test_events_during_a_join_are_neither_lost_nor_duplicated(desk: Desk) -> None:
    first = await detected(desk, range(1))

    async def publish() -> None:
        for number in range(1, 60):
            await desk.publish(doji(number))
            await asyncio.sleep(0)

    publishing = asyncio.create_task(publish())
    readers = [desk.stream("patterns", cursor=str(first)) for _ in range(5)]
    for reader in readers:
        await reader.__aenter__()
        await asyncio.sleep(0.01)
    await publishing
    last = str(StreamPosition(first.epoch, first.n + 59))

    for reader in readers:
        await reader.caught_up(last)
        assert pattern_numbers("".join(message.data for message in reader.messages)) == list(range(1, 60))
        await reader.__aexit__(None, None, None)


async def test_an_unknown_cursor_yields_the_current_list(desk: Desk) -> None:
    await detected(desk, range(1))

    for cursor in ("1-1", "9999999999999999-0", "a%00", "-1", "9e999", "x" * 4000, "1-1-1"):
        async with desk.stream("patterns", Last_Event_ID=cursor) as reader:
            assert reader.status == 200
            whole = await reader.message("message")
        assert 'hx-target="#feed"' in whole.data
        assert ('hx-target="#notice-_0patterns"' in whole.data) == (StreamPosition.parse(cursor) is not None)


async def test_heartbeats_carry_the_position_of_a_log_without_visible_entries(desk: Desk) -> None:
    async with desk.stream("status") as reader:
        await reader.message("message")
        top = await detected(desk, range(2))
        await reader.caught_up(str(top))


async def test_malformed_messages_on_every_channel_stop_no_stream(desk: Desk) -> None:
    async with desk.stream(f"{quotes_topic('AAPL')},patterns") as reader:
        await reader.message("message")
        for payload in (b'{"symbol":"\\ud800","price":1}', b"[" * 100_000, b"\xff", b'{"symbol":"A\\n\\nevent: x"}'):
            for channel in desk.context.settings.channels() or ("tickstock.data.raw", "tickstock.events.patterns"):
                await desk.redis.publish(channel, payload)
        await desk.publish(tick(price=700.5))

        assert await reader.containing("700.5")
        assert {message.event for message in reader.messages} <= {"hello", "message", "beat"}


async def test_anonymous_stream_requests_are_a_401_without_a_redirect(desk: Desk) -> None:
    desk.cookies = {}

    async with desk.stream("patterns") as reader:
        assert reader.status == 401
        assert "location" not in reader.headers


async def test_only_topics_that_exist_are_streamed(desk: Desk) -> None:
    for topics in ("", "nonsense", "quotes:..", "admin,quotes:", ",".join(["patterns"] * 257)):
        async with desk.stream(topics) as reader:
            assert reader.status == 400


async def test_a_stream_ignores_unknown_topics_and_says_so_at_its_start(desk: Desk) -> None:
    async with desk.stream("patterns,status") as reader:
        assert (await reader.message()).data == "0.2"
    async with desk.stream("patterns,admin,quotes:A%0Aid:%207,status") as reader:
        hello = await reader.message()
        assert (reader.status, hello.event) == (200, "hello")
        assert hello.data.split("\n") == ["0.2", "unknown topic: admin", "unknown topic: quotes:A id: 7"]
        assert hello.id == ""
        assert 'id="ticks"' in (await reader.message("message")).data


async def test_a_head_request_opens_no_stream(desk: Desk) -> None:
    async with desk.client() as client:
        answer = await client.head("/stream?topics=patterns", headers={"Accept-Encoding": "gzip"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert sum(desk.context.hub.stats.joins.values()) == desk.context.hub.stats.connections == 0


async def test_another_site_cannot_read_a_stream(desk: Desk) -> None:
    async with desk.stream("patterns", Sec_Fetch_Site="cross-site", Origin="https://evil.example") as reader:
        assert reader.status == 403
        assert "access-control-allow-origin" not in reader.headers


async def test_a_listed_origin_reads_a_stream_with_cookies(settings: Settings) -> None:
    friend = "https://friend.example"
    listed = settings.live.model_copy(update={"allowed_origins": (friend,)})
    desk = Desk(settings.model_copy(update={"live": listed}))
    await desk.start()
    await desk.enter()

    async with desk.stream("patterns", Origin=friend, Sec_Fetch_Site="cross-site") as reader:
        assert reader.status == 200
        assert reader.headers["access-control-allow-origin"] == friend
        assert reader.headers["access-control-allow-credentials"] == "true"
    async with desk.stream("patterns", Origin="https://evil.example", Sec_Fetch_Site="cross-site") as reader:
        assert reader.status == 403
    await desk.stop()


async def test_engines_that_would_receive_a_job_are_counted(desk: Desk) -> None:
    assert desk.context.health.job_receivers == 0

    async with desk.redis.pubsub() as engine:
        await engine.subscribe(JOBS_PROCESSING)
        await until(lambda: desk.context.health.job_receivers == 1)


async def test_a_person_can_open_five_streams_and_a_closed_one_is_free_again(desk: Desk) -> None:
    readers = [await desk.stream("patterns").__aenter__() for _ in range(5)]
    assert [reader.status for reader in readers] == [200] * 5

    async with desk.stream("patterns") as refusal:
        assert refusal.status == 409
        assert int(refusal.headers["retry-after"]) >= 1
    await readers[0].__aexit__(None, None, None)
    await until(lambda: desk.context.hub.stats.connections == 4)

    async with desk.stream("patterns") as reader:
        assert reader.status == 200
    for reader in readers[1:]:
        await reader.__aexit__(None, None, None)
    await until(lambda: desk.context.hub.stats.connections == 0)


async def test_the_end_of_a_session_ends_its_streams(settings: Settings) -> None:
    looked_after = settings.live.model_copy(update={"admit_seconds": 0.1})
    desk = Desk(settings.model_copy(update={"live": looked_after}))
    await desk.start()
    await desk.enter()

    async with desk.stream("patterns") as reader, desk.client() as client:
        await reader.message("beat")
        await client.post("/logout")
        assert (await reader.end())[-1].event == "session-ended"
    await desk.stop()
