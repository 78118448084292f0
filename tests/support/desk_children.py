"""The processes of a whole desk."""

from pathlib import Path

from tests.support.desk_process import Desk


def children(desk: Desk, name: str) -> list[int]:
    """Processes below the desk whose executable is `name`; the servers have no place in run.json."""
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            if parent == desk.process.pid and Path(command).name.startswith(name):
                pids.append(int(entry.name))
    return pids
