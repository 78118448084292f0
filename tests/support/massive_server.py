"""A server on a real socket that speaks the WebSocket protocol of Massive and fails on request."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from websockets.asyncio.server import ServerConnection, serve

KEY = "a-key-of-alice"
Script = Callable[["Connection"], Awaitable[None]]


def status(word: str, message: str) -> dict[str, object]:
    return {"ev": "status", "status": word, "message": message}


class Connection:
    """One connection, seen from the provider."""

    def __init__(self, socket: ServerConnection, number: int) -> None:
        self.socket = socket
        self.number = number
        self.subscribed: list[str] = []

    async def send(self, *messages: object) -> None:
        await self.socket.send(msgspec.json.encode(messages).decode())

    async def receive(self, action: str) -> str:
        message = msgspec.json.decode(await self.socket.recv(), type=dict[str, str])
        assert message["action"] == action
        return message["params"]

    async def sign_in(self) -> None:
        await self.send(status("connected", "Connected Successfully"))
        if await self.receive("auth") != KEY:
            await self.send(status("auth_failed", "authentication failed"))
            await self.socket.close()
            await self.socket.recv()
        await self.send(status("auth_success", "authenticated"))

    async def subscribe(self) -> None:
        self.subscribed = (await self.receive("subscribe")).split(",")
        await self.send(*(status("success", f"subscribed to: {name}") for name in self.subscribed))

    async def keep_open(self) -> None:
        await self.socket.wait_closed()


class Server:
    def __init__(self, script: Script) -> None:
        self.url = ""
        self.visits: list[Connection] = []
        self._script = script

    async def handle(self, socket: ServerConnection) -> None:
        visit = Connection(socket, len(self.visits))
        self.visits.append(visit)
        await self._script(visit)


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[Server]:
    server = Server(script)
    async with serve(server.handle, "127.0.0.1", 0) as listening:
        server.url = f"ws://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}/stocks"
        yield server
