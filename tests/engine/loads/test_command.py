import asyncio
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from app.cli import main
from app.commands.load_provider import ProviderRequest, load_provider
from app.embedded.places import Unusable
from app.settings.load import Settings
from tests.commands.conftest import command
from tests.conftest import Databases
from tests.support.bar_files import checksum, write_csv
from tests.support.history_server import KEY, bar, speaking


async def test_data_load_shipped_loads_the_shipped_history(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    process = command(tmp_path, "data", "load", "--shipped", TICKSTOCK_ENGINE_DATABASE_URL=databases.engine)

    assert process.returncode == 0, process.stderr
    assert "11,544 of 11,544 rows good, 11,544 new or changed" in process.stdout
    assert (await checksum(link))[0] == 11_544
    assert await link.fetchval("select max(date)::text from ohlcv_daily") == "2012-08-31"


async def test_rejected_rows_are_reported_by_file_and_line(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "bars.csv", ["A,2012-09-04,1,2,1,1,5", "A,2012-09-05,1,1,2,1,5"])

    process = command(tmp_path, "data", "load", str(path), DATABASE_URL=databases.engine)

    assert process.returncode == 0
    assert "bars.csv:3: high '1' is below low '2'" in process.stderr
    assert "1 of 2 rows good" in process.stdout


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["stored", "dry"])
def test_a_file_with_a_header_and_no_rows_is_a_failure(
    databases: Databases, tmp_path: Path, dry: tuple[str, ...]
) -> None:
    path = tmp_path / "delisted.csv"
    path.write_text("Date,Open,High,Low,Close,Adj Close,Volume")

    process = command(tmp_path, "data", "load", str(path), "--symbol", "GONE", *dry, DATABASE_URL=databases.engine)

    assert process.returncode == 1
    assert "delisted.csv: holds no row after its header" in process.stderr
    assert "0 of 0 rows good" in process.stdout


def test_a_dry_run_needs_no_database(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "bars.csv", ["A,2012-09-05,1,1,2,1,5"])

    process = command(
        tmp_path, "data", "load", str(path), "--dry-run", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x"
    )

    assert process.returncode == 1
    assert "0 of 1 rows good, nothing stored" in process.stdout


PROVIDER = ("--provider", "massive")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("bars.csv", *PROVIDER, "--symbols", "A"), "or of a --provider: not of both"),
        (("--shipped", *PROVIDER, "--symbols", "A"), "or of a --provider: not of both"),
        (("bars.csv", "--symbols", "A"), "--symbols: for a --provider alone; of FILES everything is loaded"),
        (("bars.csv", "--from", "2024-01-01", "--to", "2024-02-01"), "--from, --to: for a --provider alone"),
        (("--shipped", "--no-reference"), "--no-reference: for a --provider alone"),
        ((*PROVIDER, "--symbol", "A"), "--symbol: for FILES alone"),
        (("bars.csv", "--shipped", "--symbol", "A"), "--symbol: for FILES alone"),
        (("--scenario", "all", "--dates", "mdy"), "--dates: for FILES alone"),
        (("--shipped", "--timeframe", "1min"), "--shipped has daily bars, not 1min"),
        (("--dry-run",), "name a file, or say --shipped, --scenario or --provider"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(
    words: tuple[str, ...], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "bars.csv", ["A,2012-09-05,1,2,1,1,5"])

    result = CliRunner().invoke(main, ["data", "load", *words])

    assert result.exit_code == 2
    assert problem in result.output


async def test_the_options_for_symbol_and_date_order_are_applied(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "bars.csv", ["A,03/05/2024,1,2,1,1,5", "B,03/05/2024,1,2,1,1,5"])
    words = ("data", "load", str(path), "--symbol", "B", "--dates", "dmy")

    result = command(tmp_path, *words, DATABASE_URL=databases.engine)

    assert result.returncode == 0, result.stderr
    assert "1 of 1 rows good, 1 new or changed" in result.stdout
    rows = await link.fetch("select symbol, date::text from ohlcv_daily")
    assert [tuple(row) for row in rows] == [("B", "2024-05-03")]


def test_an_unreachable_database_is_a_one_line_error(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "bars.csv", ["A,2012-09-05,1,2,1,1,5"])

    process = command(tmp_path, "data", "load", str(path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")

    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith("Error: database: ")


MASSIVE = ("data", "load", "--provider", "massive")


async def test_a_provider_load_never_prints_the_key(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(KEY)
    async with speaking() as provider:
        provider.bars["AAPL"] = [bar("2012-09-04", 674.5), bar("2012-09-05", 670.0)]
        environment = {
            "TICKSTOCK_ENGINE_DATABASE_URL": databases.engine,
            "MASSIVE_API_KEY_FILE": str(tmp_path / "key"),
            "TICKSTOCK_MASSIVE_REST_URL": provider.url,
        }
        words = (*MASSIVE, "--symbols", "AAPL,NOPE", "--from", "2012-09-01", "--to", "2012-09-30")

        process = await asyncio.to_thread(command, tmp_path, *words, **environment)

    assert process.returncode == 1
    assert "1 of 2 symbols, 2 bars, 2 new or changed, 0 refused" in process.stdout
    assert "nothing of NOPE" in process.stderr
    assert KEY not in process.stdout + process.stderr
    assert (await checksum(link))[0] == 2


def dry_run_messages(symbols: str, first: date | None = None, *, dry_run: bool = False) -> list[str]:
    """What is said of a load until the end of 2024, where there is no key."""
    lines: list[str] = []
    request = ProviderRequest("massive", symbols, "1min", first, date(2024, 12, 31), dry_run, reference=True)
    load_provider(Settings(), {}, request, lines.append, lines.append)
    return lines


def test_an_estimate_sends_no_request() -> None:
    assert dry_run_messages("A,B", date(2020, 1, 1), dry_run=True) == [
        "2 symbols, 2020-01-01 to 2024-12-31: at most 58 requests, about 11 minutes at 5 a minute;"
        " nothing was asked for or stored"
    ]


@pytest.mark.parametrize(
    ("symbols", "first", "message"),
    [
        ("A", None, "MASSIVE_API_KEY is not set"),
        ("A B", None, "--symbols: 'A B' is no symbol"),
        (",", None, "--symbols: name at least one"),
        ("A", date(2999, 1, 1), "--from: 2999-01-01 lies after"),
    ],
    ids=["key", "symbol", "none", "future"],
)
def test_an_impossible_request_is_a_one_line_error(symbols: str, first: date | None, message: str) -> None:
    with pytest.raises(Unusable, match=message):
        dry_run_messages(symbols, first)
