"""Many readers of lists of symbols: one stream each at a rate of one second, whose data is discarded."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from typing import Any

READERS, LISTED = 1_000, 50
OPENING_AT_ONCE = 25


def lists(symbols: Sequence[str], count: int) -> list[list[str]]:
    """`count` different lists; neighbours share half of their symbols."""
    return [
        [symbols[(number * LISTED // 2 + place) % len(symbols)] for place in range(LISTED)] for number in range(count)
    ]


@contextmanager
def reading(port: int, cookie: str, watched: Sequence[Sequence[str]]) -> Iterator["Readers"]:
    """Reads in a process of its own, so that its CPU time is not counted for others."""
    readers = Readers(port, cookie, watched)
    readers.start()
    try:
        yield readers
    finally:
        readers.stop()


class Readers:
    def __init__(self, port: int, cookie: str, watched: Sequence[Sequence[str]]) -> None:
        self._open_count: Synchronized[int] = multiprocessing.Value("i", 0)  # type: ignore[assignment]
        self._bytes: Synchronized[int] = multiprocessing.Value("q", 0)  # type: ignore[assignment]
        self._ended: Synchronized[int] = multiprocessing.Value("i", 0)  # type: ignore[assignment]
        arguments = (port, cookie, watched, self._open_count, self._bytes, self._ended)
        self._process = multiprocessing.Process(target=_run, args=arguments, daemon=True)

    def start(self) -> None:
        self._process.start()

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()

    @property
    def ended(self) -> int:
        """The number of streams that the server ended."""
        return self._ended.value

    @property
    def received(self) -> int:
        """Bytes received by all readers."""
        return self._bytes.value

    def wait_open(self, count: int, seconds: float = 120.0) -> None:
        until = time.monotonic() + seconds
        while self._open_count.value < count:
            if time.monotonic() > until or not self._process.is_alive():
                raise SystemExit(f"{self._open_count.value} of {count} streams are open")
            time.sleep(0.1)


def _run(port: int, cookie: str, watched: Sequence[Sequence[str]], *counts: Any) -> None:
    asyncio.run(_all(port, cookie, watched, *counts))


async def _all(port: int, cookie: str, watched: Sequence[Sequence[str]], *counts: Any) -> None:
    opening = asyncio.Semaphore(OPENING_AT_ONCE)
    await asyncio.gather(*(_one(port, cookie, symbols, opening, *counts) for symbols in watched))


async def _one(
    port: int,
    cookie: str,
    symbols: Sequence[str],
    opening: asyncio.Semaphore,
    open_count: Any,
    received: Any,
    ended: Any,
) -> None:
    topics = ",".join(f"quotes:{symbol}" for symbol in symbols)
    async with opening:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = (
            f"GET /stream?topics={topics} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Cookie: {cookie}; rate=1s",
            "Accept: text/event-stream",
            "Accept-Encoding: gzip",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise SystemExit(head.decode(errors="replace"))
    open_count.value += 1
    while chunk := await reader.read(65_536):
        received.value += len(chunk)
    ended.value += 1
