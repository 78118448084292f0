"""Sessions end when they should, and Redis stores no usable session id."""

import asyncio
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from app.wire import RedisUnavailable
from app.wire.channels import SESSION_PREFIX, USER_SESSIONS_PREFIX
from app.wire.client import close, connect
from app.wire.users.sessions import SessionStart, SessionStore
from tests.wire.conftest import Server

ALICE, BOB = uuid4(), uuid4()


async def test_a_session_belongs_to_its_user(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)

    sid = await sessions.create(ALICE, "a browser", "192.0.2.1")
    record = await sessions.load(sid)

    assert record is not None
    assert record.user_id == ALICE
    peeked = await sessions.peek(record.hash)
    assert peeked
    assert peeked._replace(now=record.now) == record
    assert await sessions.load("somebody else's") is None
    assert await sessions.load("\ud800\x00") is None


async def test_redis_does_not_hold_the_session_id(client: Redis) -> None:
    sid = await SessionStore(client, 60, 600).create(ALICE, "a browser", "192.0.2.1")

    keys = [key async for key in client.scan_iter()]
    values = [await client.dump(key) for key in keys]

    assert keys
    assert not any(sid.encode() in content for content in [*keys, *values])


async def test_one_session_or_all_sessions_of_a_user_can_be_ended(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)
    first, second, third, bobs = [await sessions.create(user, "", "") for user in (ALICE, ALICE, ALICE, BOB)]

    await sessions.end(first)
    assert [await sessions.load(sid) is not None for sid in (first, second, third, bobs)] == [False, True, True, True]

    await sessions.end_all(ALICE)
    assert [await sessions.load(sid) is not None for sid in (first, second, third, bobs)] == [False] * 3 + [True]
    await sessions.end(first)


async def test_reading_a_session_does_not_extend_it_and_using_it_does(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)
    sid = await sessions.create(ALICE, "", "")
    record = await sessions.load(sid)
    assert record is not None
    key = SESSION_PREFIX + record.hash
    await client.expire(key, 30)

    await sessions.peek(record.hash)
    assert await client.ttl(key) <= 30

    await sessions.load(sid)
    assert await client.ttl(key) > 50


async def test_an_open_stream_extends_its_session_once_in_a_tenth_of_the_idle_time(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)
    record = await sessions.load(await sessions.create(ALICE, "", ""))
    assert record is not None
    key = SESSION_PREFIX + record.hash
    session = []

    for idle in (2, 30):
        await client.hset(key, "seen", str(record.now - idle))
        await client.expire(key, 60 - idle)
        session.append((await sessions.valid([record.hash]))[record.hash].idle_ends)

    assert session[0] - record.now == 58
    assert 60 <= session[1] - record.now < 70
    assert await client.ttl(key) > 50
    await client.delete(key)
    assert not await sessions.valid([record.hash])
    assert not await client.exists(key)


async def test_use_does_not_extend_a_session_beyond_its_absolute_end(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)
    sid = await sessions.create(ALICE, "", "")
    record = await sessions.load(sid)
    assert record is not None
    key = SESSION_PREFIX + record.hash

    await client.hset(key, "created", str(record.created - 590))
    assert await sessions.load(sid) is not None
    assert await client.ttl(key) <= 10

    await client.hset(key, "created", str(record.created - 601))
    assert await sessions.load(sid) is None
    assert not await client.exists(key)


async def test_an_idle_session_expires(client: Redis) -> None:
    sid = await SessionStore(client, 60, 600).create(ALICE, "", "")
    # Its last use, from which on it is idle.
    sessions = SessionStore(client, 1, 600)
    record = await sessions.load(sid)
    assert record is not None

    async with asyncio.timeout(5):
        while await sessions.peek(record.hash):
            await asyncio.sleep(0.05)

    assert await sessions.load(sid) is None


async def test_the_sessions_of_a_user_are_listed_newest_first(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)
    first = await sessions.load(await sessions.create(ALICE, "a browser", "192.0.2.1"))
    second = await sessions.load(await sessions.create(ALICE, "\ud800" * 400, "::1", 3, SessionStart.NEW_PASSWORD))
    await sessions.create(BOB, "", "")
    ended_session = await sessions.load(await sessions.create(ALICE, "", ""))
    assert first and second and ended_session  # noqa: PT018 - for the checker of types
    assert (first.epoch, second.epoch) == (0, 3)
    await client.zadd(f"{USER_SESSIONS_PREFIX}{ALICE}", {first.hash: 1})
    await client.delete(SESSION_PREFIX + ended_session.hash)

    listed_sessions = await sessions.of(ALICE)

    assert [each.hash for each in listed_sessions] == [second.hash, first.hash]
    assert [(each.user_agent[:10], each.ip, each.start) for each in listed_sessions] == [
        ("?" * 10, "::1", SessionStart.NEW_PASSWORD),
        ("a browser", "192.0.2.1", SessionStart.SIGN_IN),
    ]
    assert listed_sessions[1].created == first.created <= listed_sessions[1].used_at


async def test_ending_sessions_affects_only_their_own_user(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)
    sids = [await sessions.create(user, "", "") for user in (ALICE, ALICE, ALICE, BOB)]
    own, other, third, bobs = [record.hash for sid in sids if (record := await sessions.load(sid))]

    assert not await sessions.end_one(ALICE, bobs)
    assert await sessions.end_one(ALICE, third)
    assert not await sessions.end_one(ALICE, third)
    assert await sessions.end_all(ALICE, but=own) == 1
    assert await sessions.end_all(ALICE, but=own) == 0

    assert (await sessions.valid([own, other, third, bobs])).keys() == {own, bobs}


async def test_without_redis_no_session_is_valid(server: Server) -> None:
    link = connect(server.url)
    sessions = SessionStore(link, 60, 600)
    sid = await sessions.create(ALICE, "", "")
    server.kill()

    with pytest.raises(RedisUnavailable):
        await sessions.load(sid)

    await close(link)


async def test_an_unreadable_session_record_fails_all_readers_of_its_batch(client: Redis) -> None:
    sessions = SessionStore(client, 60, 600)
    sid = await sessions.create(ALICE, "a browser", "192.0.2.1")
    (key,) = [key async for key in client.scan_iter(f"{SESSION_PREFIX}*")]
    await client.hset(key, "user_id", "nobody's")

    async with asyncio.timeout(10):
        answers = await asyncio.gather(*(sessions.load(sid) for _ in range(3)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ValueError] * 3
