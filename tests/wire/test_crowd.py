"""How many streams people hold in all web processes."""

from uuid import uuid4

from redis.asyncio import Redis

from app.wire.channels import STREAMS_KEY
from app.wire.users.stream_counts import StreamCounts


async def test_web_processes_tell_each_other_how_many_streams_people_hold(client: Redis) -> None:
    here, there, person = StreamCounts(client, "a"), StreamCounts(client, "b"), uuid4()

    assert await here.tell({person: 2}) == {}
    found = await there.tell({person: 3})
    assert found[person].held == 2
    back = await here.tell({})
    assert back[person].held == 3
    assert {found[person].before, back[person].before} in ({0, 3}, {2, 0})
    assert await there.tell({}) == {}


async def test_who_has_said_nothing_for_a_while_is_forgotten(client: Redis) -> None:
    person = uuid4()
    await client.hset(STREAMS_KEY, mapping={"gone": f'1 {{"{person}":5}}', "garbled": "?"})

    assert await StreamCounts(client, "a").tell({}) == {}
    assert await client.hlen(STREAMS_KEY) == 1
