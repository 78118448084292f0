"""What a page's stream costs on the wire, at every rate: the shipped desk with its replay of five symbols, and a market
of 500 invented ones.

python -m bench.stream_bytes [--seconds 120] [--symbols 500] [--store]

Whole desks are started as `tickstock run` starts them. A reader is a raw socket that asks for gzip and counts every
byte of the response's body, HTTP's own framing included, from ten seconds after it joined. "alone" is one reader,
"of eight" is one of eight that share their frames. What a kind costs is its part of the text of each frame.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
import zlib
from collections import Counter
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from bench.scale import results
from bench.scale.results import Row
from tests.journeys.conftest import EMAIL, PASSWORD
from tests.support.desk_process import Desk, within
from tests.support.ports import free_port

RATES = ("auto", "1s", "5s", "30s")
SHARING = 8
SETTLE_SECONDS = 10.0
PART = re.compile(r"(?=<hx-partial)")
TARGET = re.compile(r'<hx-partial hx-target="#([a-z]+)')
KINDS = {
    **dict.fromkeys(("quotes", "row", "spark"), "quotes"),
    **dict.fromkeys(("feed", "pattern"), "detections"),
    **dict.fromkeys(("headline", "facts", "candle", "level", "chart", "readings"), "symbol"),
    **dict.fromkeys(("clock", "condition", "ticks", "engine", "redis", "database", "readers", "jobs"), "status"),
    "processing": "status",
}
FIVE = "five"
AIMS = {(FIVE, "1s"): 1.9, (FIVE, "30s"): 0.4}
"""kbit/s of the shipped desk for a reader alone."""


class Count:
    """Bytes on the wire by purpose, and the rows and cells received."""

    def __init__(self) -> None:
        self.wire = 0
        self.kinds: Counter[str] = Counter()
        self.rows = 0
        self._inflate = zlib.decompressobj(31)

    def add(self, block: bytes, framing: int, *, settled: bool) -> None:
        text = self._inflate.decompress(block).decode()
        if not settled or not text:
            return
        size = len(block) + framing
        self.wire += size
        for part in PART.split(text):
            target = TARGET.match(part)
            kind = KINDS.get(target[1], "other") if target else "beats" if "event: beat" in part else "ends"
            self.rows += bool(target and target[1] == "row")
            self.kinds[kind] += round(1000 * size * len(part) / len(text))


class Reader(NamedTuple):
    what: str
    page: str
    rate: str
    zone: str
    is_totalled: bool = True


async def read(desk: Desk, cookies: str, reader: Reader, seconds: float) -> Count:
    """Reads the stream that the page names for this time."""
    cookies = f"{cookies}; rate={reader.rate}; tz={reader.zone}"
    async with httpx.AsyncClient(base_url=desk.url, headers={"Cookie": cookies}, trust_env=False) as client:
        page = (await client.get(reader.page)).raise_for_status().text
    path = unescape(re.findall(r'hx-sse:connect="([^"]+)"', page)[0])
    link, out = await asyncio.open_connection("127.0.0.1", desk.port)
    host = urlsplit(desk.url).netloc
    out.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    head = await link.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.partition(b"\r\n")[0], head
    count, began = Count(), time.monotonic()
    try:
        async with asyncio.timeout(seconds + SETTLE_SECONDS):
            while True:
                size = await link.readuntil(b"\r\n")
                block = (await link.readexactly(int(size, 16) + 2))[:-2]
                settled = time.monotonic() - began > SETTLE_SECONDS
                count.add(block, len(size) + 2, settled=settled)
    except TimeoutError:
        return count
    finally:
        out.close()


def sign_in(desk: Desk) -> str:
    """The cookies of a browser that is signed in."""
    with httpx.Client(base_url=desk.url, trust_env=False, timeout=30) as client:
        client.get("/login")
        form = {"email": EMAIL, "password": PASSWORD}
        client.post("/login", data=form, headers={"Origin": desk.url}).headers["Location"]
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def wait_for(desk: Desk, cookies: str) -> None:
    """Waits until more symbols have a price than a desk has rows: a page then requests the rows that it shows."""

    def more_than_shown() -> bool:
        page = httpx.get(f"{desk.url}/", headers={"Cookie": cookies}, trust_env=False, timeout=30)
        return bool(re.search(r"\d+ most active of \d+, <a", page.text))

    within(120, more_than_shown, "a page with more symbols than rows")


async def measured(desk: Desk, cookies: str, what: str, seconds: float) -> list[tuple[Reader, Count]]:
    pages = [("/", "desk")] + ([("/s/IBM", "IBM")] if what == FIVE else [])
    readers = [Reader(f"{name}, alone", page, rate, "UTC") for page, name in pages for rate in RATES]
    for rate in RATES:
        readers += [Reader("desk, of eight", "/", rate, "Asia/Tokyo", number == 0) for number in range(SHARING)]
    counts = await asyncio.gather(*(read(desk, cookies, reader, seconds) for reader in readers))
    return [(reader, count) for reader, count in zip(readers, counts, strict=True) if reader.is_totalled]


def stage(what: str, seconds: float, environment: dict[str, str]) -> list[tuple[Reader, Count]]:
    with tempfile.TemporaryDirectory() as directory:
        desk = Desk(Path(directory), free_port(), {"TICKSTOCK_LIVE_STREAMS_PER_USER": "60", **environment})
        try:
            desk.wait_until_ready()
            desk.create_user(EMAIL, PASSWORD, "admin")
            cookies = sign_in(desk)
            if what != FIVE:
                wait_for(desk, cookies)
            return asyncio.run(measured(desk, cookies, what, seconds))
        finally:
            desk.stop()


def rows(what: str, counts: list[tuple[Reader, Count]], seconds: float) -> list[Row]:
    print(f"\n{what} symbols, {seconds:g} s, kbit/s on the wire after gzip")
    kinds = ("quotes", "symbol", "detections", "status", "beats", "ends", "other")
    print(f"{'':15}{'rate':>5}{'in all':>8}{'rows/s':>7}" + "".join(f"{kind:>11}" for kind in kinds))
    measured = []
    for reader, count in counts:
        total = count.wire * 8 / seconds / 1000
        by_kind = [count.kinds[kind] * 8 / seconds / 1e6 for kind in kinds]
        print(
            f"{reader.what:15}{reader.rate:>5}{total:8.2f}{count.rows / seconds:7.2f}"
            + "".join(f"{part:11.2f}" for part in by_kind)
        )
        measured.append(row(what, reader, total))
    return measured


def row(what: str, reader: Reader, total: float) -> Row:
    part, name = f"stream of a page, {what} symbols", f"{reader.what}, rate {reader.rate}"
    aim = AIMS.get((what, reader.rate)) if reader.what == "desk, alone" else None
    if aim is None:
        return Row(part, name, "kbit/s", total)
    return Row(part, name, "kbit/s", total, aim=f"<= {aim}", met=total <= aim)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--symbols", type=int, default=500, help="of the invented market; 0: only the shipped replay")
    parser.add_argument("--store", action="store_true", help="add a file to bench/results/")
    options = parser.parse_args()
    measured = rows(FIVE, stage(FIVE, options.seconds, {}), options.seconds)
    if options.symbols:
        many = {"TICKSTOCK_INGEST_PROVIDER": "synthetic", "TICKSTOCK_SYNTHETIC_SYMBOLS": str(options.symbols)}
        measured += rows(str(options.symbols), stage(str(options.symbols), options.seconds, many), options.seconds)
    if options.store:
        print(results.store(results.result(f"python -m bench.stream_bytes {' '.join(sys.argv[1:])}", measured)))


if __name__ == "__main__":
    main()
