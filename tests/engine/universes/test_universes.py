import csv
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.engine.universes import queries, values
from app.engine.universes.resolve import UnknownUniverse, resolve_members
from app.engine.universes.universe import BOTH, ETFS, STOCKS, THEMES, Universe
from tests.commands.conftest import command
from tests.conftest import Databases

UNIVERSES = [
    Universe(STOCKS, "market_leaders", "top_50", ("AAPL", "MSFT")),
    Universe(STOCKS, "sector_leaders", "top_10", ("XOM",)),
    Universe(STOCKS, "market_cap", "top_10", ("NVDA",)),
    Universe(ETFS, "themes", "growth", ("VUG", "IWF")),
    Universe(ETFS, "holdings", "SPY", ("AAPL", "JPM")),
    Universe(BOTH, "stock_etf_test", "combo_test", ("AAPL", "VUG")),
    Universe(THEMES, "ai", "list", ("NVDA", "AMD")),
]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"stocks": [{"ticker": "AAPL"}, {"ticker": " MSFT "}], "count": 2}, ("AAPL", "MSFT")),
        ({"etfs": [{"ticker": "SPY"}, {"ticker": "SPY"}]}, ("SPY",)),
        (["AAPL", "BRK.B"], ("AAPL", "BRK.B")),
        ([{"symbol": "AAPL"}, {"name": "no symbol"}, None, 7, "", "X" * 21, "A\n"], ("AAPL", "A")),
        (["BCPC", "BCpC", "../X", "A B", "M&M.NS"], ("BCPC", "BCpC", "M&M.NS")),
        ({"count": 5}, ()),
        ({"stocks": "AAPL"}, ()),
        ("AAPL", ()),
        (None, ()),
    ],
    ids=["objects", "twice", "plain", "noise", "odd symbols", "count", "text-inside", "text", "null"],
)
def test_members_are_read_in_every_notation(value: Any, expected: tuple[str, ...]) -> None:
    assert values.members(value) == expected


@pytest.mark.parametrize("kind", [STOCKS, ETFS])
def test_a_written_universe_can_be_read_again(kind: str) -> None:
    entry = values.entry_value(kind, ("AAPL", "BRK.B"))

    assert entry["count"] == 2
    assert values.members(entry) == ("AAPL", "BRK.B")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("market_leaders:top_50", ("AAPL", "MSFT")),
        ("Market_Leaders_Top_50", ("AAPL", "MSFT")),
        ("etf_growth", ("VUG", "IWF")),
        ("stock_etf_test:combo_test", ("AAPL", "VUG")),
        ("theme_ai", ("NVDA", "AMD")),
        ("SPY:growth:top_50", ("AAPL", "JPM", "VUG", "IWF", "MSFT")),
        ("market_cap:top_10", ("NVDA",)),
    ],
)
def test_a_universe_is_found_by_every_alias(word: str, expected: tuple[str, ...]) -> None:
    assert resolve_members(word, UNIVERSES) == expected


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("etf_grwth", "did you mean etf_growth?"),
        ("growth:", "no universe is called 'growth:'"),
        ("top_10", "'top_10' may be sector_leaders:top_10 or market_cap:top_10"),
    ],
)
def test_an_unknown_or_ambiguous_universe_name_is_refused(word: str, message: str) -> None:
    with pytest.raises(UnknownUniverse, match=message.replace("?", r"\?")):
        resolve_members(word, UNIVERSES)


async def test_former_members_are_stored_with_their_period(link: asyncpg.Connection) -> None:
    days = [date(2024, 1, 2), date(2024, 2, 1), date(2024, 2, 1), date(2024, 3, 1)]
    lists = [("A", "B"), ("B", "C", "D"), ("B", "C"), ("A", "C")]

    for day, members in zip(days, lists, strict=True):
        async with link.transaction():
            await queries.put(link, Universe(STOCKS, "own", "list", members), day)

    (universe,) = await queries.all_of(link)
    assert universe.members == ("A", "C")
    on = [await queries.members_on(link, "own:list", day) for day in (date(2024, 1, 1), *days[1:], date(2025, 1, 1))]
    assert on == [[], ["B", "C"], ["B", "C"], ["A", "C"], ["A", "C"]]
    assert [(each.symbol, each.since, each.until) for each in await queries.history(link, "own:list")] == [
        ("A", days[0], days[1]),
        ("B", days[0], days[3]),
        ("C", days[1], None),
        ("A", days[3], None),
    ]


async def test_a_market_without_valid_entries_has_no_universe(link: asyncpg.Connection) -> None:
    await link.execute(
        "insert into cache_entries (type, name, key, value, environment) values"
        " ('stock_universe', 'a', 'b', '7', 'x'), ('app_settings', 'a', 'b', '[\"A\"]', 'x')"
    )
    assert await queries.all_of(link) == []

    await link.execute("drop table cache_entries")
    assert await queries.all_of(link) == []


def test_the_seven_shipped_themes_have_a_date() -> None:
    files = sorted(Path("config/universes").glob("etf-*.csv"))
    themes = {path.stem[4:]: list(csv.DictReader(path.open())) for path in files}

    assert {name: len(rows) for name, rows in themes.items()} == {
        "bonds": 8, "commodities": 8, "growth": 8, "international": 8, "sectors": 10, "technology": 8, "value": 8
    }  # fmt: skip
    for rows in themes.values():
        assert len({row["symbol"] for row in rows}) == len(rows)
        assert all(row["name"] and date.fromisoformat(row["as_of"]) for row in rows)


async def test_commands_import_list_and_export_universes(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    engine = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}
    (tmp_path / "mine.csv").write_text("ticker,note\nAAPL,x\nBRK.B,y\n")
    await link.execute("insert into symbols (symbol, name) values ('AAPL', 'Apple, Inc.')")

    shipped = command(tmp_path, "data", "universes", "import", "--shipped", **engine)
    own = command(tmp_path, "data", "universes", "import", str(tmp_path / "mine.csv"), "--name", "own:mine", **engine)
    listed = command(tmp_path, "data", "universes", "list", **engine)
    export = command(tmp_path, "data", "universes", "export", "own:mine", **engine)
    wrong = command(tmp_path, "data", "universes", "export", "own:mime", **engine)

    assert shipped.returncode == own.returncode == listed.returncode == 0, shipped.stderr + own.stderr
    assert "themes:sectors: 10 members" in shipped.stdout
    assert "own:mine" in listed.stdout
    assert export.stdout == 'symbol,name\nAAPL,"Apple, Inc."\nBRK.B,\n'
    assert wrong.returncode == 1
    assert "did you mean own:mine?" in wrong.stderr
    assert await link.fetchval("select count(*) from universe_members") == 58 + 2


IMPORTED = {
    "screener": ('\ufeffSymbol,Name,Last Sale,Net Change\nBRK/B,"Berkshire, Inc.",$410.1,-1\nBF/A,"Brown",$50,0\n', 2),
    "no header": ("AAPL\nmsft\nBRK.B\n", 3),
    "semicolons": ("Ticker;Company\nBRK-B;Berkshire\nNA;Nano Labs\nTRUE;TrueCar\n", 3),
    "tabs": ("Company\tTicker\nBerkshire, Inc.\tBRK-B\n", 1),
}


@pytest.mark.parametrize(("text", "members"), IMPORTED.values(), ids=IMPORTED)
async def test_lists_are_imported_with_any_delimiter(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path, text: str, members: int
) -> None:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")

    process = command(
        tmp_path, "data", "universes", "import", str(tmp_path / "list.csv"), DATABASE_URL=databases.engine
    )

    assert (process.returncode, process.stdout.strip()) == (0, f"custom:list: {members} members"), process.stderr


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes.fromhex("ff13f7b56ea03905625e1484fd20ddabce954497"),
        b"\x00" * 64,
        b"symbol\n",
        b"Company name\nApple Inc\n",
    ],
    ids=["empty", "binary", "zeros", "header", "no symbols"],
)
def test_a_file_that_is_no_list_of_symbols_is_refused_in_one_line(
    databases: Databases, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "list.csv").write_bytes(content)

    process = command(
        tmp_path, "data", "universes", "import", str(tmp_path / "list.csv"), DATABASE_URL=databases.engine
    )

    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.count("\n") == 1
    assert process.stderr.startswith("Error: list.csv: ")
