"""What a reader sees during an outage behind the web process, and after it."""

import asyncio

import asyncpg
import httpx
from pydantic import SecretStr

from app.finance.quote import NewestQuote
from app.live.pending_snapshots import NO_POSITION
from app.quotes.topics import quotes_topic
from app.settings.load import Settings
from app.settings.sections import DatabaseSection
from app.wire.log.log import StreamPosition
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, Own
from tests.support.stored_bars import PatternRow, store_patterns
from tests.support.stream_events import MARKET, detected, doji, pattern_numbers, tick
from tests.support.stream_faults import on
from tests.support.waiting import until

APPLE = quotes_topic("AAPL")


async def comes_to(status: int, client: httpx.AsyncClient, path: str) -> None:
    """Soon: what a process knows of others is a second old."""
    async with asyncio.timeout(20):
        while (await client.get(path, headers={"Accept": "text/html"})).status_code != status:
            await asyncio.sleep(0.05)


async def test_a_stream_survives_a_redis_outage(own: Own, settings: Settings) -> None:
    own.start()
    desk = Desk(on(own, settings))
    await desk.start()
    await desk.enter()
    async with desk.stream(f"{APPLE},patterns,status") as reader, desk.client() as client:
        await reader.message("message")

        own.kill()
        await until(lambda: not desk.context.health.redis)
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/ready")).status_code == 503
        assert (await client.get("/", headers={"Accept": "text/html"})).status_code == 503
        assert "Redis" in (await reader.containing("away")).data
        own.start()

        await until(lambda: desk.context.health.redis and desk.context.is_listening(), 30)
        await desk.publish(tick(price=701.5))
        assert await reader.containing("701.5")
        await desk.publish(doji(1))
        # The list as it is now comes after the gap, too, and may come late.
        while 1 not in pattern_numbers("".join(message.data for message in reader.messages)):
            await reader.message("message")
        # The list may have been read before the entry was stored: then the entry follows it once more.
        assert pattern_numbers("".join(message.data for message in reader.messages)) in ([1], [1, 1])
        await comes_to(200, client, "/ready")
    await until(lambda: desk.context.health.gaps == 1)
    await desk.stop()


async def test_a_lost_log_is_reported_as_a_gap_and_the_next_entry_arrives(settings: Settings) -> None:
    # Redis loses the sessions too: who looks after them must not end the stream before the entry is there.
    live = settings.live.model_copy(update={"admit_seconds": 60.0})
    desk = Desk(settings.model_copy(update={"live": live}))
    await desk.start()
    await desk.enter()
    await detected(desk, range(3))
    async with desk.stream("patterns") as reader:
        await reader.message("message")
        before = StreamPosition.parse(desk.context.hub.last_id)

        await desk.redis.flushall()
        await desk.publish(doji(4))

        assert 'hx-target="#notice-_0patterns"' in (await reader.containing("#notice-_0patterns", 20)).data
        while 4 not in pattern_numbers("".join(message.data for message in reader.messages)):
            await reader.message("message")
        assert pattern_numbers("".join(message.data for message in reader.messages))[-1] == 4
        after = StreamPosition.parse(desk.context.hub.last_id)
        assert before
        assert after
        assert (after.epoch > before.epoch, after.n) == (True, 1)
    await desk.stop()


async def test_a_reader_that_left_before_the_whole_list_gets_it_on_return(
    settings: Settings, databases: Databases
) -> None:
    """The notice of a loss comes at once, the list when the database has answered: between the two is no position."""
    # Redis loses the sessions too: who looks after them must not end the streams.
    live = settings.live.model_copy(update={"admit_seconds": 60.0})
    desk = Desk(settings.model_copy(update={"live": live}))
    await desk.start()
    await desk.enter()
    await detected(desk, range(3))
    await store_patterns(databases.engine, "1min", [PatternRow("BF/B", "Hammer", MARKET)])
    engine = await asyncpg.connect(databases.engine)
    async with desk.stream("patterns") as stays:
        await stays.message("message")
        async with engine.transaction():
            await engine.execute("lock table intraday_patterns in access exclusive mode")
            async with desk.stream("patterns", str(await desk.context.log.top())) as leaves:
                await leaves.message("beat")

                await desk.redis.flushall()
                await desk.publish(doji(4))
                await leaves.containing("how many cannot be told")
                await leaves.message("beat")
                assert leaves.last_id == NO_POSITION
        assert "Hammer" in (await stays.containing("Hammer")).data
        await stays.caught_up(desk.context.hub.last_id)
    desk.cookies = {}
    await desk.sign_in()
    async with desk.stream("patterns", Last_Event_ID=leaves.last_id) as back:
        assert "Hammer" in (await back.message("message")).data
    await engine.close()
    await desk.stop()


async def test_a_broken_connection_is_counted_and_reopened(desk: Desk) -> None:
    async with desk.stream(APPLE) as reader:
        await reader.message("hello")

        await desk.redis.client_kill_filter(_type="pubsub")
        await until(lambda: desk.context.health.gaps == 1)
        await until(desk.context.is_listening)
        await desk.publish(tick(price=702.5))

        assert await reader.containing("702.5")


async def test_after_a_gap_the_list_is_read_again_and_the_gap_is_reported_once(
    desk: Desk, databases: Databases
) -> None:
    async with desk.stream("patterns") as reader:
        await reader.message("message")

        await store_patterns(databases.engine, "1min", [PatternRow("BF/B", "Hammer", MARKET)])
        await desk.redis.client_kill_filter(_type="pubsub")

        reloaded_list = await reader.containing("Hammer")
        assert 'hx-target="#feed"' in reloaded_list.data
        assert "possibly missed" in "".join(message.data for message in reader.messages)
        await until(desk.context.is_listening)
        await desk.publish(doji(5))
        while 5 not in pattern_numbers("".join(message.data for message in reader.messages)):
            await reader.message("message")
        assert "".join(message.data for message in reader.messages).count("possibly missed") == 1


async def test_connections_closed_by_postgresql_are_reopened(desk: Desk, databases: Databases) -> None:
    superuser = await asyncpg.connect(databases.superuser)
    async with desk.stream(f"{APPLE},status") as reader, desk.client() as client:
        await reader.message("message")

        backends = await superuser.fetch(
            "select pid, pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )
        # They are told, and go when they come to it.
        left = "select count(*) from pg_stat_activity where pid = any($1)"
        async with asyncio.timeout(20):
            while await superuser.fetchval(left, [row["pid"] for row in backends]):
                await asyncio.sleep(0.01)
        await until(lambda: desk.context.health.database_lost_age is not None)
        await desk.publish(tick(price=703.5))

        assert await reader.containing("703.5")
        await until(lambda: desk.context.health.database)
        await comes_to(200, client, "/")
    await superuser.close()


async def test_servers_missing_at_the_start_are_waited_for(own: Own, settings: Settings, databases: Databases) -> None:
    nowhere = DatabaseSection(
        url=SecretStr(databases.own.replace("/test_", "/none_")), market_url=SecretStr(databases.market)
    )
    desk = Desk(on(own, settings).model_copy(update={"database": nowhere}))
    await desk.begin()
    async with desk.client() as client:
        answer = await client.get("/ready")
        assert answer.status_code == 503
        assert answer.json() == {
            "redis": False,
            "database": False,
            "listening": False,
            "seeded": False,
            "staying": True,
        }
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/login", headers={"Accept": "text/html"})).status_code == 200
        assert (await client.get("/stream?topics=patterns")).status_code in (401, 503)

        own.start()
        await until(lambda: desk.context.health.redis and desk.context.is_listening() and desk.context.seeded, 30)
        assert (await client.get("/ready")).json()["database"] is False
    await desk.stop()


async def test_after_a_gap_missed_prices_are_sent(desk: Desk) -> None:
    """The feed left them in its hash; no tick has to come first."""
    await desk.publish(tick(price=701.5))
    async with desk.stream(APPLE) as reader:
        await reader.containing("701.5")

        newest = NewestQuote("AAPL", 705.5, MARKET + 9, "2012-09-03", 705.5, 705.5, 701.5, 200, None, None, 200, False)
        await NewestQuotes(desk.redis).put([newest])
        await desk.redis.client_kill_filter(_type="pubsub")

        assert await reader.containing("705.5")
