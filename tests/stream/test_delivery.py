"""Pages that reconnect while everything around them fails: a short run of what `make soak` runs for long."""

import random
from pathlib import Path

import pytest

from bench.checker import nemesis
from bench.checker.conduct import Plan, conduct
from bench.checker.ground import Servers, ports
from bench.checker.nemesis import Nemesis
from tests.conftest import Databases
from tests.stream.conftest import Own

STRIKES = (
    (nemesis.readers_cut, nemesis.link_to_redis_held),
    (nemesis.web_killed, nemesis.readers_half_open),
    (nemesis.redis_paused, nemesis.readers_held),
    (nemesis.readers_away_for_a_burst, nemesis.link_to_postgresql_cut),
    (nemesis.web_told_to_leave, nemesis.link_to_redis_cut),
    (nemesis.redis_killed, nemesis.readers_shut_out),
    (nemesis.web_paused, nemesis.links_killed),
    (nemesis.redis_wiped, nemesis.link_to_postgresql_held),
)


async def strike(against: Nemesis) -> None:
    for faults in STRIKES:
        await against.strike(*faults)


@pytest.mark.timeout(180)
async def test_nothing_is_lost_doubled_or_swapped_and_not_told(own: Own, databases: Databases, tmp_path: Path) -> None:
    own.start()
    servers = Servers(own._child, own.url.removeprefix("unix://"), databases.own, databases.market, databases.engine)
    plan = Plan(20, ports(2), 8, random.randrange(10**6), 0.15, strike)

    report = await conduct(plan, servers, tmp_path)

    told = "\n".join([f"seed {plan.seed}", *report.lines()])
    assert not report.violations, told
    assert report.tally["resumed exactly"] > 10, told
    assert report.tally["resumed by snapshot"] > 0, told
    assert report.tally["joins: gzip"] > 10, told
    assert len(report.struck) == sum(map(len, STRIKES)), told
