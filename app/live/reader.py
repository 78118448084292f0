"""One connection: the frames that wait for it, and how it ends."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

End = Literal["", "left", "slow", "drain"]


class Frame(NamedTuple):
    """One message as bytes, and the newest log entry that it or an earlier one contains."""

    block: bytes
    id: str


class Reader:
    """Bounded: a reader for whom more frames wait than it may keep is taken out of its audience and told so."""

    def __init__(self, most: int, position: Callable[["Reader"], str], leave: Callable[["Reader"], None]) -> None:
        self.ended: End = ""
        self.joined_at = ""
        """The newest log entry at the moment of joining: what came before is not in the frames."""
        self._most = most
        self._position = position
        self._leave = leave
        self._frames: deque[Frame] = deque()
        self._awake = asyncio.Event()
        self._taken = ""

    @property
    def waiting(self) -> int:
        return len(self._frames)

    @property
    def position(self) -> str:
        """The newest log entry that this reader lacks nothing before."""
        return self._position(self)

    @property
    def taken(self) -> str:
        return self._taken or self.joined_at

    def offer(self, frame: Frame) -> bool:
        """False when the reader has fallen too far behind."""
        if len(self._frames) >= self._most:
            return False
        self._frames.append(frame)
        self._awake.set()
        return True

    async def take(self, seconds: float) -> bytes:
        """All that waits, as one piece; nothing after `seconds` of silence or when the reader has ended."""
        if not self._frames and not self.ended:
            await self._wait(seconds)
        if not self._frames:
            return b""
        self._taken = self._frames[-1].id
        blocks = b"".join(frame.block for frame in self._frames)
        self._frames.clear()
        self._awake.clear()
        return blocks

    def end(self, why: End) -> None:
        """Frames that already wait are still delivered, unless the reader was too slow for them."""
        if self.ended:
            return
        self.ended = why
        if why != "drain":
            self._frames.clear()
        self._leave(self)
        self._awake.set()

    async def _wait(self, seconds: float) -> None:
        self._awake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return
