"""A small application on the real web package, in a process of its own that can be killed: server.py PORT."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from hypercorn.asyncio import serve
from hypercorn.config import Config
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from quart import Quart, Response, abort, request, websocket

from app.identity import Identity
from app.push import Op, Push
from app.web import assets, condition, errors, guards, html, preferences, security
from tests.support.topic_rules import RULES


class PushRequest(msgspec.Struct):
    """A push that a test requests."""

    key: str = ""
    op: Op = "replace"
    html: str = ""
    event: str = ""
    """Named, with `html` as its data."""
    id: str = ""
    retry: int = 0
    code: int = 0
    """What the sockets are closed with, or that they are served (1) or not (404)."""


class UnavailableService(Exception):
    """A dependency that does not answer."""


html.pages.loader = ChoiceLoader(
    [FileSystemLoader(html.ROOT / "templates"), FileSystemLoader(Path(__file__).parent / "pages")]
)
readers: set[asyncio.Queue[str]] = set()
sockets: set[asyncio.Queue[str]] = set()
served = 404
reports: list[str] = []


async def nobody() -> Identity | None:
    if "away" in request.args:
        raise UnavailableService
    return None


LIVE = condition.PageCondition(
    "live",
    Markup('<span id="condition" data-kind="live">live</span>'),
    Markup('<p id="reason"></p>'),
    {"silent": "Start the feed again."},
)


def create_app(public_url: str) -> Quart:
    app = Quart(__name__, static_folder=None)
    security.install(app, public_url)
    guards.install(app, nobody)
    assets.install(app)
    errors.install(app)
    condition.install(app, lambda: LIVE)
    html.install_socket_topics(app, RULES.by_socket)
    errors.unavailable(app, (UnavailableService,))
    app.register_blueprint(preferences.blueprint)
    app.add_url_rule("/board", "board", board)
    app.add_url_rule("/private", "private", private)
    app.add_url_rule("/admin", "admin", admin)
    app.add_url_rule("/broken", "broken", broken)
    app.add_url_rule("/limited", "limited", limited)
    app.add_url_rule("/stream", "stream", stream)
    app.add_url_rule("/say", "say", say, methods=["POST"])
    app.add_url_rule("/tell", "tell", tell, methods=["POST"])
    app.add_websocket("/ws/quotes", "socket", socket)
    return app


@guards.public
async def board() -> Response:
    return await html.page("board", title="Board", topics=("patterns", "symbol:BRK.B"), cursor="1-1")


@guards.signed_in
async def private() -> str:
    return guards.identity().email


@guards.admin_only
async def admin() -> str:
    return "secret"


@guards.public
async def broken() -> str:
    if "errno" in request.args:
        raise OSError(int(request.args["errno"]), "a secret detail")
    raise ValueError("a secret detail")


@guards.public
async def limited() -> Response:
    if "words" in request.args:
        abort(422, request.args["words"])
    return await errors.answer(429, retry_after=12.2)


@guards.public
async def stream() -> Response:
    async def frames() -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue(100)
        readers.add(queue)
        try:
            yield "event: hello\nretry: 500\ndata: x\n\n"
            while True:
                try:
                    yield (text := await asyncio.wait_for(queue.get(), 1))
                    if "event: bye" in text:
                        return
                except TimeoutError:
                    yield "event: beat\ndata: x\n\n"
        finally:
            readers.discard(queue)

    response = Response(frames(), content_type="text/event-stream; charset=utf-8")
    response.timeout = None
    return response


@guards.public
async def say() -> str:
    """Sends one message to every open stream."""
    pushes = msgspec.json.decode(await request.get_data(), type=list[PushRequest])
    text = patches(pushes)
    data = "".join(f"data: {line}\n" for line in text.split("\n")) if text else ""
    for push in pushes:
        if push.event:
            data += f"event: {push.event}\ndata: {push.html or 'x'}\n"
        data += (f"id: {push.id}\n" if push.id else "") + (f"retry: {push.retry}\n" if push.retry else "")
    for queue in readers:
        queue.put_nowait(f"{data}\n")
    return str(len(readers))


@guards.public
async def tell() -> str:
    """Sends one message to every open socket, or closes it."""
    global served
    pushes = msgspec.json.decode(await request.get_data(), type=list[PushRequest])
    if pushes[0].code in (1, 404):
        served = pushes[0].code
    for queue in sockets:
        queue.put_nowait(str(pushes[0].code) if pushes[0].code else patches(pushes))
    return str(len(sockets))


def patches(pushes: list[PushRequest]) -> str:
    view = guards.view()
    return "".join(
        html.patch(Push("t", push.key, push.op, lambda _, markup=push.html: markup), view)
        for push in pushes
        if not push.event
    )


@guards.public
async def socket() -> tuple[str, int] | None:
    if served != 1:
        return "", served
    await websocket.accept()
    queue: asyncio.Queue[str] = asyncio.Queue(100)
    sockets.add(queue)
    try:
        while not (text := await queue.get()).isdigit():
            await websocket.send(text)
        await websocket.close(int(text))
    finally:
        sockets.discard(queue)
    return None


if __name__ == "__main__":
    port = int(sys.argv[1])
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 0.2
    asyncio.run(serve(create_app(f"http://127.0.0.1:{port}"), config))
