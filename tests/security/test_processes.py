"""Guarantees over several web processes, and during and after outages behind them."""

import asyncio
import signal
from collections import Counter

import asyncpg
import httpx

from app.db import migrate, roles
from app.settings.load import Settings
from app.settings.sections import DatabaseSection
from app.wire.channels import LIMITS_PREFIX, SESSION_PREFIX
from tests.conftest import Databases
from tests.db.conftest import Server, server
from tests.pipeline.conftest import EMAIL, PASSWORD, Desk, Own, desk, own, settings
from tests.support.stream_faults import on
from tests.support.stream_reader import Reader
from tests.support.two_processes import Processes, both
from tests.support.waiting import until
from tests.support.web_process import process, seconds_to_exit, signed_in

__all__ = ["both", "desk", "own", "server", "settings"]

PAGE = {"Accept": "text/html"}
STREAM = "/stream?topics=patterns,status"


async def test_guesses_at_two_processes_at_once_are_counted_together_and_before_the_hash(both: Processes) -> None:
    async def guess(port: int, number: int) -> tuple[int, str]:
        async with both.browser(port) as browser:
            browser.timeout = httpx.Timeout(60)
            answer = await browser.post("/login", data={"email": EMAIL, "password": f"bad guess {number}"})
            return answer.status_code, answer.headers.get("Retry-After", "")

    ports = (both.here.settings.port, both.there)
    answers = await asyncio.gather(*(guess(ports[number % 2], number) for number in range(40)))

    async with both.here.context.pools.own.acquire() as connection:
        outcomes = await connection.fetch(
            "select outcome, count(*) from app.audit where action = 'login' group by outcome"
        )
    # One of the ten was spent by who came in for this test.
    assert Counter(status for status, _ in answers) == {422: 9, 429: 31}
    assert all(int(wait) > 0 for status, wait in answers if status == 429)
    assert dict(outcomes) == {"ok": 1, "failed": 9, "limited": 31}


async def test_a_locked_out_sign_in_leaves_existing_sessions_open(both: Processes) -> None:
    async with both.browser(both.there) as stranger:
        for number in range(14):
            answer = await stranger.post("/login", data={"email": EMAIL, "password": f"bad guess {number}"})
    assert answer.status_code == 429

    assert await both.status(both.there, both.here.cookies) == 200
    async with both.stream(both.here.cookies) as reader:
        assert await reader.message("message")


async def test_a_session_ends_at_its_absolute_limit_and_its_streams_with_it(settings: Settings) -> None:
    live = settings.live.model_copy(update={"admit_seconds": 0.2})
    desk = Desk(settings.model_copy(update={"live": live}))
    await desk.start()
    await desk.enter()
    async with desk.stream("patterns") as reader, desk.client() as client:
        await reader.message("message")
        (session,) = await desk.redis.keys(f"{SESSION_PREFIX}*")
        # But for a minute it is as old as one may be.
        await desk.redis.hincrby(session, "created", 60 - settings.sessions.absolute_seconds)
        assert (await client.get("/account", headers=PAGE)).status_code == 200
        assert 0 < await desk.redis.ttl(session) <= 60
        await desk.redis.hincrby(session, "created", -60)
        last = (await reader.end(20))[-1]
        assert (await client.get("/account", headers=PAGE)).status_code == 303
    assert last.event == "session-ended"
    await desk.stop()


async def test_an_open_stream_uses_its_session_and_revives_none_that_was_revoked(settings: Settings) -> None:
    live = settings.live.model_copy(update={"admit_seconds": 0.2})
    desk = Desk(settings.model_copy(update={"live": live}))
    await desk.start()
    await desk.enter()
    async with desk.stream("patterns") as reader, desk.stream("status") as beside:
        await reader.message("message")
        (session,) = await desk.redis.keys(f"{SESSION_PREFIX}*")
        idle = settings.sessions.idle_seconds
        await desk.redis.hincrby(session, "seen", 60 - idle)  # nobody did anything for all but a minute
        await desk.redis.expire(session, 60)
        async with asyncio.timeout(20):
            while await desk.redis.ttl(session) <= 60:
                await asyncio.sleep(0.05)
        await desk.redis.delete(session)
        assert (await reader.end(20))[-1].event == (await beside.end(20))[-1].event == "session-ended"
        assert not await desk.redis.exists(session)
    await desk.stop()


async def test_five_minutes_before_its_absolute_limit_a_session_warns_its_streams(settings: Settings) -> None:
    live = settings.live.model_copy(update={"admit_seconds": 0.2})
    desk = Desk(settings.model_copy(update={"live": live}))
    await desk.start()
    await desk.enter()
    (first,) = await desk.redis.keys(f"{SESSION_PREFIX}*")
    async with desk.stream("status", Accept_Encoding="gzip") as bystander:
        desk.cookies = {}
        await desk.sign_in()
        (session,) = {*await desk.redis.keys(f"{SESSION_PREFIX}*")} - {first}
        async with desk.stream("status", Accept_Encoding="gzip") as reader, desk.client() as client:
            await desk.redis.hincrby(session, "created", 200 - settings.sessions.absolute_seconds)

            banner, notice = await reader.containing("/account/stay"), await reader.message("notice")

            assert 'hx-target="#session"' in banner.data
            assert "Your session ends at" in notice.data
            page = await client.get("/symbols?q=A", headers=PAGE)
            stayed = await client.post("/account/stay", headers={**PAGE, "Referer": str(page.url)})
            confirmed = await client.post("/account/confirm", data={"password": PASSWORD, "next": "/symbols?q=A"})
            after = await client.get("/symbols?q=A", headers=PAGE)
            assert "Your session ends at" in page.text
            assert stayed.headers["Location"] == "/account/confirm?next=%2Fsymbols%3Fq%3DA"
            assert confirmed.headers["Location"] == "/symbols?q=A"
            assert "Your session ends at" not in after.text
            assert not await desk.redis.exists(session)
            assert (await reader.end(20))[-1].event == "session-ended"
            assert not [each for each in bystander.messages if "/account/stay" in each.data]
    await desk.stop()


async def test_when_redis_forgets_everything_people_sign_in_again_and_nothing_breaks(desk: Desk) -> None:
    async with desk.client() as client, desk.context.pools.own.acquire() as connection:
        before = await connection.fetchval("select count(*) from app.audit")

        await desk.redis.flushall()

        codes = [(await client.get(path, headers=PAGE)).status_code for path in ("/", "/account", "/login", "/health")]
        assert codes == [303, 303, 200, 200]
        desk.cookies = {}
        await desk.sign_in()
        async with desk.client() as again:
            assert (await again.get("/account", headers=PAGE)).status_code == 200
        assert await connection.fetchval("select count(*) from app.audit") == before + 1


async def test_while_redis_is_down_nobody_signs_in_and_static_files_are_served(own: Own, settings: Settings) -> None:
    own.start()
    desk = Desk(on(own, settings))
    await desk.start()
    await desk.enter()
    async with desk.client() as client:
        own.kill()
        await until(lambda: not desk.context.health.redis, 15)
        for path in ("/", "/account", "/admin/users", "/symbols"):
            answer = await client.get(path, headers=PAGE)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
        entering = await client.post("/login", data={"email": EMAIL, "password": PASSWORD})
        assert entering.status_code == 503
        assert (await client.get("/health")).status_code == (await client.get("/login")).status_code == 200
        own.start()
        await until(lambda: desk.context.health.redis and desk.context.is_listening(), 30)
        assert (await client.get("/health")).status_code == 200
    await desk.stop()


async def test_a_locked_table_affects_only_its_own_pages(desk: Desk, databases: Databases) -> None:
    blocker = await asyncpg.connect(databases.superuser)
    async with desk.client() as client, desk.stream("status") as reader, blocker.transaction():
        await reader.message("message")
        await blocker.execute("lock table app.users, app.audit in access exclusive mode")

        login = await client.post("/login", data={"email": "bob@example.org", "password": "guess at it"})
        assert login.status_code == 503
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/symbols")).status_code == 200
        assert await reader.message("beat")
    await blocker.close()
    async with desk.client() as client:
        again = await client.post("/login", data={"email": "bob@example.org", "password": "guess at it"})
    assert again.status_code == 422


async def test_a_database_that_hangs_or_restarts_is_a_503_and_then_used_again(
    settings: Settings, server: Server
) -> None:
    urls = await roles.prepare(server.url, "fallible")
    await migrate.migrate("app", urls.owner)
    await migrate.migrate("market", urls.engine)
    config = settings.model_copy(
        update={"database": DatabaseSection.model_validate({"url": urls.own, "market_url": urls.market})}
    )
    desk = Desk(config)
    await desk.start()
    await desk.enter()
    async with desk.client() as client:

        async def enters() -> int:
            return (await client.post("/login", data={"email": EMAIL, "password": PASSWORD})).status_code

        link = await asyncpg.connect(server.url)
        server.child.send(signal.SIGSTOP)
        try:
            # What was open would go on: the one that hangs is who takes new connections.
            await link.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
            assert await asyncio.gather(enters(), enters()) == [503, 503]
            assert (await client.get("/health")).status_code == 200
            await until(lambda: not desk.context.health.database, 15)
            assert (await client.get("/ready")).status_code == 503
        finally:
            server.child.send(signal.SIGCONT)
        await until(lambda: desk.context.health.database, 20)

        link.terminate()
        server.kill()
        server.start()
        codes = [await enters()]
        async with asyncio.timeout(20):
            while codes[-1] != 303:
                await asyncio.sleep(0.1)
                # However often it takes: so many tries would be too many.
                await desk.redis.delete(*await desk.redis.keys(f"*{LIMITS_PREFIX}*"))
                codes.append(await enters())
        assert set(codes) <= {503, 303}
    await desk.stop()


CANARIES = {
    "SECRET_KEY": "canarySecretKey-9fK2mQ7xW4tZ1vB8nC5rD3",
    "METRICS_TOKEN": "canaryMetrics-7hJ2kL9pQ4wE6rT8yU1iO3",
}
FORGED = "/x%0a2026-01-01%20forged%1b[31mline%0d%e2%80%aeflow"


async def test_the_log_contains_no_secret_and_no_forged_line(settings: Settings) -> None:
    async with process(settings, **CANARIES, TICKSTOCK_LOGGING_LEVEL="debug") as running:
        headers = await signed_in(settings)
        secret_headers = {
            **headers,
            "Authorization": f"Bearer {CANARIES['METRICS_TOKEN']}",
            "X-Api-Key": "canaryHeader",
        }
        desk = f"http://127.0.0.1:{settings.port}"
        async with httpx.AsyncClient(
            base_url=desk, trust_env=False, timeout=30, headers={"Origin": desk, **PAGE}
        ) as client:
            assert (await client.get("/metrics", headers=secret_headers)).status_code == 200
            for path in (FORGED, "/welcome/canaryWelcome", "/invite/canaryInvite", "/login?next=/x&token=canaryQuery"):
                await client.get(path, headers=secret_headers)
            await client.post(
                "/login", data={"email": "a\nforged@x", "password": "canaryPassword1"}, headers=secret_headers
            )
            await client.post("/login", data={"email": EMAIL, "password": "canaryPassword2"})
            await client.post("/csp-report", content=b'{"csp-report":{"document-uri":"x\\nforged line\\u001b[31m"}}')
        async with Reader(settings.port, STREAM, headers) as reader:
            await reader.message("message")
        await seconds_to_exit(running, signal.SIGTERM)
        assert running.stdout
        assert running.stderr
        output = (await running.stdout.read() + await running.stderr.read()).decode()

    session = headers["Cookie"].partition("=")[2].split(".")[0]
    assert output
    assert "canary" not in output
    assert PASSWORD not in output
    assert session not in output
    assert "\x1b" not in output
    assert not [line for line in output.splitlines() if line.lstrip().startswith(("forged", "2026-01-01 forged"))]
