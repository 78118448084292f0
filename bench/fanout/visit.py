"""One visit to one server: started, opened by N readers, published to in each way, stopped."""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen, TimeoutExpired

import msgspec

from bench.fanout import machine
from bench.fanout.client import Broken, Client, Phase
from bench.fanout.servers import SERVER_LOG, Reading, Server

WARM = 1.0
FIRST, SETTLED = 16, 0.5
"""Readers that come and go before anything is measured: what a server makes once belongs to none of them."""

START_SECONDS = 60.0


class Measured(msgspec.Struct, frozen=True):
    """A phase as the load client measured it, and its cost."""

    phase: Phase
    readers: int
    server_seconds: float
    others_share: float
    """Of one core, spent by anybody else or given away by the host meanwhile."""

    @property
    def deliveries(self) -> int:
        """Messages that reached readers; where most readers are compressed, extrapolated from the inflated ones."""
        return self.phase.marks * self.readers // self.phase.looked_into

    @property
    def microseconds(self) -> float:
        return self.server_seconds / self.deliveries * 1e6

    @property
    def per_second(self) -> float:
        return self.deliveries / self.phase.seconds


class Visit(msgspec.Struct, frozen=True):
    server: str
    readers: int
    open_seconds: float
    open_server_seconds: float
    memory_before: int
    memory_open: int
    memory_after: int
    one: Measured
    eight: Measured
    paced: Measured

    @property
    def others_share(self) -> float:
        return max(phase.others_share for phase in self.phases)

    @property
    def phases(self) -> tuple[Measured, ...]:
        return self.one, self.eight, self.paced

    @property
    def accept_ms(self) -> float:
        return self.open_server_seconds / self.readers * 1e3

    @property
    def memory_kb(self) -> float:
        return (self.memory_open - self.memory_before) / self.readers / 1024

    @property
    def memory_after_kb(self) -> float:
        return (self.memory_after - self.memory_before) / self.readers / 1024


class Costs:
    """The difference between two readings of CPU time and machine use."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._at, self._spent, self._busy = time.monotonic(), self._all(), machine.busy()

    def since(self, phase: Phase, readers: int) -> Measured:
        wall = time.monotonic() - self._at
        spent = [now - before for now, before in zip(self._all(), self._spent, strict=True)]
        busy = machine.busy()
        others = busy.worked - self._busy.worked + busy.stolen - self._busy.stolen - sum(spent)
        return Measured(phase, readers, spent[0], max(0.0, others / wall))

    def _all(self) -> list[float]:
        return [machine.cpu_seconds(pid) for pid in self._pids]


def visit(server: Server, readers: int, seconds: float, program: Path) -> Visit:
    with running(server) as (process, port):
        reading = server.reading(port)
        with connected(program, port, FIRST, reading) as client:
            client.wait_opened()
        time.sleep(SETTLED)
        before, spent = machine.resident(process.pid), machine.cpu_seconds(process.pid)
        with connected(program, port, readers, reading) as client:
            streams = client.wait_opened()
            accepting = machine.cpu_seconds(process.pid) - spent
            if streams.failed:
                raise Broken(f"{server.name}: {streams.failed} of {readers} streams did not open")
            opened_memory = machine.resident(process.pid)
            client.run("closed 8", WARM)

            def measured(command: str) -> Measured:
                costs = Costs(process.pid, client.process.pid)
                return costs.since(_whole(server, client.run(command, seconds)), readers)

            phases = [measured(command) for command in ("closed 1", "closed 8", "open 10")]
            after = machine.resident(process.pid)
    return Visit(server.name, readers, streams.seconds, accepting, before, opened_memory, after, *phases)


def connected(program: Path, port: int, readers: int, reading: Reading) -> Client:
    return Client(program, port, readers, reading.reads, reading.publishes, reading.special, reading.prelude)


@contextmanager
def running(server: Server) -> Iterator[tuple[Popen[bytes], int]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        process = server.start(port, Path(directory))
        try:
            _listening(server, port, process)
            if server.ready:
                server.ready(port, process)
            yield process, port
        except Broken as why:
            log = (Path(directory) / SERVER_LOG).read_text(errors="replace")[-2000:]
            ended = f", and it ended with {process.returncode}" if process.poll() is not None else ""
            raise Broken(f"{why}{ended}\n{log}".strip()) from None
        finally:
            process.terminate()
            with suppress(TimeoutExpired):
                process.wait(10)
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listening(server: Server, port: int, process: Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None or time.monotonic() > until:
            raise Broken(f"{server.name} does not start")
        time.sleep(0.05)


def _whole(server: Server, phase: Phase) -> Phase:
    """Raises Broken if a server lost or repeated a message."""
    missing = phase.messages - phase.complete
    if phase.lost or phase.twice or phase.failed or missing:
        raise Broken(
            f"{server.name}: {phase.lost} lost, {phase.twice} twice, {missing} incomplete, {phase.failed} streams ended"
        )
    return phase
