"""Pages that reconnect while servers and network fail: is anything lost, doubled or out of order, and not told?

python -m bench.checker [--minutes 10] [--pages 200] [--rate 4] [--webs 3] [--seed N]
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.commands import prepare as commands_prepare
from app.embedded import postgres, valkey
from app.embedded.child import Child
from app.embedded.places import leave, prepare
from bench.checker.conduct import Plan, conduct
from bench.checker.ground import Servers, ports


@contextmanager
def servers(data: Path) -> Iterator[Servers]:
    places = prepare(data, None)
    carried = [Child(valkey.program(places)), Child(postgres.program(places, durable=False))]
    try:
        for child in carried:
            child.start()
            if not child.wait_ready(30):
                raise SystemExit(f"{child.program.name} does not start: {child.program.log}")
        urls = commands_prepare.lay(postgres.url(places))
        assert urls.own
        assert urls.market
        assert urls.engine
        yield Servers(carried[0], valkey.url(places).removeprefix("unix://"), urls.own, urls.market, urls.engine)
    finally:
        for child in carried:
            child.stop(5)
        leave(places)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rate", type=float, default=4, help="patterns a second")
    parser.add_argument("--webs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    plan = Plan(
        asked.pages,
        ports(asked.webs),
        asked.rate,
        asked.seed,
        1.0,
        lambda nemesis: nemesis.strike_for(asked.minutes * 60),
    )
    with tempfile.TemporaryDirectory() as directory, servers(Path(directory)) as started:
        report = asyncio.run(conduct(plan, started, Path(directory)))
    print("\n".join(report.lines()))
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
