"""A transport that records what is written to it, and pushes that count how often they are drawn."""

import asyncio
import zlib
from collections import Counter

from app.identity import Rate, View
from app.live.connection import StreamConnection, Write
from app.live.frames import FrameEncoding, unchunk
from app.live.gzip_blocks import HEAD
from app.live.hub import Hub
from app.push import Op, Push, nothing
from quart_sse.tests.whatwg import Message, Parser

NEW_YORK = View()
FEED = frozenset({"patterns"})


class PushCounter:
    """Makes pushes that are drawn as op:key:text@zone, and counts how often."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def push(self, topic: str, key: str, text: str = "", op: Op = "replace") -> Push:
        def draw(view: View) -> str:
            self.counts[f"{key}:{text}"] += 1
            if text == "broken":
                raise ValueError(text)
            return f"{text}@{view.zone}"

        return Push(topic, key, op, draw if op in ("replace", "insert") else nothing)


class RecordingTransport:
    """A transport that records writes, and reports a full buffer if `full` is set."""

    def __init__(self, connection: StreamConnection) -> None:
        self.connection = connection
        self.inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        if connection.encoding is FrameEncoding.GZIP:
            self.inflate.decompress(HEAD)
        self.parser = Parser()
        self.writes: list[bytes] = []
        self.full = False
        self.unsent_bytes = 0
        self.closed = self.aborted = False
        connection.start(self)

    def fast_write(self) -> Write:
        return self._write

    def queue(self, framed: bytes) -> None:
        self._write(framed)

    def _write(self, framed: bytes) -> int:
        self.writes.append(framed)
        block = unchunk(framed)
        self.parser.feed(
            (self.inflate.decompress(block) if self.connection.encoding is FrameEncoding.GZIP else block).decode()
        )
        if self.full:
            self.connection.on_write_full()
        return len(framed)

    def pending_bytes(self) -> int:
        return self.unsent_bytes

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    @property
    def messages(self) -> list[Message]:
        return self.parser.messages

    @property
    def lines(self) -> list[str]:
        return [line for message in self.messages for line in message.data.split("\n")]

    async def wait_for_lines(self, count: int = 1) -> list[str]:
        """Returns the lines once there are at least `count`."""
        async with asyncio.timeout(5):
            while len(self.lines) < count:
                await asyncio.sleep(0.001)
        return self.lines


def markup(push: Push, view: View) -> str:
    return f"{push.op}:{push.key}:{push.draw(view)}"


def join(
    hub: Hub, topics: frozenset[str], view: View = NEW_YORK, rate: Rate = Rate.AUTO, *, coded: bool = False
) -> RecordingTransport:
    return RecordingTransport(
        hub.join(topics, view, rate, encoding=FrameEncoding.GZIP if coded else FrameEncoding.PLAIN)
    )


async def send_frames(hub: Hub, counter: PushCounter, reference: RecordingTransport, count: int) -> None:
    """Publishes pushes one by one; each reaches every reader before the next."""
    for number in range(count):
        before = len(reference.messages)
        hub.publish(counter.push("patterns", "feed", f"entry {number}", "insert"), f"e-{number}")
        hub.complete_entry(f"e-{number}")
        async with asyncio.timeout(5):
            while len(reference.messages) == before:
                await asyncio.sleep(0.001)
