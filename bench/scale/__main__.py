"""The desk at the size that users have: pages, API, start, bulk load and the market, measured on plain PostgreSQL.

    python -m bench.scale [--directory DIR] [--part pages --part start ...] [--hour MINUTES] [--store]

The data is made once and stays in the directory: 5,000 symbols, 2.5 M daily bars, 1.4 M minutes, and 200,000 or 2 M
detections. `--store` keeps the result in bench/results and writes docs/scale.md from it.
"""

import argparse
import asyncio
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from bench.fanout import machine
from bench.scale import page, pages, results, startup
from bench.scale.market import Plan, play
from bench.scale.results import Row
from bench.scale.servers import LARGE, SMALL, Database, Servers, serving

DIRECTORY = Path("/var/tmp/tickstock-scale")
PLAYED = "scale_market"


def _pages(servers: Servers, _options: argparse.Namespace) -> list[Row]:
    rows = []
    for database in (SMALL, LARGE):
        asyncio.run(_fill(servers, database))
        asyncio.run(servers.quotes())
        with servers.web(database.name) as web:
            rows += pages.measure(web, f"{pages.PART}, {database.detections:,} detections")
    return rows


def _start(servers: Servers, _options: argparse.Namespace) -> list[Row]:
    asyncio.run(_fill(servers, LARGE))
    asyncio.run(servers.quotes())
    return startup.start(servers, LARGE)


def _load(servers: Servers, options: argparse.Namespace) -> list[Row]:
    asyncio.run(_copied(servers, startup.COPY))
    asyncio.run(servers.quotes())
    try:
        return startup.load_beside_pages(servers, options.directory)
    finally:
        asyncio.run(servers.drop(startup.COPY))


def _hour(servers: Servers, options: argparse.Namespace) -> list[Row]:
    seconds = options.hour * 60
    foreign = (seconds / 3, seconds / 3 + min(300.0, seconds / 6))
    return _played(servers, Plan("500 symbols at speed 60, a tick a second", 500, 60, 1, seconds, foreign))


def _fast(servers: Servers, options: argparse.Namespace) -> list[Row]:
    seconds = options.fast * 60
    foreign = (seconds / 3, seconds / 3 + min(120.0, seconds / 6))
    return _played(servers, Plan("500 symbols at speed 120, two ticks a second", 500, 120, 2, seconds, foreign))


def _days(servers: Servers, options: argparse.Namespace) -> list[Row]:
    return _played(servers, Plan("5 symbols at speed 1,500, a session in 38 s", 5, 1500, 10, options.days * 60))


def _many(servers: Servers, options: argparse.Namespace) -> list[Row]:
    seconds = options.many * 60
    # After the first hour, whose beginning is several times as busy as the session's average.
    bounds = {"engine_cores": 1.0, "web_cores": 0.3, "web_cores_read": 0.6}
    part = "5,000 symbols at real speed, a tick a second"
    return _played(servers, Plan(part, 5_000, 1, 1, seconds, readers=seconds / 2, starts_at="10:30:00", **bounds))


def _played(servers: Servers, plan: Plan) -> list[Row]:
    asyncio.run(_copied(servers, PLAYED))
    try:
        return play(servers, PLAYED, plan)
    finally:
        asyncio.run(servers.drop(PLAYED))


async def _copied(servers: Servers, database: str) -> None:
    await _fill(servers, LARGE)
    await servers.copy(LARGE, database)


async def _fill(servers: Servers, database: Database) -> None:
    if seconds := await servers.furnish(database):
        print(f"{database.name} was made in {seconds:.0f} s", flush=True)


PARTS: dict[str, Callable[[Servers, argparse.Namespace], list[Row]]] = {
    "pages": _pages,
    "start": _start,
    "load": _load,
    "many": _many,
    "days": _days,
    "fast": _fast,
    "hour": _hour,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    parser.add_argument("--part", action="append", choices=PARTS, help="this part alone; may be given again")
    parser.add_argument("--hour", type=float, default=60.0, help="minutes of the market at speed 60")
    parser.add_argument("--fast", type=float, default=10.0, help="minutes at speed 120")
    parser.add_argument("--days", type=float, default=5.0, help="minutes at speed 1,500")
    parser.add_argument("--many", type=float, default=8.0, help="minutes of 5,000 symbols at real speed")
    parser.add_argument("--store", action="store_true", help="keep the result and write docs/scale.md")
    options = parser.parse_args()
    machine.raise_limits()
    rows: list[Row] = []
    with machine.alone(), serving(options.directory) as servers:
        for name in options.part or PARTS:
            print(name, flush=True)
            rows += PARTS[name](servers, options)
    result = results.result(f"python -m bench.scale {shlex.join(sys.argv[1:])}".strip(), rows)
    print(f"\n{results.printed(result)}")
    if options.store:
        place = results.store(result)
        page.write()
        print(f"\nstored in {place}; docs/scale.md is written")


if __name__ == "__main__":
    main()
