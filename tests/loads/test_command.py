from pathlib import Path

import asyncpg

from tests.cli.conftest import command
from tests.conftest import Databases
from tests.loads.conftest import checksum, written


async def test_the_shipped_history_is_loaded_by_a_word(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    found = command(tmp_path, "data", "load", "--shipped", TICKSTOCK_ENGINE_DATABASE_URL=databases.engine)

    assert found.returncode == 0, found.stderr
    assert "12,154 of 12,154 rows good, 12,154 new or changed" in found.stdout
    assert (await checksum(link))[0] == 12_154


async def test_refused_rows_are_told_by_file_and_line(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    path = written(tmp_path / "bars.csv", ["A,2012-09-04,1,2,1,1,5", "A,2012-09-05,1,1,2,1,5"])

    found = command(tmp_path, "data", "load", str(path), DATABASE_URL=databases.engine)

    assert found.returncode == 0
    assert "bars.csv:3: high '1' is below low '2'" in found.stderr
    assert "1 of 2 rows good" in found.stdout


def test_a_dry_run_needs_no_database(tmp_path: Path) -> None:
    path = written(tmp_path / "bars.csv", ["A,2012-09-05,1,1,2,1,5"])

    found = command(tmp_path, "data", "load", str(path), "--dry-run", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")

    assert found.returncode == 1
    assert "0 of 1 rows good, nothing stored" in found.stdout


def test_a_database_that_is_away_is_said_in_a_line(tmp_path: Path) -> None:
    path = written(tmp_path / "bars.csv", ["A,2012-09-05,1,2,1,1,5"])

    found = command(tmp_path, "data", "load", str(path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")

    assert found.returncode == 1
    assert found.stderr.splitlines()[-1].startswith("Error: database: ")
