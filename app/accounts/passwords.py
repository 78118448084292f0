"""Hashes passwords with argon2id in two threads, and rejects weak ones."""

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import NamedTuple, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

SHORTEST = 12
LARGEST_BYTES = 1024
AT_ONCE = 2
WAITING = 16
NICENESS = 10
COMMON = Path(__file__).with_name("common-passwords.txt")
RUNS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm")

_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2", initializer=lambda: _lower_priority())
_slots = BoundedSemaphore(AT_ONCE + WAITING)

DUMMY_HASH = f"$argon2id$v=19$m=47104,t=1,p=1${'A' * 22}${'A' * 43}"
"""Verified for an unknown user, so that the answer takes as long as for a known one."""


class Busy(Exception):
    """More sign-ins are waiting than can be checked soon."""


class Verification(NamedTuple):
    right: bool
    outdated: bool
    """The password is right, but hashed with weaker parameters than today's, or not in NFC."""


async def hash_password(password: str) -> str:
    """Hashes the NFC form: keyboards and systems encode the same letters differently."""
    return await _in_a_thread(lambda: _hasher.hash(nfc(password)))


async def verify(password_hash: str | None, password: str) -> Verification:
    """Tries the NFC form, then the text as typed, which older hashes were made of. Raises Busy.

    The time depends only on the typed text, not on the user or on which form is right.
    """
    return await _in_a_thread(lambda: _verification(password_hash, password))


def nfc(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def weakness(password: str, email: str = "") -> str | None:
    """Why it is not accepted, in words for the form; None if it is."""
    password = nfc(password)
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; a few unrelated words do well."
    if len(password.encode("utf-8", "replace")) > LARGEST_BYTES:
        return f"Use at most {LARGEST_BYTES} bytes."
    if _is_guessable(password.casefold(), email.casefold()):
        return "This one is among the first that anybody would try. Use a few unrelated words."
    return None


def _verification(password_hash: str | None, password: str) -> Verification:
    normal = nfc(password)
    right_as_nfc = _is_right(password_hash, normal)
    right_as_typed = _is_right(password_hash, password) if password != normal else False
    if password_hash is None or not (right_as_nfc or right_as_typed):
        return Verification(right=False, outdated=False)
    return Verification(right=True, outdated=not right_as_nfc or _hasher.check_needs_rehash(password_hash))


def _is_right(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or DUMMY_HASH, password)
    except (VerificationError, InvalidHashError):
        return False


async def _in_a_thread(work: Callable[[], T]) -> T:
    if not _slots.acquire(blocking=False):
        raise Busy
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _slots.release()


def _lower_priority() -> None:
    """Hashing threads yield to the event loop. Only Linux has priorities of single threads."""
    with suppress(OSError):
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _is_guessable(password: str, email: str) -> bool:
    core = password.strip("0123456789!?.,-_*#$@ ")
    account = email.partition("@")[0]
    obvious = {"tickstock", *(part for part in (email, account) if len(part) >= 4)}
    return (
        password in _common()
        or core in _common()
        or len(set(password)) <= 3
        or any(part in password and len(password) - len(part) < 6 for part in obvious)
        or _is_a_run(password)
        or _repeats(password)
    )


def _is_a_run(password: str) -> bool:
    return any(password in (row * 8) or password in (row[::-1] * 8) for row in RUNS)


def _repeats(password: str) -> bool:
    """Whether it is one word repeated, such as passwordpassword."""
    return any(
        password == password[:size] * (len(password) // size) and password[:size] in _common()
        for size in range(4, len(password) // 2 + 1)
        if len(password) % size == 0
    )


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text().split())
