"""The load client in C: compiled on demand, controlled on stdin, answering in JSON."""

import base64
import os
import select
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import msgspec

from bench.fanout import machine

SOURCE = Path(__file__).resolve().parents[1] / "load" / "load.c"
OPENING_SECONDS = 150.0
CATCHING_UP = 90.0
"""Seconds for what is on its way when a phase is over, on a machine that is busy with something else."""

T = TypeVar("T", bound=msgspec.Struct)


class Broken(Exception):
    """A measurement that is impossible; the message says why in one line."""


class OpenedStreams(msgspec.Struct, frozen=True):
    readers: int
    failed: int
    seconds: float


class Phase(msgspec.Struct, frozen=True):
    """`marks` counts messages at all readers, or at `looked_into` of them where the rest is compressed."""

    phase: str
    pace: float
    seconds: float
    messages: int
    complete: int
    marks: int
    looked_into: int
    lost: int
    twice: int
    failed: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    bytes: int
    reads: int
    uneven_bytes: int
    idle: float
    """Share of the time in which the client looked and nothing was there: near 0, it is the client that limits."""


def compiled(directory: Path) -> Path:
    compiler = next(filter(None, (shutil.which(name) for name in ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise Broken("the load client is written in C, and there is no compiler here (Debian: apt install gcc)")
    program = directory / "load"
    process = subprocess.run([compiler, "-O2", "-o", program, SOURCE, "-lz"], capture_output=True, text=True)
    if process.returncode:
        hint = " (Debian: apt install zlib1g-dev)" if "zlib.h" in process.stderr else ""
        raise Broken(f"the load client does not compile{hint}:\n{process.stderr}")
    return program


def request(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def masked(text: str) -> bytes:
    """A WebSocket text frame of a client with a mask of zeros."""
    return bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text.encode()


def upgrade() -> dict[str, str]:
    key = base64.b64encode(os.urandom(16)).decode()
    return {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}


class Client:
    """`readers` streams on `port`, open while the context is."""

    def __init__(
        self,
        program: Path,
        port: int,
        readers: int,
        requests: Iterable[bytes],
        publishing: bytes = b"",
        special: Sequence[str] = (),
        prelude: bytes = b"",
    ) -> None:
        self._seconds = OPENING_SECONDS
        files = {"requests": b"".join(each + b"\0" for each in requests), "publish": publishing, "prelude": prelude}
        for name, content in files.items():
            (program.parent / name).write_bytes(content)
        extra = [*special, f"w{program.parent / 'prelude'}"] if prelude else special
        publish = program.parent / "publish" if publishing else "-"
        with machine.placed(machine.CLIENT):
            self.process = subprocess.Popen(
                [program, str(port), str(readers), program.parent / "requests", publish, *extra],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        machine.ahead(self.process.pid)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()

    def wait_opened(self) -> OpenedStreams:
        return self._answer(OpenedStreams, OPENING_SECONDS)

    def run(self, command: str, seconds: float) -> Phase:
        self.say(command, seconds)
        return self.read_phase(seconds)

    def say(self, command: str, seconds: float) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{command} {seconds:g}\n".encode())
        self.process.stdin.flush()

    def read_phase(self, seconds: float) -> Phase:
        return self._answer(Phase, seconds + CATCHING_UP)

    def _answer(self, kind: type[T], seconds: float) -> T:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            raise Broken("the load client says nothing")
        if line.startswith(b'{"error"'):
            raise Broken(f"the load client: {msgspec.json.decode(line)['error']}")
        return msgspec.json.decode(line, type=kind)
