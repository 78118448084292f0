"""Headers, the answer to HEAD, and arguments that are refused where they are given."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from quart import Quart, Response
from quart.testing import WebsocketResponseError

from quart_sse import EventSourceResponse
from quart_sse.tests.asgi import Exchange, Message


def test_headers_are_those_of_a_stream() -> None:
    headers = EventSourceResponse(iter(())).headers

    assert headers.getlist("Content-Type") == ["text/event-stream; charset=utf-8"]
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
    assert "Connection" not in headers
    assert "Content-Length" not in headers


def test_the_rest_of_the_headers_is_ones_own() -> None:
    headers = {"cache-control": "public, max-age=29", "x-accel-buffering": "yes", "X-Room": "7"}

    response = EventSourceResponse(iter(()), 203, headers=headers, media_type="application/x-stream")

    assert response.status_code == 203
    assert response.headers.getlist("Cache-Control") == ["public, max-age=29"]
    assert response.headers.getlist("X-Accel-Buffering") == ["no"]
    assert (response.headers["X-Room"], response.content_type) == ("7", "application/x-stream")


INVALID_ARGUMENTS = [
    ({"ping": -1}, ValueError, "ping must be >= 0"),
    ({"ping": float("nan")}, ValueError, "ping must be >= 0"),
    ({"ping": float("inf")}, ValueError, "finite"),
    ({"ping": "15"}, TypeError, "ping must be int or float"),
    ({"ping": True}, TypeError, "ping must be int or float"),
    ({"sep": "\n\n"}, ValueError, "sep must be"),
    ({"sep": ""}, ValueError, "sep must be"),
    ({"send_timeout": 0}, ValueError, "send_timeout must be > 0"),
    ({"send_timeout": "1"}, TypeError, "send_timeout must be int or float"),
    ({"shutdown_grace_period": -1}, ValueError, "shutdown_grace_period must be >= 0"),
    ({"shutdown_grace_period": None}, TypeError, "shutdown_grace_period must be"),
    ({"shutdown_event": True}, TypeError, "shutdown_event must be an event"),
    ({"cleanup_timeout": -1}, ValueError, "cleanup_timeout must be >= 0"),
    ({"status_code": "200"}, TypeError, "status_code must be int"),
    ({"status_code": 99}, ValueError, "200 to 599"),
    ({"media_type": None}, TypeError, "media_type must be str"),
    ({"background": "x"}, TypeError, "background must be callable"),
    ({"ping_message_factory": "x"}, TypeError, "ping_message_factory must be callable"),
    ({"data_sender_callable": "x"}, TypeError, "data_sender_callable must be callable"),
    ({"client_close_handler_callable": "x"}, TypeError, "client_close_handler_callable must be callable"),
    ({"background": print}, RuntimeError, "in a route"),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), INVALID_ARGUMENTS)
def test_what_is_of_no_use_is_refused_at_once(arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        EventSourceResponse(iter(()), **arguments)


def test_the_time_between_pings_may_change_and_is_checked_then_too() -> None:
    response = EventSourceResponse(iter(()))
    assert response.ping_interval == EventSourceResponse.DEFAULT_PING_INTERVAL

    for accepted in (25, 0.5, 0):
        response.ping_interval = accepted
        assert response.ping_interval == accepted
    with pytest.raises(TypeError, match="ping must be int or float"):
        response.ping_interval = "ten"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="ping must be >= 0"):
        response.ping_interval = -42


async def endless() -> AsyncIterator[str]:
    pytest.fail("HEAD begins no stream")
    yield "never"


async def not_begun() -> None:
    pytest.fail("HEAD begins no sender")


@pytest.mark.parametrize("method", ["HEAD", "head"])
@pytest.mark.parametrize("content", ["async", "plain"])
async def test_head_is_answered_with_the_headers_alone(method: str, content: str) -> None:
    complete: list[bool] = []

    def plain() -> Any:
        pytest.fail("HEAD takes nothing from an iterator")
        yield "never"

    exchange = Exchange(
        lambda: EventSourceResponse(
            endless() if content == "async" else plain(),
            data_sender_callable=not_begun,
            background=lambda: complete.append(exchange.complete),
        ),
        method=method,
    )
    await exchange.run()

    assert (exchange.sent[0]["status"], exchange.text, exchange.complete) == (200, "", True)
    assert (b"content-type", b"text/event-stream; charset=utf-8") in exchange.sent[0]["headers"]
    assert (b"cache-control", b"no-store") in exchange.sent[0]["headers"]
    assert complete == [True]


@pytest.mark.parametrize("fails", ["http.response.start", "http.response.body"])
async def test_an_answer_to_head_that_cannot_be_sent_is_an_error(fails: str) -> None:
    async def send(message: Message) -> None:
        if message["type"] == fails:
            raise RuntimeError("send failed")

    exchange = Exchange(
        lambda: EventSourceResponse(endless(), background=lambda: pytest.fail("an error came")),
        method="HEAD",
        send=send,
    )
    with pytest.raises(RuntimeError, match="send failed"):
        await exchange.run()


async def test_a_websocket_may_be_refused_with_a_stream() -> None:
    app = Quart("refusing")

    @app.websocket("/")
    async def refuse() -> Response:
        return EventSourceResponse(iter(["denied"]), 403)

    with pytest.raises(WebsocketResponseError) as raised:
        async with app.test_client().websocket("/") as socket:
            await asyncio.wait_for(socket.receive(), 5)

    assert raised.value.response.status_code == 403
    assert await raised.value.response.get_data() == b"data: denied\n\n"
