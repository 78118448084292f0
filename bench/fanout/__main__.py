"""Fan-out beside other servers, in turn on this machine: python -m bench.fanout [--all] [--readers 1000,5000] ...

One process serves on one core, the load client reads on another. Every round starts every server afresh, opens the
streams, then publishes: one message in flight, eight in flight, ten a second. The table shows medians of the rounds.
"""

import argparse
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.fanout import boards, machine, results, servers, table, targets
from bench.fanout.client import Broken, compiled
from bench.fanout.desk import Desk, desk
from bench.fanout.results import Result
from bench.fanout.servers import Server
from bench.fanout.visit import Visit, visit

PEERS: dict[str, Callable[[], Server]] = {
    "naive": servers.naive,
    "nchan": servers.nchan,
    "sse-starlette": servers.sse_starlette,
    "socketio": servers.socketio,
}
LONG_ENOUGH = 5.0
"""Seconds of prices: ten come in one."""

DISTURBED = 0.3
"""Of one core, spent by others during one phase."""

USUAL = ("ours-identity", "ours-gzip", "naive", "nchan")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="all peers, and 5000 readers too")
    parser.add_argument("--only", default="", help="servers by name, e.g. ours-identity,nchan")
    parser.add_argument("--readers", default="", help="e.g. 1000,5000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="of each phase")
    parser.add_argument("--patience", type=float, default=10, help="seconds to wait for a quiet machine, each time")
    parser.add_argument("--retakes", type=int, default=1, help="of a visit that others interfered with")
    parser.add_argument("--no-boards", action="store_true", help="leave out prices through Redis and the targets")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    machine.raise_limits()
    skipped: list[str] = []
    at = datetime.now(UTC).isoformat()
    counts = [int(count) for count in (options.readers or ("1000,5000" if options.all else "1000")).split(",")]
    with machine.alone(), tempfile.TemporaryDirectory() as directory, desk(Path(directory)) as own:
        program = compiled(Path(directory))
        servers_to_measure = select_servers(options, own, skipped)
        visits = rounds(servers_to_measure, counts, options, program, skipped)
        measured = (
            [] if options.no_boards else boards.measure(own, program, max(options.seconds, LONG_ENOUGH), options.rounds)
        )
        reached = () if options.no_boards else targets.measure(program, options.browser, measured, skipped)
    titles = {server.name: server.title for server in servers_to_measure}
    result = Result(
        at=at,
        command="python -m bench.fanout " + " ".join(sys.argv[1:]),
        commit=results.commit(),
        seconds=options.seconds,
        machine=machine.described(),
        versions=results.versions(
            peers=any(server.name in ("sse-starlette", "socketio") for server in servers_to_measure)
        ),
        skipped=tuple(skipped),
        rows=tuple(results.row(titles[name], visits_there) for (name, _), visits_there in by_place(visits).items()),
        boards=tuple(measured),
        targets=tuple(reached),
        visits=tuple(visits),
    )
    print(table.printed(result))
    print(f"\nstored in {results.store(result)}")


def select_servers(options: argparse.Namespace, own: Desk, skipped: list[str]) -> list[Server]:
    names = (
        options.only.split(",") if options.only else ["ours-identity", "ours-gzip", *PEERS] if options.all else USUAL
    )
    if "nchan" in names:
        servers.install_nchan()
    servers_to_measure = [
        servers.ours(own, gzip=gzip) for gzip in (False, True) if f"ours-{'gzip' if gzip else 'identity'}" in names
    ]
    try:
        if {"sse-starlette", "socketio"} & set(names):
            servers.install_peers()
    except Broken as why:
        skipped.append(str(why).partition("\n")[0])
        names = [name for name in names if name not in ("sse-starlette", "socketio")]
    for name in PEERS:
        if name in names:
            try:
                servers_to_measure.append(PEERS[name]())
            except Broken as why:
                skipped.append(str(why).partition("\n")[0])
    return servers_to_measure


def rounds(
    servers_to_measure: list[Server], counts: list[int], options: argparse.Namespace, program: Path, skipped: list[str]
) -> list[Visit]:
    """Visits all servers in turn, round by round, so that a busy moment of the machine affects one visit of each."""
    visits = []
    for number in range(options.rounds):
        for readers in counts:
            for server in servers_to_measure:
                print(f"round {number + 1} of {options.rounds}: {server.name}, {readers} readers", flush=True)
                try:
                    visits.append(quietest(server, readers, options, program))
                except Broken as why:
                    print(f"  {why}", flush=True)
                    skipped.append(str(why).partition("\n")[0])
    return visits


def quietest(server: Server, readers: int, options: argparse.Namespace, program: Path) -> Visit:
    """Repeats a visit while others use the machine; returns the one with the least interference."""
    visits: list[Visit] = []
    while not visits or (min(each.others_share for each in visits) > DISTURBED and len(visits) <= options.retakes):
        machine.wait_for_quiet(options.patience)
        visits.append(visit(server, readers, options.seconds, program))
        print(f"  others used up to {visits[-1].others_share:.0%} of a core", flush=True)
    return min(visits, key=lambda each: each.others_share)


def by_place(visits: list[Visit]) -> dict[tuple[str, int], list[Visit]]:
    groups: dict[tuple[str, int], list[Visit]] = defaultdict(list)
    for each in visits:
        groups[each.server, each.readers].append(each)
    return groups


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit("stopped"))  # so that what was started is ended
    try:
        main()
    except Broken as why:
        raise SystemExit(str(why)) from None
