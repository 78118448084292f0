"""Shared gzip streams: small for all readers, and no reader can read what is another's."""

import pytest

from app.identity import Rate, View
from app.live.audience import LARGE_CHAIN_FROM, Audience
from app.live.connection import StreamConnection
from app.live.frames import Frame, FrameEncoding, FramePart
from app.live.gzip_blocks import SmallChains
from app.live.hub import Hub
from tests.support.recording_transport import FEED, PushCounter, join, markup, send_frames
from tests.support.topic_rules import RULES

FRAMES = 60


async def test_gzip_readers_share_compressed_blocks(hub: Hub, counter: PushCounter) -> None:
    transports = [join(hub, FEED, coded=True) for _ in range(LARGE_CHAIN_FROM)]
    plain = join(hub, FEED)

    await send_frames(hub, counter, plain, FRAMES)

    assert all(transport.lines == plain.lines for transport in transports)
    assert all(transport.writes == transports[0].writes for transport in transports)
    assert sum(map(len, transports[0].writes)) < sum(map(len, plain.writes)) / 2


async def test_a_single_gzip_reader_gets_equal_lines_in_fewer_bytes(hub: Hub, counter: PushCounter) -> None:
    transport, plain = join(hub, FEED, coded=True), join(hub, FEED)

    await send_frames(hub, counter, transport, FRAMES)

    assert transport.lines == plain.lines
    assert sum(map(len, transport.writes)) < sum(map(len, plain.writes)) / 2


@pytest.mark.parametrize("readers", [1, LARGE_CHAIN_FROM])
async def test_a_reader_who_joins_in_mid_chain_follows_it_and_enters_the_next(
    hub: Hub, counter: PushCounter, readers: int
) -> None:
    transports = [join(hub, FEED, coded=True) for _ in range(readers)]
    await send_frames(hub, counter, transports[0], 5)
    late = [join(hub, FEED, coded=True) for _ in range(3)]

    await send_frames(hub, counter, transports[0], FRAMES)

    assert all(transport.lines == transports[0].lines[5:] for transport in late)
    assert late[0].writes[0] != transports[0].writes[5]
    assert late[0].writes[-1] == transports[0].writes[-1]


async def test_few_remaining_readers_continue_in_a_smaller_chain(hub: Hub, counter: PushCounter) -> None:
    transports = [join(hub, FEED, coded=True) for _ in range(LARGE_CHAIN_FROM)]
    await send_frames(hub, counter, transports[0], 3)
    for transport in transports[2:]:
        transport.connection.on_lost()

    await send_frames(hub, counter, transports[0], FRAMES)

    assert len(transports[0].lines) == len(transports[1].lines) == 3 + FRAMES
    assert transports[0].writes == transports[1].writes


async def test_chains_for_few_readers_are_bounded_and_released() -> None:
    chains = SmallChains(limit=1)
    audiences = [Audience(frozenset({topic}), View(), Rate.AUTO, chains) for topic in ("quotes:A", "quotes:B")]
    readers = [
        StreamConnection(Hub(markup, RULES), audience, None, encoding=FrameEncoding.GZIP, expires_at=0.0)
        for audience in audiences
    ]
    frame = Frame([FramePart(b"data: 195.88\n\n")])
    for audience, reader in zip(audiences, readers, strict=True):
        audience.add(reader)
        audience.send(frame, "", 0.0)
    assert chains.acquire() is None

    audiences[0].discard(readers[0])
    audiences[1].send(frame, "", 0.0)

    assert chains.acquire() is None
    audiences[1].discard(readers[1])
    assert chains.acquire()


async def test_a_frame_for_one_reader_reaches_no_other_and_all_can_still_decompress(
    hub: Hub, counter: PushCounter
) -> None:
    transports = [join(hub, FEED, coded=True) for _ in range(LARGE_CHAIN_FROM + 2)]
    await send_frames(hub, counter, transports[0], 4)

    one = transports[3].connection
    one.audience.send_to(one, [FramePart(b"data: your job is done\n\n")])
    await send_frames(hub, counter, transports[0], FRAMES)
    one.audience.send_to(one, [FramePart(b"data: and paid for\n\n")])
    await send_frames(hub, counter, transports[0], FRAMES)

    private = {"your job is done", "and paid for"}
    assert [line for line in transports[3].lines if line in private] == ["your job is done", "and paid for"]
    assert [line for line in transports[3].lines if line not in private] == transports[0].lines
    for other in transports:
        if other is not transports[3]:
            assert other.lines == transports[0].lines
            assert not private & set(other.lines)
