"""One request to a Quart application, in which the test plays the server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart, Response

Message = dict[str, Any]


async def forever() -> None:
    await asyncio.Event().wait()


class Exchange:
    """What `answer` returns in a route is sent through `send`, and kept in `sent` where that is not given."""

    def __init__(
        self,
        answer: Callable[[], Response],
        *,
        method: str = "GET",
        send: Callable[[Message], Awaitable[None]] | None = None,
    ) -> None:
        self.app = Quart("exchange")

        async def stream() -> Response:
            return answer()

        self.app.add_url_rule("/", "stream", stream)
        self.sent: list[Message] = []
        self.body_begun, self.reader_gone = asyncio.Event(), asyncio.Event()
        self._send_of_test, self._method = send, method

    async def run(self) -> None:
        """Until the request and what it left to the application have ended. Raises what a server would see."""
        await asyncio.wait_for(self.app(_scope(self._method), self._receive, self._send), 5)  # type: ignore[arg-type]
        await asyncio.gather(*self.app.background_tasks)

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    @property
    def complete(self) -> bool:
        return bool(self.sent) and self.sent[-1].get("more_body") is False

    async def _receive(self) -> Any:
        if not self.body_begun.is_set() and not getattr(self, "_body_received", False):
            self._body_received = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.reader_gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.body_begun.set()
        if self._send_of_test:
            await self._send_of_test(message)
        self.sent.append(message)


def _scope(method: str) -> Message:
    return {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": method,
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "extensions": {},
    }
