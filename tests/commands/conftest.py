"""Runs commands in processes without settings from the environment of this machine."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
OURS = (
    "REDIS",
    "DATABASE",
    "MARKET",
    "PG",
    "LOG_",
    "WEBSOCKET",
    "TICKSTOCK",
    "SECRET_KEY",
    "PORT",
    "HOST",
    "PUBLIC_URL",
)
T = TypeVar("T")


def environment(data: Path, extra: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**inherited, "DATA_DIR": str(data), **extra}


def command(data: Path, *words: str, standard_input: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=ROOT,
        env=environment(data, extra),
        input=standard_input,
        capture_output=True,
        text=True,
        timeout=60,
    )


class RunningCommand:
    """A command that runs until it is stopped."""

    def __init__(self, data: Path, *words: str, **extra: str) -> None:
        self.output = data.parent / f"{data.name}-{words[0]}.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *words],
                cwd=ROOT,
                env=environment(data, extra),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output_text(self) -> str:
        return self.output.read_text(errors="replace")

    def until(self, look: Callable[[], T | None], what: str, seconds: float = 60) -> T:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output_text()
            if match := look():
                return match
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come within {seconds:g} s:\n{self.output_text()}")

    def until_output(self, words: str) -> None:
        self.until(lambda: words in self.output_text(), repr(words))

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)
