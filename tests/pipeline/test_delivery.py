"""Pages that reconnect during faults: a short run of `make soak`."""

import random
from pathlib import Path

import pytest

from bench.checker import faults
from bench.checker.faults import FaultInjector
from bench.checker.processes import Servers, ports
from bench.checker.run import CheckPlan, run_check
from tests.conftest import Databases
from tests.pipeline.conftest import Own

FAULTS = (
    (faults.readers_cut, faults.link_to_redis_held),
    (faults.web_killed, faults.readers_half_open),
    (faults.redis_paused, faults.readers_held),
    (faults.readers_away_for_a_burst, faults.link_to_postgresql_cut),
    (faults.web_terminated, faults.link_to_redis_cut),
    (faults.redis_killed, faults.readers_shut_out),
    (faults.web_paused, faults.links_killed),
    (faults.redis_wiped, faults.link_to_postgresql_held),
)


async def inject(injector: FaultInjector) -> None:
    for group in FAULTS:
        await injector.inject(*group)


@pytest.mark.timeout(180)
async def test_no_entry_is_lost_duplicated_or_swapped_without_a_notice(
    own: Own, databases: Databases, tmp_path: Path
) -> None:
    own.start()
    servers = Servers(own._child, own.url.removeprefix("unix://"), databases.own, databases.market, databases.engine)
    plan = CheckPlan(20, ports(2), 8, random.randrange(10**6), 0.15, inject)

    report = await run_check(plan, servers, tmp_path)

    lines = "\n".join([f"seed {plan.seed}", *report.lines()])
    assert not report.violations, lines
    assert report.tally["resumed exactly"] > 10, lines
    assert report.tally["resumed by snapshot"] > 0, lines
    assert report.tally["joins: gzip"] > 10, lines
    assert len(report.faults) == sum(map(len, FAULTS)), lines
