"""Describes the browser and system of a session from its User-Agent header."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from app.wire.users.sessions import OpenSession, SessionStart

BROWSERS = (
    ("Edge", re.compile(r"\bEdg(e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(Headless)?(Chrome|CriOS)/")),
    ("Safari", re.compile(r"\bVersion/[\d.]+.* Safari/")),
)
"""In this order, since most browsers also name Chrome and Safari."""

SYSTEMS = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\b(Macintosh|Mac OS X)\b")),
    ("Linux", re.compile(r"\b(Linux|X11)\b")),
)

PROGRAM = re.compile(r"(?!Mozilla/)([A-Za-z][A-Za-z0-9._-]{1,30})(/|$)")
UNKNOWN = "An unknown program"


class Device(NamedTuple):
    """One open session, as its user sees it."""

    session: str
    words: str
    ip: str
    created: float
    idle: float
    """Seconds."""
    renewed: bool
    """It began with a new password."""
    own: bool


def devices(sessions: Sequence[OpenSession], own: str, now: float) -> list[Device]:
    """One's own session comes first."""
    rows = [
        Device(
            each.hash,
            device_name(each.user_agent),
            each.ip,
            each.created,
            max(0.0, now - each.used_at),
            each.start is SessionStart.NEW_PASSWORD,
            each.hash == own,
        )
        for each in sessions
    ]
    return sorted(rows, key=lambda device: not device.own)


def device_name(agent: str) -> str:
    """For example "Firefox on Linux" or "curl". Of the header only plain words are shown."""
    browser = _first(BROWSERS, agent)
    system = _first(SYSTEMS, agent)
    if browser:
        return f"{browser} on {system}" if system else browser
    if program := PROGRAM.match(agent):
        return program[1]
    return f"A browser on {system}" if system else UNKNOWN


def _first(kinds: tuple[tuple[str, re.Pattern[str]], ...], agent: str) -> str:
    return next((name for name, pattern in kinds if pattern.search(agent)), "")
