"""Nobody takes all places, and a place is given back however its holder ends."""

import asyncio

import pytest

from app.live.hub import Full
from app.live.seats import Seats


async def holding(seats: Seats, owner: str, until: asyncio.Event) -> None:
    seats.take(owner)
    await until.wait()


async def test_one_person_has_only_so_many_and_others_are_not_affected() -> None:
    seats, until = Seats(2), asyncio.Event()
    held = [asyncio.create_task(holding(seats, owner, until)) for owner in ("alice", "alice", "bob")]
    await asyncio.sleep(0)

    with pytest.raises(Full):
        await holding(seats, "alice", until)

    until.set()
    await asyncio.gather(*held)
    await asyncio.create_task(holding(seats, "alice", until))


async def test_a_holder_that_is_cancelled_gives_its_seat_back() -> None:
    seats, never = Seats(1), asyncio.Event()
    held = asyncio.create_task(holding(seats, "alice", never))
    await asyncio.sleep(0)

    held.cancel()
    await asyncio.wait({held})
    again = asyncio.create_task(holding(seats, "alice", never))
    await asyncio.sleep(0)

    assert not again.done()
    again.cancel()


async def test_who_does_not_leave_in_time_is_made_to() -> None:
    seats, never = Seats(1), asyncio.Event()
    staying = asyncio.create_task(holding(seats, "alice", never))
    await asyncio.sleep(0)

    await seats.emptied(0.01)
    await asyncio.wait({staying}, timeout=2)

    assert staying.cancelled()
    await seats.emptied(5)
