"""Checks that pages which reconnect while servers and network fail lose, repeat and reorder nothing unreported.

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

from app.commands import prepare
from app.embedded import places, postgres, valkey
from app.embedded.child import Child
from bench.checker.processes import Servers, ports
from bench.checker.run import CheckPlan, run_check


@contextmanager
def servers(data: Path) -> Iterator[Servers]:
    own = places.prepare(data, None)
    children = [Child(valkey.program(own)), Child(postgres.program(own, durable=False))]
    try:
        for child in children:
            child.start()
            if not child.wait_ready(30):
                raise SystemExit(f"{child.program.name} does not start: {child.program.log}")
        urls = prepare.prepare_databases(postgres.url(own))
        assert urls.own
        assert urls.market
        assert urls.engine
        yield Servers(children[0], valkey.url(own).removeprefix("unix://"), urls.own, urls.market, urls.engine)
    finally:
        for child in children:
            child.stop(5)
        places.remove_sockets(own)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rate", type=float, default=4, help="patterns a second")
    parser.add_argument("--webs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    plan = CheckPlan(
        options.pages,
        ports(options.webs),
        options.rate,
        options.seed,
        1.0,
        lambda injector: injector.inject_for(options.minutes * 60),
    )
    with tempfile.TemporaryDirectory() as directory, servers(Path(directory)) as running:
        report = asyncio.run(run_check(plan, running, Path(directory)))
    print("\n".join(report.lines()))
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
