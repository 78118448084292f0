"""A whole desk as `make run` starts it, in a data directory of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from redis import Redis

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


def within(seconds: float, look: Callable[[], T | None], what: str) -> T:
    """The first truthy answer of `look`, or a failure that names what did not come."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if outcome := look():
            return outcome
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds:g} s")


class Desk:
    """`tickstock run` and what it wrote about itself."""

    def __init__(self, data_dir: Path, port: int, extra: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = port
        self.signed_in = ""
        """Where the cookies of a browser that is signed in are kept."""
        self.output = data_dir / "output.txt"
        data_dir.mkdir(parents=True, exist_ok=True)
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("REDIS", "DATABASE", "PG"))
        }
        self.environment = {
            **inherited,
            "PORT": str(port),
            "HOST": "127.0.0.1",
            "DATA_DIR": str(data_dir),
            "TICKSTOCK_INGEST_PROVIDER": "replay",
            **(extra or {}),
        }
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "app.cli", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def read_output(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_until_ready(self, seconds: float = 120) -> None:
        from urllib.error import URLError
        from urllib.request import urlopen

        def ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(
                    f"tickstock run ended with {self.process.returncode}:\n{self.read_output()[-3000:]}"
                )
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2) as answer:
                    return bool(answer.status == 200)
            except (URLError, OSError):
                return False

        within(seconds, ready, "a ready desk")

    def run_json(self) -> dict[str, Any]:
        settings: dict[str, Any] = json.loads((self.data_dir / "run.json").read_text())
        return settings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sign_in_link(self) -> str:
        def look() -> str | None:
            match = re.search(r"https?://\S+/welcome/\S+", self.read_output())
            return match[0] if match else None

        return within(20, look, "the sign-in link")

    def redis(self) -> "Redis[bytes]":
        return Redis.from_url(self.run_json()["operator_redis_url"])

    def create_user(self, email: str, password: str, role: str = "user") -> None:
        subprocess.run(
            [sys.executable, "-m", "app.cli", "admin", "create-user", email, "--role", role, "--password-stdin"],
            cwd=ROOT,
            env=self.environment,
            input=password.encode(),
            check=True,
            capture_output=True,
            timeout=60,
        )

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)
