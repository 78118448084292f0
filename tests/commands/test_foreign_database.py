"""What the start reports about the role of an external database."""

from pathlib import Path

import pytest

from app.db import roles
from tests.commands.conftest import RunningCommand
from tests.conftest import Databases
from tests.support.ports import free_port
from tests.support.run_status import status

OWNS = "warning: the role of DATABASE_URL owns the audit and could alter it"
WRITES = "warning: the role that reads the market could write it"
"""What `setup`, which `run` starts, says last."""


@pytest.mark.parametrize(
    ("command", "role", "warned"), [("run", roles.OWNER, True), ("run", roles.OWN, False), ("web", roles.OWNER, True)]
)
def test_the_start_warns_of_a_role_that_owns_the_audit(
    tmp_path: Path, redis_url: str, databases: Databases, command: str, role: str, warned: bool
) -> None:
    port = free_port()
    addresses = {
        "REDIS_URL": redis_url,
        "DATABASE_URL": databases.own.replace(roles.OWN, role),
        "MARKET_DATABASE_URL": databases.engine,
    }
    started = RunningCommand(tmp_path / "data", command, PORT=str(port), **addresses)
    try:
        if command == "run":
            started.until_output(WRITES)
        started.until(lambda: status(port, "/health") == 200, "pages")
    finally:
        assert started.stop() == 0

    assert (OWNS in started.output_text()) is warned
