"""The processes of a whole desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import started
from tests.support.desk_process import Desk


@pytest.fixture(scope="module")
def desk(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from started(first_start, tmp_path_factory.mktemp("faults"))


def children(desk: Desk, name: str) -> list[int]:
    """Processes below the desk whose executable is `name`; the servers have no place in run.json."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            if parent == desk.process.pid and Path(command).name.startswith(name):
                found.append(int(entry.name))
    return found
