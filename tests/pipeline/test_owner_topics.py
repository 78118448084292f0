"""A topic that has an owner is delivered to that person alone, in every process, for as long as it is theirs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Literal, NamedTuple

import pytest
from redis.asyncio import Redis

from app.accounts import bootstrap, queries
from app.identity import Role
from app.settings.load import Settings
from app.wire.events.event import RunChanged
from tests.pipeline.conftest import EMAIL, PASSWORD, Desk
from tests.support.owner_topics import OWNER, declare
from tests.support.stream_reader import Reader
from tests.support.two_processes import Processes, two_processes, with_time

BOB = "bob@example.org"
ADMIT_SECONDS = 0.2


class Person(NamedTuple):
    id: str
    cookie: str

    def stream(self, port: int, topics: str) -> Reader:
        return Reader(port, f"/stream?topics={topics}", {"Cookie": self.cookie})


class Owners(NamedTuple):
    processes: Processes
    alice: Person
    bob: Person

    @property
    def ports(self) -> tuple[int, int]:
        return self.processes.here.settings.port, self.processes.there

    @property
    def topics(self) -> str:
        """Of both people, as a curious one asks for them."""
        return f"run:a,run:b,user:{self.alice.id},user:{self.bob.id},status"

    async def give(self, run: str, person: Person) -> None:
        await self.processes.here.redis.set(OWNER + run, person.id)

    async def change(self, run: str, person: Person, status: str, message: str) -> None:
        """A change of a run that the person triggered. Each status of a run comes once."""
        at = 1_346_679_000.0
        event = RunChanged(at=at, work="import", run_id=run, status=status, trigger=person.id, message=message)
        await self.processes.here.publish(event)


async def person(processes: Processes, email: str) -> Person:
    cookies = await processes.signed_in(processes.there, email=email)
    async with processes.here.context.pools.own.acquire() as connection:
        user = await queries.user_by_email(connection, email)
    assert user
    return Person(str(user.id), "; ".join(f"{name}={value}" for name, value in cookies.items()))


@pytest.fixture
def transport() -> Literal["auto"]:
    """Who may join is asked before a transport is chosen."""
    return "auto"


@pytest.fixture
async def owners(settings: Settings) -> AsyncIterator[Owners]:
    live = settings.live.model_copy(update={"admit_seconds": ADMIT_SECONDS})
    here = Desk(with_time(settings.model_copy(update={"live": live})))
    declare(here.context)
    seconds = {"TICKSTOCK_LIVE_ADMIT_SECONDS": str(ADMIT_SECONDS)}
    async with two_processes(here, ("tests.support.owner_topics",), **seconds) as processes:
        await bootstrap.create_user(here.context.pools.own, BOB, Role.ADMIN, PASSWORD)
        owners = Owners(processes, await person(processes, EMAIL), await person(processes, BOB))
        await owners.give("a", owners.alice)
        await owners.give("b", owners.bob)
        yield owners


def everything(reader: Reader) -> str:
    return "".join(message.data for message in reader.messages)


async def test_another_persons_topic_delivers_nothing_in_either_process(owners: Owners) -> None:
    async with AsyncExitStack() as stack:
        alices, bobs = [
            [await stack.enter_async_context(person.stream(port, owners.topics)) for port in owners.ports]
            for person in (owners.alice, owners.bob)
        ]
        for readers, run, other in ((alices, "run:b", owners.bob), (bobs, "run:a", owners.alice)):
            for reader in readers:
                hello = (await reader.message("hello")).data
                assert set(hello.split("\n")[1:]) == {f"unknown topic: {run}", f"unknown topic: user:{other.id}"}
                await reader.message("message")

        for status in ("started", "completed"):
            await owners.change("a", owners.alice, status, f"a-{status}")
            await owners.change("b", owners.bob, status, f"b-{status}")

        for readers, own, other in ((bobs, "b-", "a-"), (alices, "a-", "b-")):
            for reader in readers:
                await reader.containing(f"{own}completed")
                await reader.caught_up(bobs[0].last_id)
                assert everything(reader).count(f"{own}started") == everything(reader).count(f"{own}completed") == 2
                assert f"{other}started" not in everything(reader)
                assert f"{other}completed" not in everything(reader)


async def test_a_returning_reader_gets_missed_entries_of_permitted_topics_only(owners: Owners) -> None:
    here, there = owners.ports
    async with owners.bob.stream(here, owners.topics) as bob:
        await bob.message("message")
        await owners.change("b", owners.bob, "started", "seen")
        await bob.containing("seen")
        cursor = bob.last_id
    await owners.change("a", owners.alice, "completed", "for-alice")
    await owners.change("b", owners.bob, "completed", "for-bob")

    async with owners.bob.stream(there, f"{owners.topics}&cursor={cursor}") as bob:
        await bob.containing("for-bob")
        assert "for-alice" not in everything(bob)
        assert "seen" not in everything(bob)


async def test_a_stream_ends_in_both_processes_when_its_topic_goes_to_somebody_else(owners: Owners) -> None:
    here, there = owners.ports
    async with (
        owners.alice.stream(here, "run:a,status") as first,
        owners.alice.stream(there, "run:a,status") as second,
        owners.alice.stream(there, f"user:{owners.alice.id}") as unaffected,
    ):
        for reader in (first, second, unaffected):
            await reader.message("hello")

        await owners.give("a", owners.bob)

        for reader in (first, second):
            await reader.end()
        await owners.change("a", owners.alice, "failed", "later")
        await unaffected.containing("later")
        assert "later" not in everything(first) + everything(second)

    async with owners.alice.stream(here, "run:a,status") as again:
        assert "unknown topic: run:a" in (await again.message("hello")).data
    async with owners.alice.stream(there, "run:a") as alone:
        assert alone.status == 400


async def refused_reads(redis: Redis) -> int:
    """How many commands Redis refused because the key has another type."""
    errors = await redis.info("errorstats")
    return int(errors.get("errorstat_WRONGTYPE", {"count": 0})["count"])


async def test_a_failing_permission_check_ends_no_stream_and_admits_no_reader(owners: Owners) -> None:
    here = owners.ports[0]
    async with owners.alice.stream(here, "run:a,status") as reader:
        await reader.message("message")
        # Redis refuses to read a list as a string: what an outage of this one check looks like.
        redis = owners.processes.here.redis
        await redis.delete(OWNER + "a")
        await redis.rpush(OWNER + "a", owners.alice.id)

        async with owners.alice.stream(here, "run:a,status") as other:
            assert other.status == 503
        before = await refused_reads(redis)
        async with asyncio.timeout(20):
            while await refused_reads(redis) < before + 4:
                await asyncio.sleep(ADMIT_SECONDS / 4)
        await owners.change("a", owners.alice, "completed", "still-open")
        await reader.containing("still-open")
