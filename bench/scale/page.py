"""docs/scale.md, written from a stored result: python -m bench.scale.page [bench/results/scale-….json]"""

import sys
from pathlib import Path

from bench.scale import results
from bench.scale.results import Result

PLACE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"

TEXT = """# The desk at the size that users have

This page is written by `python -m bench.scale.page` from `{source}`. These numbers come from

    {command}

at {at}, commit {commit}.

* {machine}

What is measured:

* The data is made once: 5,000 symbols, 500 of them with twenty years of daily bars (2.5 M), one with 980,070 minute
  bars and 19 with sixty sessions of them, 200,000 or 2 M detections with their outcomes, and a session's indicators
  (2.1 M values). Plain PostgreSQL and Valkey as `make run` starts them, with their own settings, on the same cores.
* **Pages and API**: the time from a request until its whole answer, over one kept connection from the same machine;
  *ten at once* are ten connections that ask for the same address again and again.
* **Start**: from the start of the process until `/ready` says yes (web) or the process says that it works (engine).
* **The market**: web, engine and ingest as an operator starts them, on a copy of the data with 2 M detections. Every
  tick is also read from the stream that the feed keeps and made into minutes beside the desk; the stored bars are
  compared with these. *Lag* is the time from the first tick of a later minute until a bar of the minute is stored.
  *CPU* is in cores, of the process and its children, median of samples of five seconds, without the time of the foreign
  load: two other processes that never sleep.

{tables}
"""


def written(result: Result, source: str) -> str:
    return TEXT.format(
        source=source,
        command=result.command.strip(),
        at=result.at[:16].replace("T", " ") + " UTC",
        commit=result.commit,
        machine=", ".join(f"{name} {value}" for name, value in result.machine.items()),
        tables=results.tables(result),
    )


def write(source: Path) -> None:
    PLACE.write_text(written(results.load(source), source.relative_to(PLACE.parents[1]).as_posix()))


def main() -> None:
    source = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else results.newest()
    write(source)
    print(f"{PLACE} is written from {source}")


if __name__ == "__main__":
    main()
