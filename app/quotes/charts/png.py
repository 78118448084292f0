"""Pictures as PNG. A process of its own draws each, because resvg holds the interpreter's lock while it draws."""

import asyncio
import importlib.util
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROCESS = Path(__file__).with_name("resvg_process.py")
FONTS = tuple(ROOT / "config/fonts" / f"Inter-{style}.otf" for style in ("Regular", "SemiBold"))
AT_ONCE = 2
MOST_WAITING = 20
SECONDS = 15.0

LIGHT = re.compile(r":root\{([^}]*)\}")
COLOUR = re.compile(r"--([\w-]+):([^;}]+)")
USE = re.compile(r"var\(--([\w-]+)\)")
MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")


class PngUnavailable(Exception):
    """The text says why, for whoever requested the picture."""


class PngRenderer:
    """At most AT_ONCE processes draw at a time; others wait for their turn."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def render(self, svg: str, width: int) -> bytes:
        """`width` in pixels; the height follows. The same SVG gives the same bytes. Raises PngUnavailable."""
        if importlib.util.find_spec("resvg_py") is None:
            raise PngUnavailable("PNG cannot be drawn on this server: the package resvg_py is not installed.")
        if self._waiting >= MOST_WAITING:
            raise PngUnavailable("Too many pictures are being drawn. Try again in a moment.")
        self._waiting += 1
        try:
            async with self._turns:
                return await _draw(fixed_colours(svg), width)
        finally:
            self._waiting -= 1


def fixed_colours(svg: str) -> str:
    """The SVG in its light colours: resvg reads neither custom properties nor media queries."""
    light = LIGHT.search(svg)
    colours = dict(COLOUR.findall(light[1])) if light else {}
    return USE.sub(lambda use: colours.get(use[1], "none"), MEDIA.sub("", svg))


async def _draw(svg: str, width: int) -> bytes:
    pipe = asyncio.subprocess.PIPE
    arguments = ["-I", *map(str, (PROCESS, width, *FONTS))]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(SECONDS):
            png, _ = await process.communicate(svg.encode())
    except TimeoutError:
        raise PngUnavailable("The picture could not be drawn in time. Try again in a moment.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise PngUnavailable("The picture could not be drawn.")
    return png
