"""Where the files of a test's servers lie."""

import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30
"""Free, from which on servers' files may lie in memory."""


def fast_folder() -> Path | None:
    """Memory, where there is plenty: a copy of a database is made there in an eighth of the time. Else None, for the
    usual place of temporary files."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES else None
