"""Killed servers are restarted with their data, and leftovers are removed."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from tests.embedded.conftest import SupervisorProcess, alive, within


def back(supervisor: SupervisorProcess, name: str, before: int) -> int:
    def look() -> int | None:
        pid = supervisor.pids.get(name)
        return pid if pid not in {None, before} and f"{name} is back (pid {pid})" in supervisor.read_output() else None

    return within(60, look, f"a new {name}")


def below(sockets: str) -> list[int]:
    """Every process whose command line carries the mark of these sockets."""
    mark = Path(sockets).name.encode()
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "cmdline").read_bytes():
                    pids.append(int(entry.name))
            except OSError:
                continue
    return pids


def test_a_killed_valkey_comes_back_on_its_socket_with_its_data(supervisor: SupervisorProcess) -> None:
    redis = Redis.from_url(supervisor.redis_url)
    redis.set("kept", "yes")
    within(30, lambda: redis.info("persistence")["aof_pending_bio_fsync"] == 0, "the file on disk")
    before = supervisor.pids["valkey"]

    os.kill(before, signal.SIGKILL)
    back(supervisor, "valkey", before)

    assert redis.get("kept") == b"yes"


async def test_a_killed_postgres_comes_back_though_a_backend_lives_on(supervisor: SupervisorProcess) -> None:
    watching, working = [await asyncpg.connect(supervisor.database_url) for _ in range(2)]
    await watching.execute("create table kept as select 7 as n")
    busy = asyncio.create_task(working.fetchval("select count(*) from generate_series(1, 100000000000)"))
    working_now = "select 1 from pg_stat_activity where pid = $1 and state = 'active'"
    while not await watching.fetchval(working_now, working.get_server_pid()):
        await asyncio.sleep(0.01)
    before = supervisor.pids["postgres"]

    os.kill(before, signal.SIGKILL)
    back(supervisor, "postgres", before)

    again = await asyncpg.connect(supervisor.database_url)
    assert await again.fetchval("select n from kept") == 7
    await again.close()
    with pytest.raises((asyncpg.PostgresError, OSError, asyncpg.InterfaceError)):
        await busy


def test_a_killed_worker_is_restarted_and_reported(supervisor: SupervisorProcess) -> None:
    before = supervisor.pids["worker"]

    os.kill(before, signal.SIGKILL)
    back(supervisor, "worker", before)

    assert "worker ended (signal 9); starting it again in " in supervisor.read_output()


def test_killing_the_supervisor_leaves_no_process_and_the_next_one_starts(supervisor: SupervisorProcess) -> None:
    lines = supervisor.report()
    Redis.from_url(supervisor.redis_url).set("kept", "yes")

    supervisor.process.kill()
    supervisor.process.wait()

    within(30, lambda: not any(alive(pid) for pid in lines["pids"].values()), "the end of its children")
    within(30, lambda: not below(lines["sockets"]), "the end of their children")
    supervisor.start()
    supervisor.wait_ready()
    assert Redis.from_url(supervisor.redis_url).get("kept") == b"yes"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_requested_stop_leaves_no_process_and_no_error(supervisor: SupervisorProcess, number: signal.Signals) -> None:
    lines = supervisor.report()

    supervisor.process.send_signal(number)

    assert supervisor.process.wait(30) == 0
    assert below(lines["sockets"]) == []
    assert "database system is shut down" in (supervisor.data / "postgres.log").read_text()


def test_a_second_supervisor_on_the_same_data_is_refused_and_harms_nothing(supervisor: SupervisorProcess) -> None:
    alias = supervisor.data.with_name("alias")
    alias.symlink_to(supervisor.data)

    second = SupervisorProcess(alias)

    assert second.process.wait(30) == 1
    assert f"already running here (pid {supervisor.process.pid}); data in {supervisor.data}" in second.read_output()
    assert Redis.from_url(supervisor.redis_url).ping()


def test_stale_files_after_a_power_loss_do_not_prevent_the_start(supervisor: SupervisorProcess) -> None:
    sockets = Path(supervisor.report()["sockets"])
    supervisor.stop()
    sockets.mkdir(exist_ok=True)
    (sockets / "postgres").mkdir(exist_ok=True)
    (sockets / "valkey.sock").write_text("")
    (sockets / "postgres" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    # The number in the file is another program's by now, as after a container was started anew.
    (supervisor.data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{supervisor.data / 'postgres'}\n")

    supervisor.start()

    supervisor.wait_ready()
