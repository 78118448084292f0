"""The number of streams that people have in all web processes."""

from uuid import uuid4

from redis.asyncio import Redis

from app.wire.channels import STREAMS_KEY
from app.wire.users.stream_counts import StreamCounts


async def test_web_processes_share_the_stream_counts_of_people(client: Redis) -> None:
    here, there, person = StreamCounts(client, "a"), StreamCounts(client, "b"), uuid4()

    assert await here.exchange({person: 2}) == {}
    counts = await there.exchange({person: 3})
    assert counts[person].streams == 2
    back = await here.exchange({})
    assert back[person].streams == 3
    assert {counts[person].earlier_streams, back[person].earlier_streams} in ({0, 3}, {2, 0})
    assert await there.exchange({}) == {}


async def test_counts_of_a_silent_process_expire(client: Redis) -> None:
    person = uuid4()
    await client.hset(STREAMS_KEY, mapping={"gone": f'1 {{"{person}":5}}', "garbled": "?"})

    assert await StreamCounts(client, "a").exchange({}) == {}
    assert await client.hlen(STREAMS_KEY) == 1
