"""The connection to Massive: signs in, subscribes, and comes back for ever, whatever ends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from app.ingest.massive.messages import Status, split
from app.wire.backoff import Backoff

logger = logging.getLogger(__name__)

OPEN_SECONDS = 10.0
"""For the connection, and for each answer of the signing in."""
PING_SECONDS = 20.0
CLOSE_SECONDS = 1.0
LARGEST_MESSAGE = 8 * 2**20
FIRST_PAUSE = 0.5
NAMES_AT_ONCE = 500
"""Subscriptions in one message."""
SHOWN = 200
"""Characters of what the provider says."""

GREETED = {"connected"}
SIGNED_IN = {"auth_success", "success"}


class Heard(NamedTuple):
    payload: bytes


class Up(NamedTuple):
    """Signed in, and has asked for what it wants."""


class Down(NamedTuple):
    why: str


Item = Heard | Up | Down


class Refused(Exception):
    """The provider does not let us in."""


class Silent(Exception):
    """Nothing came where something should have."""


class Access(NamedTuple):
    url: str
    key: str
    subscriptions: Sequence[str]
    silence_seconds: float
    longest_pause: float


class Link:
    def __init__(self, access: Access, expecting: Callable[[], bool]) -> None:
        """`expecting` says whether silence is a fault just now."""
        self._access = access
        self._expecting = expecting
        self._backoff = Backoff(min(FIRST_PAUSE, access.longest_pause), access.longest_pause)

    async def run(self, put: Callable[[Item], Awaitable[None]]) -> None:
        """What is slow to take slows the reading, and with it the provider."""
        while True:
            refused = False
            try:
                await self._stay(put)
            except (WebSocketException, OSError, EOFError, Refused, Silent) as error:
                refused = isinstance(error, Refused)
                why = self._told(error)
                logger.warning("massive: %s", why)
                await put(Down(why))
            if refused:
                # Asking again at once changes nothing, and looks like an attack.
                await Backoff(self._access.longest_pause, self._access.longest_pause).wait()
            else:
                await self._backoff.wait()

    async def _stay(self, put: Callable[[Item], Awaitable[None]]) -> None:
        async with connect(
            self._access.url,
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_size=LARGEST_MESSAGE,
        ) as socket:
            await self._answer(socket, GREETED)
            await _say(socket, "auth", self._access.key)
            await self._answer(socket, SIGNED_IN)
            for names in _some(self._access.subscriptions):
                await _say(socket, "subscribe", names)
            await put(Up())
            logger.info("massive: signed in, %d subscriptions", len(self._access.subscriptions))
            while True:
                payload = await self._next(socket)
                await put(Heard(payload))
                if any(not isinstance(message, Status | None) for message in split(payload)):
                    self._backoff.succeeded()

    async def _answer(self, socket: ClientConnection, wanted: set[str]) -> None:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                while True:
                    for message in split(await socket.recv(decode=False)):
                        if isinstance(message, Status):
                            if message.status in wanted:
                                return
                            raise Refused(f"{message.status}: {message.message}")
        except TimeoutError:
            raise Silent("no answer while signing in") from None

    async def _next(self, socket: ClientConnection) -> bytes:
        """Outside the session nothing may come for hours: then only the connection's own pings watch over it."""
        seconds = self._access.silence_seconds
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await socket.recv(decode=False)
            except TimeoutError:
                if self._expecting():
                    # The same words every time, however long it was in truth: they are told once.
                    raise Silent(f"nothing came for {seconds:g} s in an open session") from None

    def _told(self, error: Exception) -> str:
        text = str(error) or type(error).__name__
        return text.replace(self._access.key, "(key)")[:SHOWN]


async def _say(socket: ClientConnection, action: str, params: str) -> None:
    await socket.send(msgspec.json.encode({"action": action, "params": params}).decode())


def _some(names: Sequence[str]) -> Iterator[str]:
    for number in range(0, len(names), NAMES_AT_ONCE):
        yield ",".join(names[number : number + NAMES_AT_ONCE])
