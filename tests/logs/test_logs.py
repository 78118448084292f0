"""One line for each event, without secrets; errors are spooled for the database."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import logs
from app.logs import SPOOLED_AT_MOST, Form

logger = logging.getLogger("app.part")


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_event_is_one_line_with_its_context(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web", form=form)

    logger.warning("channel %s\nforged \x1b[31m line\u2028", "ticks", extra={"symbol": "BRK.B"})

    (line,) = capsys.readouterr().err.splitlines()
    assert "\x1b" not in line
    assert all(word in line for word in ("warning", "app.part", "web", "channel ticks", "BRK.B"))
    if form == "json":
        assert json.loads(line)["symbol"] == "BRK.B"


def test_a_traceback_stays_on_the_line_of_its_event(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("engine")

    try:
        json.loads("[")
    except ValueError:
        logger.exception("not understood")

    (line,) = capsys.readouterr().err.splitlines()
    assert "JSONDecodeError" in line
    assert "test_a_traceback_stays_on_the_line_of_its_event" in line


def test_secrets_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web")

    logger.error("postgresql://app:hunter2@db/market refused")
    logger.error("GET /welcome/s3cr3t-t0ken, Authorization: Bearer s3cr3t")
    logger.error("sign-in", extra={"password": "hunter2 with spaces", "reset_token": "t0ken"})
    for link in ("invite", "register", "reset"):
        logger.warning("answered 503: Unavailable", extra={"path": f"/{link}/s3cr3t-t0ken"})
        logger.warning("csp violation on %r", f"http://desk.example/login?next=%2F{link}%2Fs3cr3t-t0ken&x=1")

    output = capsys.readouterr().err
    assert not any(secret in output for secret in ("hunter2", "s3cr3t", "t0ken", "spaces"))
    assert len(output.splitlines()) == 9


def test_each_process_has_a_file_of_its_own(tmp_path: Path) -> None:
    logs.configure("ingest", file=tmp_path / "logs" / "tickstock.log")

    logger.info("market open")

    assert "market open" in (tmp_path / "logs" / "tickstock.ingest.log").read_text()


def test_errors_are_spooled_and_the_oldest_are_dropped() -> None:
    spool = logs.configure("web", db_severity="error")
    assert spool is not None
    assert logs.spool() is spool

    logger.warning("not severe enough")
    for number in range(SPOOLED_AT_MOST + 2):
        logger.error("event %d", number, extra={"number": number})

    first, *_ = records = spool.take(SPOOLED_AT_MOST)
    assert (first.message, first.severity, first.category, first.component) == ("event 2", "error", "app.part", "web")
    assert json.loads(first.context_json) == {"number": "2"}
    assert spool.dropped == 2
    spool.give_back(records)
    assert spool.take(1) == [first]


def test_a_frequent_event_is_one_line_a_second_with_a_count_of_the_others(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    often = logs.OncePerSecond(logging.getLogger("often"), lambda: now[0])

    for _ in range(500):
        often.warning("no room", path="/")
    often.error("another")
    now[0] += 1.0
    often.warning("no room", path="/")

    assert [record.message for record in caplog.records] == ["no room", "another", "no room"]
    assert [vars(record).get("omitted") for record in caplog.records] == [None, None, "499"]
