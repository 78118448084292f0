"""gzip that many share: small for those who read along, and nobody reads what is another's."""

import pytest

from app.live.audience import SHARED_FROM
from app.live.coding import KEY_EVERY
from app.live.frames import Part
from app.live.hub import Bounds, Hub
from tests.live.paper import FEED, Drawn, joined, markup, some_frames


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, shortest=0.02, bounds=Bounds(readers=20))


@pytest.fixture
def drawn() -> Drawn:
    return Drawn()


async def test_readers_of_gzip_share_their_blocks_once_they_are_enough(hub: Hub, drawn: Drawn) -> None:
    papers = [joined(hub, FEED, coded=True) for _ in range(SHARED_FROM)]
    plain = joined(hub, FEED)

    await some_frames(hub, drawn, plain, KEY_EVERY + 5)

    assert all(paper.lines == plain.lines for paper in papers)
    assert all(paper.written == papers[0].written for paper in papers)
    assert sum(map(len, papers[0].written)) < sum(map(len, plain.written)) / 2


async def test_who_joins_a_chain_in_its_middle_reads_along_and_enters_at_the_next_key(hub: Hub, drawn: Drawn) -> None:
    papers = [joined(hub, FEED, coded=True) for _ in range(SHARED_FROM)]
    await some_frames(hub, drawn, papers[0], 5)
    late = [joined(hub, FEED, coded=True) for _ in range(3)]

    await some_frames(hub, drawn, papers[0], KEY_EVERY)

    assert all(paper.lines == papers[0].lines[5:] for paper in late)
    assert late[0].written[0] != papers[0].written[5]
    assert late[0].written[-1] == papers[0].written[-1]


async def test_a_chain_ends_at_a_key_when_its_readers_have_left(hub: Hub, drawn: Drawn) -> None:
    papers = [joined(hub, FEED, coded=True) for _ in range(SHARED_FROM)]
    await some_frames(hub, drawn, papers[0], 3)
    for paper in papers[2:]:
        paper.reader.lost()

    await some_frames(hub, drawn, papers[0], 2 * KEY_EVERY)

    assert len(papers[0].lines) == len(papers[1].lines) == 3 + 2 * KEY_EVERY


async def test_what_is_for_one_reader_alone_reaches_no_other_and_all_still_inflate(hub: Hub, drawn: Drawn) -> None:
    papers = [joined(hub, FEED, coded=True) for _ in range(SHARED_FROM + 2)]
    await some_frames(hub, drawn, papers[0], 4)

    chosen = papers[3].reader
    chosen.audience.tell(chosen, [Part(b"data: your job is done\n\n")])
    await some_frames(hub, drawn, papers[0], KEY_EVERY + 3)
    chosen.audience.tell(chosen, [Part(b"data: and paid for\n\n")])
    await some_frames(hub, drawn, papers[0], KEY_EVERY + 3)

    private = {"your job is done", "and paid for"}
    assert [line for line in papers[3].lines if line in private] == ["your job is done", "and paid for"]
    assert [line for line in papers[3].lines if line not in private] == papers[0].lines
    for other in papers:
        if other is not papers[3]:
            assert other.lines == papers[0].lines
            assert not private & set(other.lines)
