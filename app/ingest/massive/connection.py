"""The WebSocket connection to Massive: logs in, subscribes, and reconnects whenever it ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from app.ingest.massive.messages import StatusMessage, split
from app.wire.backoff import Backoff

logger = logging.getLogger(__name__)

OPEN_SECONDS = 10.0
"""Time-out of the connection and of each answer while logging in."""
PING_SECONDS = 20.0
CLOSE_SECONDS = 1.0
LARGEST_MESSAGE = 8 * 2**20
FIRST_PAUSE = 0.5
NAMES_AT_ONCE = 500
"""Subscriptions in one message."""
LONGEST_TEXT = 200
"""Characters of a message from the provider."""

GREETINGS = {"connected"}
LOGIN_SUCCESS = {"auth_success", "success"}


class Received(NamedTuple):
    payload: bytes


class Connected(NamedTuple):
    """Logged in and subscribed."""


class Disconnected(NamedTuple):
    reason: str


Item = Received | Connected | Disconnected


class LoginRefused(Exception):
    """The provider refused the login."""


class Silent(Exception):
    """No message came in time."""


class Access(NamedTuple):
    url: str
    key: str
    subscriptions: Sequence[str]
    silence_seconds: float
    longest_pause: float


class MassiveConnection:
    def __init__(self, access: Access, session_open: Callable[[], bool]) -> None:
        """`session_open`: whether silence is a fault at the moment."""
        self._access = access
        self._session_open = session_open
        self._backoff = Backoff(min(FIRST_PAUSE, access.longest_pause), access.longest_pause)

    async def run(self, put: Callable[[Item], Awaitable[None]]) -> None:
        """A slow `put` slows the reading, and with it the provider."""
        while True:
            login_refused = False
            try:
                await self._stream(put)
            except (WebSocketException, OSError, EOFError, LoginRefused, Silent) as error:
                login_refused = isinstance(error, LoginRefused)
                reason = self._describe(error)
                logger.warning("massive: %s", reason)
                await put(Disconnected(reason))
            if login_refused:
                # An immediate retry changes nothing, and looks like an attack.
                await Backoff(self._access.longest_pause, self._access.longest_pause).wait()
            else:
                await self._backoff.wait()

    async def _stream(self, put: Callable[[Item], Awaitable[None]]) -> None:
        async with connect(
            self._access.url,
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_size=LARGEST_MESSAGE,
        ) as socket:
            await self._wait_for_status(socket, GREETINGS)
            await _send(socket, "auth", self._access.key)
            await self._wait_for_status(socket, LOGIN_SUCCESS)
            for names in _batches(self._access.subscriptions):
                await _send(socket, "subscribe", names)
            await put(Connected())
            logger.info("massive: signed in, %d subscriptions", len(self._access.subscriptions))
            while True:
                payload = await self._next(socket)
                await put(Received(payload))
                if any(not isinstance(message, StatusMessage | None) for message in split(payload)):
                    self._backoff.succeeded()

    async def _wait_for_status(self, socket: ClientConnection, statuses: set[str]) -> None:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                while True:
                    for message in split(await socket.recv(decode=False)):
                        if isinstance(message, StatusMessage):
                            if message.status in statuses:
                                return
                            raise LoginRefused(f"{message.status}: {message.message}")
        except TimeoutError:
            raise Silent("no answer while signing in") from None

    async def _next(self, socket: ClientConnection) -> bytes:
        """Outside the session there may be no message for hours; the pings then detect a dead connection."""
        seconds = self._access.silence_seconds
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await socket.recv(decode=False)
            except TimeoutError:
                if self._session_open():
                    # Constant text, so that a repeated message is recognized.
                    raise Silent(f"nothing came for {seconds:g} s in an open session") from None

    def _describe(self, error: Exception) -> str:
        text = str(error) or type(error).__name__
        return text.replace(self._access.key, "(key)")[:LONGEST_TEXT]


async def _send(socket: ClientConnection, action: str, params: str) -> None:
    await socket.send(msgspec.json.encode({"action": action, "params": params}).decode())


def _batches(names: Sequence[str]) -> Iterator[str]:
    for number in range(0, len(names), NAMES_AT_ONCE):
        yield ",".join(names[number : number + NAMES_AT_ONCE])
