"""Users of the embedded Valkey: those of the shipped ACL, each with a new random password at every start."""

import os
import re
import secrets
import subprocess
from pathlib import Path
from typing import NamedTuple

from app.embedded.places import Places

OLDEST = (7, 0)
"""Of Redis and of Valkey, from which on users have selectors."""

VERSION = re.compile(r"v=(\d+)\.(\d+)")


class ValkeyUsers(NamedTuple):
    """`file`: the ACL with the passwords, readable by us alone. `operator` may do everything, and no process has it."""

    file: Path
    operator: str
    web: str
    engine: str


def write(places: Places, binary: Path, rules: Path) -> ValkeyUsers | None:
    """None where the binary is too old for the rules: then whoever reaches the socket, ours alone, is trusted."""
    if _version(binary) < OLDEST:
        return None
    users = ValkeyUsers(places.data / "valkey-users.acl", *(secrets.token_urlsafe(32) for _ in range(3)))
    lines = [f"user default on >{users.operator} ~* &* +@all"]
    for line in rules.read_text().splitlines():
        for name, password in (("web", users.web), ("engine", users.engine)):
            if line.startswith(f"user {name} "):
                lines.append(line.replace(f">change-this-{name}-password", f">{password}"))
    users.file.unlink(missing_ok=True)
    descriptor = os.open(users.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    return users


def _version(binary: Path) -> tuple[int, int]:
    try:
        done = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=5)  # noqa: S603 - our own
    except (OSError, subprocess.SubprocessError):
        return 0, 0
    version = VERSION.search(done.stdout)
    return (int(version[1]), int(version[2])) if version else (0, 0)
