"""A supervisor of both embedded servers in a process that tests may kill and restart."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


def within(seconds: float, look: Callable[[], T | None], what: str) -> T:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := look():
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds:g} s")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class SupervisorProcess:
    def __init__(self, data: Path, python: str = sys.executable, root: Path = ROOT, **options: Any) -> None:
        self.data = data
        self.output = data.with_name(f"{data.name}.txt")
        self._start = lambda output: subprocess.Popen(
            [python, str(root / "tests/support/supervised_servers.py"), str(data)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(root), *options.get("path", [])])},
            cwd="/",
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            **{name: value for name, value in options.items() if name != "path"},
        )
        self.start()

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = self._start(output)

    def read_output(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_ready(self) -> "SupervisorProcess":
        def look() -> bool:
            assert self.process.poll() is None, self.read_output()
            return "ready\n" in self.read_output()

        within(60, look, "a ready supervisor")
        return self

    def report(self) -> dict[str, Any]:
        lines: dict[str, Any] = json.loads((self.data / "told.json").read_text())
        return lines

    @property
    def pids(self) -> dict[str, int]:
        pids_by_name: dict[str, int] = self.report()["pids"]
        return pids_by_name

    @property
    def redis_url(self) -> str:
        return f"unix://{self.report()['sockets']}/valkey.sock"

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.report()['sockets']}/postgres"

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[SupervisorProcess]:
    started = SupervisorProcess(tmp_path / "data")
    try:
        yield started.wait_ready()
    finally:
        started.stop()
