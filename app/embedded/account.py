"""The account that PostgreSQL runs under: it refuses to run as root."""

import ctypes
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from app.embedded.places import Unusable

CLONE_NEWUSER = 0x10000000
INSIDE = 1000
"""Who root is inside the namespace; outside the files stay root's."""


class Account(NamedTuple):
    kind: Literal["own", "namespace", "nobody"]
    uid: int
    gid: int

    def popen(self) -> dict[str, object]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.kind == "nobody" else {}

    def enter(self) -> Callable[[], None] | None:
        """To be called between fork and exec."""
        return _enter_namespace if self.kind == "namespace" else None


def own() -> Account:
    return Account("own", os.geteuid(), os.getegid())


def nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise Unusable("PostgreSQL does not run as root, and this machine has no account `nobody`") from None
    return Account("nobody", entry.pw_uid, entry.pw_gid)


def choose(binary: Path) -> Account:
    """Our own; for root a user namespace, which changes nothing on the machine; where that is forbidden, `nobody`."""
    if os.geteuid() != 0:
        return own()
    inside = Account("namespace", 0, 0)
    return inside if sys.platform == "linux" and runs(inside, binary) else nobody()


def runs(account: Account, binary: Path) -> bool:
    try:
        completed = subprocess.run(  # noqa: S603 - a server's binary that we chose
            [binary, "--version"],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=account.enter(),
            timeout=10,
            cwd="/",
            **account.popen(),  # type: ignore[call-overload]
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return bool(completed.returncode == 0)


def reaches(account: Account, place: Path) -> bool:
    """Every directory above `place` lets that account through."""
    if account.kind != "nobody":
        return True
    return all(parent.stat().st_mode & 0o001 or parent.stat().st_uid == account.uid for parent in place.parents)


def readable(account: Account, install: Path, libraries: Path, spare: Path) -> Path:
    """The installation, or a copy in `spare` where that account may not read the first: its libraries lie beside it."""
    if reaches(account, install / "bin" / "postgres") and runs(account, install / "bin" / "postgres"):
        return install
    copy = spare / install.parent.name / install.name
    if not copy.exists():
        if libraries.exists():
            shutil.copytree(libraries, spare / libraries.name, dirs_exist_ok=True)
        shutil.copytree(install, copy.with_name("copying"), symlinks=True, dirs_exist_ok=True)
        copy.with_name("copying").rename(copy)
    return copy


def give(account: Account, place: Path) -> None:
    if account.kind == "nobody":
        os.chown(place, account.uid, account.gid)


def _enter_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{INSIDE} {gid} 1")
    Path("/proc/self/uid_map").write_text(f"{INSIDE} {uid} 1")
