"""Symbols with anything between them: blanks, commas, semicolons, line ends."""

import re

from app.watchlists.formats.contents import ReadEntry, ReadList, WrittenList

BETWEEN = re.compile(r"[\s,;|\"]+")


def recognizes(_text: str) -> bool:
    return True


def read(text: str) -> ReadList:
    return ReadList("", [ReadEntry(token) for token in BETWEEN.split(text) if token], [])


def write(contents: WrittenList) -> str:
    return "".join(f"{entry.symbol}\r\n" for entry in contents.entries)
