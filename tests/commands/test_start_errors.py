"""A start that fails says why in one line and starts nothing."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.commands.conftest import ROOT, command


def only_line(done: "subprocess.CompletedProcess[str]") -> str:
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    return line


@pytest.mark.parametrize("process", ["run", "web", "ingest", "engine"])
def test_a_bad_setting_stops_every_process(tmp_path: Path, process: str) -> None:
    done = command(tmp_path, process, TICKSTOCK_REPLAY_SPED="hunter2")

    assert only_line(done) == "Error: TICKSTOCK_REPLAY_SPED: unknown setting (is TICKSTOCK_REPLAY_SPEED meant?)"


def test_a_port_in_use_is_named_before_any_server_starts(tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        done = command(tmp_path / "data", "run", PORT=str(port))

    assert only_line(done) == f"Error: cannot listen on 127.0.0.1:{port} (Address already in use): set PORT or HOST"
    assert not (tmp_path / "data" / "valkey").exists()
    assert not (tmp_path / "data" / "postgres").exists()


@pytest.mark.parametrize(
    ("process", "missing"), [("web", "REDIS_URL"), ("ingest", "REDIS_URL"), ("setup", "REDIS_URL")]
)
def test_a_single_process_names_the_address_that_it_lacks(tmp_path: Path, process: str, missing: str) -> None:
    done = command(tmp_path, process)

    assert only_line(done).startswith(f"Error: {missing} is not set and nothing runs on {tmp_path}: ")


def test_beside_a_redis_the_engine_says_that_it_lacks_a_database(tmp_path: Path) -> None:
    done = command(tmp_path, "engine", REDIS_URL="redis://127.0.0.1:1")

    assert "DATABASE_URL is not set" in only_line(done)


def test_a_misspelt_setting_is_warned_about_once(tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        done = command(tmp_path, "run", PORT=str(port), REDIS_ULR="redis://:hunter2@h")

    assert done.stderr.count("warning: REDIS_ULR: not a setting; REDIS_URL is") == 1
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["run"], ["PORT", "HOST", "DATA_DIR", "REDIS_URL", "DATABASE_URL"]),
        (["web"], ["PORT", "HOST", "DATA_DIR", "REDIS_URL", "DATABASE_URL"]),
        (["ingest"], ["REDIS_URL", "DATA_DIR", "INGEST"]),
        (["engine"], ["DATABASE_URL", "DATA_DIR", "ENGINE"]),
        (["setup"], ["DATABASE_URL"]),
        (["admin"], ["DATABASE_URL", "DATA_DIR"]),
        (["data"], ["MARKET_DATABASE_URL", "DATA_DIR"]),
    ],
    ids=lambda value: value[0],
)
def test_the_help_names_the_settings_for_host_port_and_data(words: list[str], names: list[str]) -> None:
    help_text = CliRunner().invoke(main, [*words, "--help"]).output

    assert [name for name in names if not re.search(rf"\b{name}\b", help_text)] == []


def test_help_and_supervisor_import_no_heavy_packages() -> None:
    heavy = "{'quart', 'redis', 'asyncpg', 'numpy', 'talib', 'sqlalchemy', 'pydantic'}"
    code = f"import sys, app.cli; print({heavy} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == "set()", done.stderr
