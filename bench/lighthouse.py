"""What Lighthouse says of the desk and of a symbol's page on a slow phone, signed in.

python -m bench.lighthouse [--runs 3] [--prefix DIRECTORY]

Needs node 18 or later, npm and Chromium. Lighthouse is installed into --prefix, once. The phone is Lighthouse's own: a
Moto G Power, 1.6 Mbit/s, 150 ms, the processor four times slower, all simulated. Of several runs the median by
performance is middle: what else the machine does weighs on all of them. Ends with 1 where a score misses its aim.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import sync_playwright

from bench.stage import arguments, running_desk
from tests.journeys.conftest import sign_in
from tests.support.desk_process import Desk, within

VERSION = "12.8.2"
"""The newest that runs on node 18 and 20."""
PAGES = ("/", "/s/AAPL")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
AIMS = {"performance": 95, "accessibility": 95, "best-practices": 95}
SECONDS = 300
SETTLES_MS = 15_000
"""How long Lighthouse waits for a page to rest, which a live one never does."""
PAINTS = ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")


class Scores(NamedTuple):
    """One run: categories from 0 to 100, largest paint and blocked time in ms, layout shift without unit."""

    categories: dict[str, int]
    largest_paint: float
    blocked: float
    shift: float


def installed(prefix: Path) -> Path:
    """The path of Lighthouse, installed by npm where it is missing."""
    program = prefix / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        command = ["npm", "install", "--prefix", str(prefix), "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([*command, f"lighthouse@{VERSION}"], check=True, stdout=subprocess.DEVNULL)
    return program


@contextmanager
def signed_in(chromium: str, desk: Desk) -> Iterator[int]:
    """The debugging port of a Chromium in which somebody is signed in, as a reader's own browser would be.

    A Cookie header of Lighthouse would lose against the first cookie that a page sets.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
        process = subprocess.Popen(
            [chromium, *options, "--remote-debugging-port=0", "about:blank"], stderr=subprocess.DEVNULL
        )
        try:
            port_file = Path(profile) / "DevToolsActivePort"
            port = within(60, lambda: port_file.exists() and int((port_file.read_text().split() or "0")[0]), "Chromium")
            with sync_playwright() as playwright:
                browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
                page = browser.contexts[0].new_page()
                sign_in(page, desk)
                page.close()
                browser.close()
            yield port
        finally:
            process.terminate()
            process.wait(20)


def look(program: Path, port: int, address: str) -> Scores:
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        options = [
            f"--port={port}",
            "--output=json",
            f"--output-path={report}",
            "--quiet",
            f"--max-wait-for-load={SETTLES_MS}",
        ]
        only = f"--only-categories={','.join(CATEGORIES)}"
        subprocess.run([str(program), address, *options, only], check=True, timeout=SECONDS)
        return scores(json.loads(report.read_text()))


def scores(report: dict[str, Any]) -> Scores:
    """Scores of Lighthouse's report; prints its complaints."""
    weighed = {ref["id"] for each in report["categories"].values() for ref in each["auditRefs"] if ref["weight"]}
    for name, audit in report["audits"].items():
        if name in weighed and audit["score"] is not None and audit["score"] < 0.9:
            print(f"    {name}: {audit['title']} {audit.get('displayValue', '')}")
    value = {name: report["audits"][name]["numericValue"] for name in PAINTS}
    if report["finalDisplayedUrl"] != report["requestedUrl"]:
        raise SystemExit(f"Lighthouse ended on {report['finalDisplayedUrl']}, not on {report['requestedUrl']}.")
    return Scores({name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}, *value.values())


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--prefix", type=Path, default=Path(".bench/lighthouse"))
    options = parser.parse_args()
    program, missed = installed(options.prefix.resolve()), False
    with running_desk() as desk, signed_in(options.browser, desk) as port:
        for path in PAGES:
            runs = [look(program, port, f"{desk.url}{path}") for _ in range(options.runs)]
            median_score = statistics.median_low(run.categories["performance"] for run in runs)
            middle = next(run for run in runs if run.categories["performance"] == median_score)
            scores = ", ".join(f"{name} {score}" for name, score in middle.categories.items())
            print(f"{path}: {scores}")
            print(f"    LCP {middle.largest_paint:,.0f} ms, TBT {middle.blocked:,.0f} ms, CLS {middle.shift:.3f}")
            missed |= any(middle.categories[name] < aim for name, aim in AIMS.items())
    sys.exit("a score misses its aim of 95" if missed else 0)


if __name__ == "__main__":
    main()
