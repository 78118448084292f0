"""Whatever is put into an event comes out of a browser's parser as that event, and as nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import run
from sys import executable

import pytest
from app.live.sse import EventSourceResponse, JSONServerSentEvent, ServerSentEvent, ensure_bytes
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart, Response
from tests.live.whatwg import Message, Parser, parse

HOSTILE = st.text(st.sampled_from("ab: \r\n\0\v\x85\u2028event:data:id:retry:é€\ud800"))
BREAKS = str.maketrans({"\r": None, "\n": None, "\0": None})


def lines_of(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@given(data=HOSTILE | st.text(), event=HOSTILE, id_=HOSTILE, comment=HOSTILE, sep=st.sampled_from(["\n", "\r\n", "\r"]))
def test_no_value_leaves_its_field(data: str, event: str, id_: str, comment: str, sep: str) -> None:
    encoded = ServerSentEvent(data, event=event, id=id_, comment=comment, retry=250, sep=sep).encode()

    parsed = parse(encoded.decode() + "data: the end\n\n")

    assert parsed.messages[:-1] == [
        Message(
            sendable(event.translate(BREAKS)) or "message",
            sendable(lines_of(data)),
            sendable(id_.translate(BREAKS)),
        )
    ]
    assert parsed.messages[-1].data == "the end"
    assert parsed.retry == 250


@given(data=st.text(min_size=1), cut=st.integers(0, 40))
def test_two_packets_make_no_difference(data: str, cut: int) -> None:
    encoded = ServerSentEvent(data, id="7-1").encode().decode()
    whole, split = Parser(), Parser()

    whole.feed(encoded)
    split.feed(encoded[:cut])
    split.feed(encoded[cut:])

    assert split.messages == whole.messages != []


def test_lines_end_with_a_line_feed_alone() -> None:
    assert ServerSentEvent("a\r\nb", event="x", id="1", retry=5, comment="c\rd").encode() == (
        b": c\n: d\nid: 1\nevent: x\ndata: a\ndata: b\nretry: 5\n\n"
    )


def test_json_is_compact_and_only_finite() -> None:
    assert JSONServerSentEvent({"price": 1.5}).encode() == b'data: {"price":1.5}\n\n'
    with pytest.raises(ValueError, match="JSON"):
        JSONServerSentEvent(float("nan"))


def test_what_is_no_field_is_refused() -> None:
    with pytest.raises(TypeError):
        ServerSentEvent(retry="5\n\ndata: x").encode()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sep"):
        ServerSentEvent(sep="\n\n")


def test_content_may_be_bytes_text_a_mapping_or_an_event() -> None:
    assert ensure_bytes(b"data: raw\n\n") == b"data: raw\n\n"
    assert ensure_bytes("text") == b"data: text\n\n"
    assert ensure_bytes({"data": "d", "event": "e"}, "\r\n") == b"event: e\r\ndata: d\r\n\r\n"
    assert ensure_bytes(ServerSentEvent("s")) == b"data: s\n\n"


async def test_a_generator_is_streamed_with_the_headers_a_stream_needs() -> None:
    async def numbers() -> AsyncIterator[str]:
        for number in range(3):
            yield str(number)

    response = await answer(EventSourceResponse(numbers(), headers={"X-Room": "7"}))

    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Room"] == "7"
    assert [message.data for message in parse(await response.get_data(as_text=True)).messages] == ["0", "1", "2"]


async def test_a_plain_iterable_is_streamed_too() -> None:
    def numbers() -> Iterator[dict[str, int]]:
        yield from ({"data": number} for number in range(2))

    response = await answer(EventSourceResponse(numbers()))

    assert [message.data for message in parse(await response.get_data(as_text=True)).messages] == ["0", "1"]


async def test_silence_brings_a_comment_and_loses_nothing() -> None:
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[str]:
        await go_on.wait()
        yield "at last"

    def ping() -> ServerSentEvent:
        go_on.set()
        return ServerSentEvent(comment="still here")

    text = await (await answer(EventSourceResponse(slow(), ping=0.01, ping_message_factory=ping))).get_data(
        as_text=True
    )

    assert ": still here\n\n" in text
    assert [message.data for message in parse(text).messages] == ["at last"]


async def test_what_runs_beside_and_after_the_stream_runs() -> None:
    told: list[str] = []
    queue: asyncio.Queue[str] = asyncio.Queue(1)

    async def feed() -> None:
        await queue.put("fed")

    async def after() -> None:
        told.append("after")

    async def content() -> AsyncIterator[str]:
        yield await queue.get()

    response = await answer(EventSourceResponse(content(), background=after, data_sender_callable=feed))

    assert "data: fed" in await response.get_data(as_text=True)
    assert told == ["after"]


async def test_the_generator_is_closed_and_told_when_the_reader_goes() -> None:
    told: list[str] = []

    async def content() -> AsyncIterator[str]:
        try:
            while True:
                yield "more"
        finally:
            told.append("closed")

    async def gone(message: object) -> None:
        told.append("gone")

    app = Quart(__name__)

    @app.get("/")
    async def stream() -> Response:
        return EventSourceResponse(content(), client_close_handler_callable=gone)

    async with app.test_client().request("/") as connection:
        await connection.send_complete()
        await connection.receive()
        await connection.disconnect()

    assert sorted(told) == ["closed", "gone"]


async def test_a_reader_who_stops_reading_is_given_up() -> None:
    ended = asyncio.Event()

    async def content() -> AsyncIterator[str]:
        try:
            yield "never taken"
        finally:
            ended.set()

    async def gone(message: object) -> None:
        pytest.fail("he did not leave")

    body = EventSourceResponse(content(), send_timeout=0.01, client_close_handler_callable=gone)

    async def send_for_ever() -> None:
        async with body.response as blocks:
            async for _ in blocks:
                await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.ensure_future(send_for_ever()), 5)
    assert ended.is_set()


def test_it_needs_nothing_of_this_project() -> None:
    source = Path(__file__).parents[2] / "app" / "live" / "sse.py"
    alone = "import sys, runpy; runpy.run_path(sys.argv[1]); print([m for m in sys.modules if m == 'app'])"

    finished = run([executable, "-c", alone, source], cwd="/", capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


async def answer(response: Response) -> Response:
    """The response after it went through an application."""
    app = Quart(__name__)
    app.add_url_rule("/", "stream", lambda: response)
    return await app.test_client().get("/")
