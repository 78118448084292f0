"""A stream whose first block is being sent when it is interrupted, in each way there is."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from quart import Response

from quart_sse import AppStatus, EventSourceResponse
from quart_sse.tests.asgi import Exchange, Message, forever

SENDING = pytest.mark.parametrize("interruption", ["disconnect", "shutdown", "send_error", "timeout"])
FAILED_SEND = OSError("connection closed")


class Interrupted:
    """A stream whose first block is being sent when `interruption` happens; `log` is what was done, in order."""

    def __init__(self, interruption: str, content: Callable[[], AsyncIterator[Any]], **options: Any) -> None:
        self.interruption, self.log, self._content = interruption, [], content  # type: tuple[str, list[str], Any]
        self._options = {"send_timeout": 0.01 if interruption == "timeout" else None, "ping": 0, **options}
        self.exchange = Exchange(self._answer, send=self._send)

    async def run(self) -> None:
        if self.interruption == "send_error":
            with pytest.raises(OSError, match="closed") as raised:
                await self.exchange.run()
            assert raised.value is FAILED_SEND
        else:
            await self.exchange.run()

    def _answer(self) -> Response:
        return EventSourceResponse(self._content(), background=lambda: self.log.append("background"), **self._options)

    async def _send(self, message: Message) -> None:
        if message["type"] != "http.response.body" or not message["more_body"]:
            return
        if self.interruption == "disconnect":
            self.exchange.reader_gone.set()
        elif self.interruption == "shutdown":
            AppStatus.should_exit = True
        elif self.interruption == "send_error":
            raise FAILED_SEND
        await forever()


def expected(interruption: str, *before: str) -> list[str]:
    return [*before, "background"] if interruption in ("disconnect", "shutdown") else [*before]


def cut(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What says that a cleanup took too long."""
    return [record for record in caplog.records if "cleanup is cancelled" in record.getMessage()]
