"""What is killed comes back with its data; what is left behind is swept away."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from tests.embedded.conftest import Carrier, alive, within


def back(carrier: Carrier, name: str, before: int) -> int:
    def look() -> int | None:
        pid = carrier.pids.get(name)
        return pid if pid not in {None, before} and f"{name} is back (pid {pid})" in carrier.read_output() else None

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


def test_a_killed_valkey_comes_back_on_its_socket_with_its_data(carrier: Carrier) -> None:
    redis = Redis.from_url(carrier.redis_url)
    redis.set("kept", "yes")
    within(30, lambda: redis.info("persistence")["aof_pending_bio_fsync"] == 0, "the file on disk")
    before = carrier.pids["valkey"]

    os.kill(before, signal.SIGKILL)
    back(carrier, "valkey", before)

    assert redis.get("kept") == b"yes"


async def test_a_killed_postgres_comes_back_though_a_backend_lives_on(carrier: Carrier) -> None:
    watching, working = [await asyncpg.connect(carrier.database_url) for _ in range(2)]
    await watching.execute("create table kept as select 7 as n")
    busy = asyncio.create_task(working.fetchval("select count(*) from generate_series(1, 100000000000)"))
    working_now = "select 1 from pg_stat_activity where pid = $1 and state = 'active'"
    while not await watching.fetchval(working_now, working.get_server_pid()):
        await asyncio.sleep(0.01)
    before = carrier.pids["postgres"]

    os.kill(before, signal.SIGKILL)
    back(carrier, "postgres", before)

    again = await asyncpg.connect(carrier.database_url)
    assert await again.fetchval("select n from kept") == 7
    await again.close()
    with pytest.raises((asyncpg.PostgresError, OSError, asyncpg.InterfaceError)):
        await busy


def test_a_killed_worker_is_restarted_and_reported(carrier: Carrier) -> None:
    before = carrier.pids["worker"]

    os.kill(before, signal.SIGKILL)
    back(carrier, "worker", before)

    assert "worker ended (signal 9); starting it again in " in carrier.read_output()


def test_killing_the_supervisor_leaves_no_process_and_the_next_one_starts(carrier: Carrier) -> None:
    lines = carrier.report()
    Redis.from_url(carrier.redis_url).set("kept", "yes")

    carrier.process.kill()
    carrier.process.wait()

    within(30, lambda: not any(alive(pid) for pid in lines["pids"].values()), "the end of its children")
    within(30, lambda: not below(lines["sockets"]), "the end of their children")
    carrier.start()
    carrier.wait_ready()
    assert Redis.from_url(carrier.redis_url).get("kept") == b"yes"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_requested_stop_leaves_no_process_and_no_error(carrier: Carrier, number: signal.Signals) -> None:
    lines = carrier.report()

    carrier.process.send_signal(number)

    assert carrier.process.wait(30) == 0
    assert below(lines["sockets"]) == []
    assert "database system is shut down" in (carrier.data / "postgres.log").read_text()


def test_a_second_supervisor_on_the_same_data_is_refused_and_harms_nothing(carrier: Carrier) -> None:
    alias = carrier.data.with_name("alias")
    alias.symlink_to(carrier.data)

    second = Carrier(alias)

    assert second.process.wait(30) == 1
    assert f"already running here (pid {carrier.process.pid}); data in {carrier.data}" in second.read_output()
    assert Redis.from_url(carrier.redis_url).ping()


def test_stale_files_after_a_power_loss_do_not_prevent_the_start(carrier: Carrier) -> None:
    sockets = Path(carrier.report()["sockets"])
    carrier.stop()
    sockets.mkdir(exist_ok=True)
    (sockets / "postgres").mkdir(exist_ok=True)
    (sockets / "valkey.sock").write_text("")
    (sockets / "postgres" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    # The number in the file is another program's by now, as after a container was started anew.
    (carrier.data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{carrier.data / 'postgres'}\n")

    carrier.start()

    carrier.wait_ready()
