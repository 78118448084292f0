"""`tickstock run` with the embedded servers."""

import asyncio
import json
import os
import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from tests.commands.conftest import RunningCommand, command
from tests.embedded.conftest import alive, within
from tests.support.folders import NewFolder
from tests.support.ports import free_port
from tests.support.run_status import status

PASSWORD = "trades on a train with one bar"


class Desk:
    def __init__(self, data: Path, port: int, **extra: str) -> None:
        self.data = data
        self.port = port
        self.started = RunningCommand(data, "run", PORT=str(port), INGEST="off", **extra)
        self.started.until_output("TickStock is at")

    def run_json(self) -> dict[str, Any]:
        run_file: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return run_file


@pytest.fixture(scope="module")
def desk(new_folder: NewFolder) -> Iterator[Desk]:
    running = Desk(new_folder("run") / "data", free_port())
    try:
        yield running
    finally:
        assert running.started.stop() == 0
        assert not (running.data / "run.json").exists()


def test_run_prints_its_address_and_the_setup_link(desk: Desk) -> None:
    desk.started.until_output("/welcome/")

    assert f"TickStock is at http://127.0.0.1:{desk.port}" in desk.started.output_text()
    assert status(desk.port, "/health") == 200
    assert re.search(rf"once: http://127\.0\.0\.1:{desk.port}/welcome/\S+\n", desk.started.output_text())


def test_run_json_is_private_and_has_all_addresses(desk: Desk) -> None:
    desk.started.until(lambda: desk.run_json()["pids"]["engine"], "the engine's pid")
    addresses = desk.run_json()

    assert stat.S_IMODE((desk.data / "run.json").stat().st_mode) == 0o600
    assert addresses["url"] == f"http://127.0.0.1:{desk.port}"
    assert set(addresses["pids"]) == {"web", "ingest", "engine"}
    assert addresses["pids"]["ingest"] is None
    assert alive(addresses["pids"]["web"])


def test_each_process_has_a_redis_user_with_only_the_rights_it_needs(desk: Desk) -> None:
    desk.started.until(lambda: desk.run_json()["pids"]["engine"], "the engine's pid")
    addresses = desk.run_json()
    web, engine, operator = (
        Redis.from_url(addresses[name]) for name in ("redis_url", "engine_redis_url", "operator_redis_url")
    )
    users = {line["user"] for line in operator.client_list() if line["name"] == "tickstock"}
    denied = {entry["object"] for entry in operator.acl_log()}

    assert users == {"web", "engine"}
    assert denied == set()
    with pytest.raises(NoPermissionError):
        web.publish("tickstock.events.patterns", "forged")
    with pytest.raises(NoPermissionError):
        engine.keys()
    with pytest.raises(AuthenticationError):
        Redis.from_url(addresses["redis_url"].replace("web:", "web:x")).ping()
    assert stat.S_IMODE((desk.data / "valkey-users.acl").stat().st_mode) == 0o600


def test_the_market_database_role_cannot_write(desk: Desk) -> None:
    async def write() -> None:
        link = await asyncpg.connect(desk.run_json()["market_database_url"])
        try:
            await link.execute("create table mine (n int)")
        finally:
            await link.close()

    with pytest.raises(asyncpg.PostgresError):
        asyncio.run(write())


def test_a_killed_process_is_started_again_and_the_file_says_so(desk: Desk) -> None:
    before = desk.run_json()["pids"]["web"]

    os.kill(before, signal.SIGKILL)

    after = desk.started.until(lambda: desk.run_json()["pids"]["web"] not in {None, before}, "another web")
    assert after
    desk.started.until(lambda: status(desk.port, "/health") == 200, "pages")
    assert "web ended (signal 9); starting it again in " in desk.started.output_text()


def test_a_second_run_on_the_same_data_directory_is_refused(desk: Desk) -> None:
    done = command(desk.data, "run", PORT=str(free_port()))

    assert done.returncode == 1
    assert done.stderr == (
        f"Error: already running here (pid {desk.started.process.pid}); data in {desk.data};"
        f" the desk is at http://127.0.0.1:{desk.port}\n"
    )


def test_a_second_web_finds_the_servers_that_run_here(desk: Desk) -> None:
    port = free_port()
    second = RunningCommand(desk.data, "web", PORT=str(port))
    try:
        second.until(lambda: status(port, "/health") == 200, "pages")
        second.until(lambda: status(port, "/ready") == 200, "readiness")
    finally:
        assert second.stop() == 0


def test_accounts_can_be_created_beside_a_running_desk(desk: Desk) -> None:
    created = command(
        desk.data, "admin", "create-user", "bob@example.org", "--password-stdin", standard_input=f"{PASSWORD}\n"
    )
    again = command(
        desk.data, "admin", "create-user", "bob@example.org", "--password-stdin", standard_input=f"{PASSWORD}\n"
    )

    assert (created.returncode, created.stderr) == (0, "")
    assert (again.returncode, again.stderr) == (1, "Error: bob@example.org already has an account\n")


def test_accounts_can_be_created_while_nothing_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"

    absent = command(data, "admin", "list")
    weak = command(data, "admin", "create-user", "alice@example.org", "--password-stdin", standard_input="short\n")
    created = command(
        data,
        "admin",
        "create-user",
        "alice@example.org",
        "--role",
        "admin",
        "--password-stdin",
        standard_input=f"{PASSWORD}\n",
    )

    listed = command(data, "admin", "list")

    assert (absent.returncode, absent.stdout) == (1, "")
    assert absent.stderr.startswith(f"Error: there is no database in {data}: set DATA_DIR to ")
    assert weak.returncode == 1
    assert weak.stderr.startswith("Error: password: ")
    beginning = f"no desk runs on {data} and DATABASE_URL is not set:"
    assert (created.returncode, created.stderr) == (0, f"{beginning} making a PostgreSQL there for this command\n")
    assert listed.stderr == f"{beginning} starting its PostgreSQL for this command\n"
    assert listed.stdout == "alice@example.org  admin\n"
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_an_account_can_be_reset_beside_a_running_desk(desk: Desk) -> None:
    command(desk.data, "admin", "create-user", "carol@example.org", "--password-stdin", standard_input=f"{PASSWORD}\n")

    listed = command(desk.data, "admin", "list")
    reset = command(desk.data, "admin", "reset-password", "Carol@example.org", PORT=str(desk.port))
    totp_removal = command(desk.data, "admin", "remove-totp", "carol@example.org")
    unknown = command(desk.data, "admin", "reset-password", "nobody@example.org")

    assert "carol@example.org  user" in listed.stdout.splitlines()
    link = re.search(
        r"works once, for 24 hours: http://127\.0\.0\.1:\d+(/reset/[A-Za-z0-9_-]{43})$", reset.stdout.strip()
    )
    assert link, reset.stderr
    assert status(desk.port, link[1]) == 200
    assert totp_removal.stdout == "carol@example.org was asked for no codes\n"
    assert (unknown.returncode, unknown.stderr) == (1, "Error: nobody@example.org has no account\n")


def test_killing_run_leaves_no_process(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", free_port())
    desk.started.until(lambda: desk.run_json()["pids"]["engine"], "the engine's pid")
    pids = [pid for pid in desk.run_json()["pids"].values() if pid]

    desk.started.process.kill()
    desk.started.process.wait()

    within(30, lambda: not any(alive(pid) for pid in pids), "the end of its processes")
    assert status(desk.port, "/health") == 0
    again = Desk(tmp_path / "data", desk.port, ENGINE="off")
    assert again.started.stop() == 0
