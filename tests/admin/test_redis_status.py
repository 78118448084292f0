"""The page that shows administrators channels, log and jobs in Redis."""

import re
from collections.abc import Mapping, Sequence

from app.accounts import bootstrap
from app.admin import redis_status
from app.identity import Role
from app.wire import RedisUnavailable
from app.wire.channels import BATCHES, Channels, Meaning
from app.wire.log.log import BEGINNING, StreamPosition
from app.wire.pubsub.subscriber import ChannelStats, SubscriberStats
from tests.pipeline.conftest import PASSWORD, Desk
from tests.support.quote_samples import OPEN, tick
from tests.support.waiting import until

NAMES = Channels(ticks="my.ticks")


def stats(**channels: ChannelStats) -> SubscriberStats:
    names = NAMES._asdict()
    return SubscriberStats(True, 0, None, 0, {names[field]: each for field, each in channels.items()})


async def page(desk: Desk) -> str:
    async with desk.client() as client:
        answer = await client.get("/admin/wire", headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.replace("<wbr>", "")).split())


def test_channels_are_sorted_by_their_newest_message_and_silent_ones_last() -> None:
    active, idle = redis_status.channels(
        NAMES, stats(patterns=ChannelStats(2, 90.0, 1), ticks=ChannelStats(500, 99.0, 120, 3)), 100.0
    )

    assert [(each.name, each.meaning, each.messages, each.per_minute, each.age) for each in active] == [
        ("my.ticks", Meaning.TICKS, 500, 120, 1.0),
        ("tickstock.events.patterns", Meaning.PATTERNS, 2, 1, 10.0),
    ]
    assert [each.late for each in active] == [3, 0]
    assert {each.name for each in (*active, *idle)} == {*NAMES.meanings(), *BATCHES}


def test_rejections_are_listed_by_reason_with_the_most_frequent_first() -> None:
    refusals = redis_status.rejections({(Meaning.TICKS, "bad-time"): 1, (Meaning.ERRORS, "not-json"): 7})

    assert [(each.meaning, each.reason, each.messages) for each in refusals] == [
        (Meaning.ERRORS, "not-json", 7),
        (Meaning.TICKS, "bad-time", 1),
    ]


def test_the_number_of_receivers_of_a_job_is_shown_in_words() -> None:
    first, second, *others = redis_status.JOB_CHANNELS

    texts = {each.channel: each.description for each in redis_status.receivers({first: 1, second: 2})}

    assert texts[first] == "one engine listens"
    assert "2 engines listen" in texts[second]
    assert {texts[each] for each in others} == {"nobody listens"}


def test_the_epoch_of_the_log_shows_when_it_began() -> None:
    assert redis_status.log_state(StreamPosition(1_346_765_400_000, 41)) == redis_status.LogState(
        "1346765400000-41", OPEN
    )
    assert redis_status.log_state(BEGINNING).began is None


async def test_the_page_says_when_no_message_has_arrived(desk: Desk) -> None:
    text = await page(desk)

    assert "Pub/Sub connection listening" in text
    assert "none since this process began" in text
    assert "Log empty" in text
    assert "Nothing has come in yet" in text
    assert "No message has been rejected" in text
    assert "Repeated errors merged 0 in all processes" in text
    assert "Joined an append 0 " in text
    assert text.count("nobody listens") == len(redis_status.JOB_CHANNELS)


async def test_received_rejected_and_failed_messages_are_counted(desk: Desk) -> None:
    await desk.publish(tick("BRK.B", 84.5))
    await desk.redis.publish("tickstock:errors", b"no json")
    await desk.redis.publish("tickstock:errors", b'{"message":"slow","timestamp":1346765400}')
    await desk.redis.publish("tickstock:errors", b'{"message":"slow","timestamp":1346765401}')
    await until(lambda: desk.context.subscriber_stats().channels["tickstock:errors"].late == 2)
    await desk.redis.client_kill_filter(_type="pubsub")
    await until(lambda: desk.context.subscriber_stats().gaps > 0 and desk.context.subscriber_stats().connected)

    text = await page(desk)

    assert re.search(r"tickstock\.data\.raw ticks, state \d+ s 1 1 ", text)
    assert re.search(r"Rejected messages .* errors \S.* 1 ", text)
    assert "errors, log 2 late" in text
    assert "Repeated errors merged 1 in all processes" in text
    assert re.search(r"Gaps 1, the last \d+ s ago", text)


async def test_the_page_shows_everything_else_while_redis_does_not_answer(desk: Desk) -> None:
    async def silent(_channels: Sequence[str]) -> Mapping[str, int]:
        raise RedisUnavailable

    desk.context.count_subscribers = silent

    assert "the receivers are not known" in await page(desk)


async def test_the_redis_page_is_for_administrators_only(desk: Desk) -> None:
    async with desk.client() as client:
        assert 'href="/admin/wire"' in (await client.get("/")).text
    await bootstrap.create_user(desk.context.pools.own, "bob@example.org", Role.USER, PASSWORD)
    async with desk.client() as client:
        client.cookies.clear()
        await client.post("/login", data={"email": "bob@example.org", "password": PASSWORD})
        assert (await client.get("/admin/wire")).status_code == 403
        assert 'href="/admin/wire"' not in (await client.get("/")).text
        client.cookies.clear()
        answer = await client.get("/admin/wire", headers={"Accept": "text/html"})
    assert answer.status_code == 303
