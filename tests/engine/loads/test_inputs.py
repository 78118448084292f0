"""Files as other programs write them: the exact bars stored of each, and the errors of the rest."""

import tomllib
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.loads.load_source import load_source
from app.engine.loads.sources.files import open_source
from app.engine.loads.sources.source import UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from tests.support.history_server import TODAY

INPUTS = Path(__file__).parent / "inputs"
CASES: list[dict[str, Any]] = tomllib.loads((INPUTS / "outcomes.toml").read_text())["case"]


def case_name(case: dict[str, Any]) -> str:
    return " ".join([case["file"], *(str(case[word]) for word in ("timeframe", "symbol", "dates") if word in case)])


@pytest.mark.parametrize("case", CASES, ids=case_name)
async def test_every_input_file_is_read_correctly_or_refused_with_a_remedy(
    case: dict[str, Any], pool: Pool, link: asyncpg.Connection
) -> None:
    frame = LOAD_TIMEFRAMES[case.get("timeframe", "daily")]
    writer = BarWriter(pool, frame)
    await writer.open()
    source = open_source(INPUTS / case["file"], case.get("symbol"))

    if "unreadable" in case:
        with pytest.raises(UnreadableSource) as refusal:
            await load_source(source, frame, writer, TODAY, order=case.get("dates"))
        assert str(refusal.value) == f"{case['file']}: {case['unreadable']}"
    else:
        outcome = await load_source(source, frame, writer, TODAY, order=case.get("dates"))
        assert [f"{number}: {reason}" for number, reason in outcome.rejections] == case.get("refused", [])

    at = frame.key if frame.dated else f"to_char({frame.key} at time zone 'UTC', 'YYYY-MM-DD HH24:MI')"
    prices = ", ".join(f"trim_scale({name})" for name in ("open", "high", "low", "close"))
    rows = await link.fetch(f"select concat_ws(',', symbol, {at}, {prices}, volume) as bar from {frame.table}")
    assert sorted(row["bar"] for row in rows) == case.get("stored", [])


def test_every_input_file_has_an_expected_outcome() -> None:
    files = {path.name for path in INPUTS.iterdir()} - {"outcomes.toml"}

    assert {case["file"] for case in CASES} == files
