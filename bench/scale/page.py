"""docs/scale.md, written from the newest stored result of each part: python -m bench.scale.page"""

import argparse
from pathlib import Path

from bench.fanout.table import markdown
from bench.scale import results
from bench.scale.pages import PART as PAGES
from bench.scale.results import Result, Row

PLACE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"

TEXT = """# Scale

This page shows what pages, API, start, loads and each process take with 5,000 symbols, 2.5 M daily bars and 2 M
detections. It is written by `python -m bench.scale.page` from `bench/results/scale-*.json`, of each part the newest.
Every part says when and by which command it was measured. `make bench-scale` measures all of them.

## Method

* The data is made once: 5,000 symbols, 500 of them with twenty years of daily bars (2.5 M), one with 980,070 minute
  bars and 19 with sixty sessions of them, 200,000 or 2 M detections with their outcomes, and a session's indicators
  (2.1 M values). Plain PostgreSQL and Valkey as `make run` starts them, with their own settings, on the same cores.
* **Pages and API**: the time from a request until its whole answer, over one kept connection from the same machine;
  *ten at once* are ten connections that ask for the same address again and again.
* **Start**: from the start of the process until `/ready` says yes (web) or the process says that it works (engine).
* **The market**: web, engine and ingest as an operator starts them, on a copy of the data with 2 M detections. Every
  tick is also read from the stream that the feed keeps and made into minutes beside the desk; the stored bars are
  compared with these. *Lag* is the time from the tick that ends a minute of one of a hundred symbols until its bar is
  stored, asked for twice a second. *CPU* is in cores, of the process and its children, median of samples of five
  seconds, without the time of the foreign load: two other processes that never sleep.

{tables}
"""


SOURCE = """## {part}

`{command}`, {at}, commit {commit}; {machine}{remark}

{table}"""


def page(results_by_age: list[Result]) -> str:
    """`results_by_age`: oldest first."""
    newest = {part: (result, rows) for result in results_by_age for part, rows in results.parts(result.rows).items()}
    tables = [
        SOURCE.format(
            part=part,
            command=result.command.strip(),
            at=result.at[:16].replace("T", " ") + " UTC",
            commit=result.commit,
            machine=", ".join(f"{name} {value}" for name, value in result.machine.items() if "core " not in name),
            remark=f". {result.remark}" if result.remark else "",
            table=_routes(rows) if part.startswith(PAGES) else results.table(rows),
        )
        for part, (result, rows) in newest.items()
    ]
    return TEXT.format(tables="\n\n".join(tables))


def _routes(rows: list[Row]) -> str:
    """One line for each address; `rows` are in pairs: one request alone, and ten at once."""
    lines = [
        (
            alone.what.removesuffix(", alone"),
            *(f"{value:.1f}" for value in (alone.median or 0, alone.p99 or 0, together.p99 or 0)),
            "" if alone.met and together.met else "MISSED",
        )
        for alone, together in zip(rows[::2], rows[1::2], strict=True)
    ]
    aims = f"alone {rows[0].aim} (minute bars p50 <= 30); ten at once {rows[1].aim}"
    head = ("address", "alone, p50 ms", "p99 ms", "ten at once, p99 ms", "")
    return f"The aims: {aims}.\n\n{markdown(head, lines)}"


def write() -> None:
    PLACE.write_text(page(results.load_all()))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    write()
    print(f"{PLACE} is written")
