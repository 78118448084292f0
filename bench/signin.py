"""How long /health takes while many people sign in at once, each of whom costs a hash.

python -m bench.signin [--people 40] [--seconds 10]

Everybody comes from an address of their own, as behind a proxy, so that no limit spares the server its work. Whom the
queue has no place for is told to come back (503), comes back, and is counted when the hash was made.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.journeys.conftest import free_port
from tests.support.desk_process import Desk

PAUSE_SECONDS = 1.0
AIM_MS = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        # One account is tried by each at most ten times, and by all together a thousand times in five minutes.
        desk = Desk(Path(directory), free_port(), {"PROXY_HOPS": "1", "INGEST": "off", "ENGINE": "off"})
        try:
            desk.wait_until_ready()
            asyncio.run(_measure(f"http://127.0.0.1:{desk.port}", options.people, options.seconds))
        finally:
            desk.stop()


async def _measure(base: str, people: int, seconds: float) -> None:
    async with httpx.AsyncClient(
        base_url=base, trust_env=False, timeout=30, limits=httpx.Limits(max_connections=None)
    ) as client:
        alone = await _health(client, asyncio.get_running_loop().time() + 2)
        until, answers = asyncio.get_running_loop().time() + seconds, Counter[int]()
        signing = [asyncio.create_task(_sign_in(client, person, until, answers)) for person in range(people)]
        busy = await _health(client, until)
        await asyncio.gather(*signing)
    for name, took in (("alone", alone), (f"beside {people} sign-ins", busy)):
        ranks = statistics.quantiles(took, n=100)
        print(f"/health {name}: p50 {ranks[49]:.1f} ms, p99 {ranks[98]:.1f} ms ({len(took)} asked)")
    print(f"hashes: {answers[422]} in {seconds:g} s; told to come back: {answers[503]}; limited: {answers[429]}")
    print(f"the aim is a p99 below {AIM_MS} ms: {'met' if ranks[98] < AIM_MS else 'MISSED'}")


async def _health(client: httpx.AsyncClient, until: float) -> list[float]:
    took = []
    while asyncio.get_running_loop().time() < until:
        began = time.perf_counter()
        (await client.get("/health")).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.01)
    return took


async def _sign_in(client: httpx.AsyncClient, person: int, until: float, answers: Counter[int]) -> None:
    number = 0
    while asyncio.get_running_loop().time() < until:
        who = {"email": f"p{person}.{number}@example.org", "password": "a guess that is long enough"}
        headers = {"X-Forwarded-For": f"10.{person}.{number // 250}.{number % 250}"}
        answer = await client.post("/login", data=who, headers=headers)
        answers[answer.status_code] += 1
        number += 1
        if answer.status_code != 422:
            await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
