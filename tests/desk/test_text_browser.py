"""What a text browser prints: it applies no style and no `hidden`."""

import os
import re
import shutil
import subprocess

import pytest

from app.quotes.board import QuoteBoard
from tests.pipeline.conftest import Desk
from tests.support.desk_pages import administrators_page, page
from tests.support.quote_samples import tick
from tests.support.waiting import until


def text_of(html: str) -> str:
    program = shutil.which("w3m")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no w3m on this machine")
    process = subprocess.run(
        [program, "-dump", "-cols", "160", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8"],
        input=html.encode(), capture_output=True, check=True, timeout=20,
    )  # fmt: skip
    return process.stdout.decode()


async def test_a_text_browser_separates_words_and_prints_no_hidden_state(desk: Desk) -> None:
    board = desk.context.boards[QuoteBoard]
    assert isinstance(board, QuoteBoard)
    await desk.publish(tick("BRK.B", 150.25))
    await until(lambda: (quote := board.quote("BRK.B")) and quote.price == 150.25)

    reader, administrator = text_of(await page(desk, "/")), text_of(await administrators_page(desk))
    symbol = text_of(await page(desk, "/s/BRK.B"))

    assert re.search(r"BRK\.B .* 150\.25 +\S+ +\S+%", reader)
    for text in (reader, administrator, symbol):
        assert re.findall(r"Resume|reconnecting|stale|offline|Take over|(?:None detected|No pattern)", text) == []
        assert len(re.findall(r"Start (?:the|a) feed|does not answer|Start the engine", text)) <= 1
        assert re.search(r"(?:no feed|feed silent|closed|live|partial|starting|delayed) when loaded: reload", text)
        assert re.findall(r"[a-z][A-Z][a-z]+|%[+\d]|\d[A-Z][a-z]", re.sub(r"TickStock", "", text)) == []
    assert "Hammer" in symbol
