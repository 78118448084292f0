"""What a Markdown file says: its headings, its links, and the code in it."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.M | re.S)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.M)


class Fence(NamedTuple):
    language: str
    text: str


class Markdown(NamedTuple):
    """`inline`: code between backticks; `fences`: blocks of code; `anchors`: of headings, as GitHub makes them."""

    links: tuple[str, ...]
    anchors: frozenset[str]
    inline: tuple[str, ...]
    fences: tuple[Fence, ...]

    @property
    def code(self) -> tuple[str, ...]:
        """Commands and names: inline, and in every block that is not SQL."""
        return (*self.inline, *(fence.text for fence in self.fences if fence.language != "sql"))


@cache
def read(path: Path) -> Markdown:
    text = path.read_text(encoding="utf-8")
    prose = FENCE.sub("", text)
    return Markdown(
        tuple(LINK.findall(INLINE.sub("", prose))),
        frozenset(anchors(prose)),
        tuple(INLINE.findall(prose)),
        tuple(Fence(*fence) for fence in FENCE.findall(text)),
    )


def anchors(prose: str) -> list[str]:
    slugs: list[str] = []
    for heading in HEADING.findall(prose):
        base = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = sum(re.fullmatch(rf"{re.escape(base)}(-\d+)?", other) is not None for other in slugs)
        slugs.append(f"{base}-{count}" if count else base)
    return slugs
