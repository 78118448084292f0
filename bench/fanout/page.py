"""docs/benchmarks.md, written from a stored result: python -m bench.fanout.page [bench/results/fanout-….json]"""

import argparse
from pathlib import Path

from bench.fanout import results, table
from bench.fanout.results import Result

PLACE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"

TEXT = """# Benchmarks

This page is written by `python -m bench.fanout.page` from `{source}`;
every number in it stands there, each single round included.

## One message to many readers

`make bench` measures it here, `make bench-peers` beside all peers. These numbers come from

    {command}

at {at}, commit {commit}.

{machine}

What is measured:

* Every server runs as one process on one core; the load client (`bench/load/load.c`, C and epoll) reads on another.
  Where the machine has but one core, they share it.
* A message is 400 bytes of HTML, no two alike. Each carries its number and the moment it was due: nobody may lose one,
  get it twice or out of order, or the round counts for nothing and is listed below.
* **TickStock** is the application itself: `/stream` with a session that is looked up in Redis, an entry of the log
  drawn, framed and sent. Its 400 bytes include the `<hx-partial>` around them. Only the route by which the benchmark
  publishes is added. With gzip, every stream's bytes are counted, and 8 streams are inflated and read.
* **nginx with nchan** is Debian's package with `bench/fanout/peers/nchan.conf`; the other peers are the short programs
  beside it, written as their documentation shows it.
* Publishing goes over one HTTP connection: for the Python servers one long request, a message a line; for nchan one
  request for each message, the only way it has. What that costs is part of the figures.
* *W=1*: the next message is published when every reader has the last one, so that nothing can be batched. *W=8*: eight
  are on their way at any time, and a server may join them. *10/s*: ten a second, timed from the moment each was due;
  p99 is then about the time it takes to reach all readers.
* *µs* is processor time of the server and its children for each delivery, system time included. As a ratio it holds on
  another machine; the rates are those of this one.
* *accept* is the server's processor time to open a stream, *RSS* what a stream adds to its memory: when all are open,
  and after the traffic.
* The measured processes and the load client go before others on their core (nice -10) where that is allowed.
* {rounds} rounds of {seconds:g} s for each figure, all servers in turn; the table shows the medians. A visit during
  which others used the machine can be made again (`--retakes`); the one they disturbed least is kept. The reader polls
  while it measures, so that no server pays for waking it.
{peers}
{boards}
## What makes these numbers doubtful

{remarks}
"""

BOARDS = """## Prices, the whole way

Ticks are published on Redis, decoded, drawn and sent to 1,000 readers. The ticks are made up: 500 symbols, each as
likely as the other, at random times. Time is from PUBLISH until the price has been read from the socket, what the
reader's chosen rate holds back included.

{table}

The design's targets, beside 1,000 readers:

{targets}
"""


def page(result: Result, source: str) -> str:
    peers = ""
    for readers in sorted({row.readers for row in result.rows}):
        rows = table.rows_of(result, readers)
        lines = table.markdown(table.HEAD, [table.cells(row) for row in rows])
        peers += f"\n### {readers} readers\n\n{lines}\n\n" + listed(table.ratios(rows)) + "\n"
    boards = BOARDS.format(
        table=table.markdown(table.BOARDS, [table.board_cells(board) for board in result.boards]),
        targets=listed(table.targets(result.targets)),
    )
    machine = listed([", ".join(f"{name} {value}" for name, value in result.machine.items())])
    versions = listed([", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))])
    return TEXT.format(
        source=source,
        command=result.command.strip(),
        at=result.at[:16].replace("T", " ") + " UTC",
        commit=result.commit,
        machine=f"{machine}\n{versions}",
        rounds=max((row.visits for row in result.rows), default=0),
        seconds=result.seconds,
        peers=peers,
        boards=boards if result.boards else "",
        remarks=listed(table.remarks(result)) or "Nothing that was noticed.",
    )


def listed(lines: list[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path, nargs="?", help="a stored result; by default the newest")
    path = parser.parse_args().result
    source = path.resolve() if path else results.newest()
    PLACE.write_text(page(results.load(source), source.relative_to(PLACE.parents[1]).as_posix()))
    print(f"{PLACE} is written from {source}")


if __name__ == "__main__":
    main()
