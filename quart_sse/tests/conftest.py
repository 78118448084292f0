"""What every test of the package starts from."""

from collections.abc import Iterator

import hypothesis
import pytest

from quart_sse import AppStatus, shutdown

hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _a_server_that_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test does to the process-wide status is undone, and nobody waits half a second for it."""
    monkeypatch.setattr(shutdown, "POLL_SECONDS", 0.02)
    yield
    AppStatus.should_exit, AppStatus.enable_automatic_graceful_drain, AppStatus.original_handler = False, True, None
