"""The folder for the files of a test's servers."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pytest

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30
"""Free, from which on servers' files may lie in memory."""
PREFIX = "tickstock-test-"

NewFolder = Callable[[str], Path]
"""Makes a folder of a name that begins like that."""


@contextmanager
def fast_folder() -> Iterator[Path]:
    """In memory, where there is plenty: a copy of a database is made there in an eighth of the time. Else in the usual
    place of temporary files. What a killed run left in memory is removed first."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    if roomy:
        for leftover in MEMORY.glob(f"{PREFIX}*"):
            if not Path("/proc", leftover.name.removeprefix(PREFIX).partition("-")[0]).exists():
                shutil.rmtree(leftover, ignore_errors=True)
    with TemporaryDirectory(
        prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY if roomy else None, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def new_folder() -> Iterator[NewFolder]:
    """For the data of whole desks: on a disk that stalls, their Redis would be away for seconds."""
    with fast_folder() as folder:
        yield lambda name: Path(mkdtemp(prefix=f"{name}-", dir=folder))
