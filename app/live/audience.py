"""Readers of the same topics in the same view at the same rate: they share one sequence of frames."""

from collections.abc import Iterable, Sequence

from app.identity import Rate, View
from app.live.coding import Chain
from app.live.frames import Form, Part, enclosed, payload
from app.live.reader import Reader

SHARED_FROM = 8
"""Readers, from which on a chain of blocks of their own pays."""


class Audience:
    """Each frame is framed once for all, and compressed once: in a chain for those who have been in it since a key,
    else joined from parts that were compressed for every audience alike."""

    def __init__(self, topics: frozenset[str], view: View, rate: Rate) -> None:
        self.topics, self.view, self.rate = topics, view, rate
        self.position = ""
        """The newest log entry that its readers lack nothing before."""
        self.frames = self.raw_bytes = self.wire_bytes = 0
        self.wrote_at = float("-inf")
        self._plain: set[Reader] = set()
        self._apart: set[Reader] = set()
        self._chained: set[Reader] = set()
        self._sockets: set[Reader] = set()
        self._chain: Chain | None = None

    def __len__(self) -> int:
        return len(self._plain) + len(self._apart) + len(self._chained) + len(self._sockets)

    def add(self, reader: Reader) -> None:
        {Form.PLAIN: self._plain, Form.GZIP: self._apart, Form.SOCKET: self._sockets}[reader.form].add(reader)

    def discard(self, reader: Reader) -> None:
        for readers in (self._plain, self._apart, self._chained, self._sockets):
            readers.discard(reader)

    def send(self, parts: Sequence[Part], position: str, now: float) -> None:
        """One frame to everybody. Never waits; nobody leaves meanwhile."""
        self.position = position or self.position
        self.wrote_at = now
        self.frames += 1
        plain = payload(parts, Form.PLAIN)
        self._write(self._plain, plain, plain)
        coded = len(self._apart) + len(self._chained)
        if self._chain is None and coded >= SHARED_FROM:
            self._chain = Chain()
        if self._chain and self._chain.joinable:
            self._join_or_part(coded)
        if self._chain:
            self._write(self._chained, plain, self._chain.add(plain))
        if self._apart:
            self._write(self._apart, plain, payload(parts, Form.GZIP))
        if self._sockets and (bare := payload(parts, Form.SOCKET)):
            self._write(self._sockets, bare, bare, Form.SOCKET)

    def tell(self, reader: Reader, parts: list[Part]) -> None:
        """For this reader alone. Nobody's chain goes through bytes that others have not got: it goes on apart."""
        if reader in self._chained:
            self._chained.discard(reader)
            self._apart.add(reader)
        if body := reader.payload(parts):
            reader.say(enclosed(body, reader.form))

    def _join_or_part(self, coded: int) -> None:
        """Only here, where the next block looks back at nothing."""
        if coded >= SHARED_FROM // 2:
            self._chained |= self._apart
            self._apart = set()
        else:
            self._apart |= self._chained
            self._chained = set()
            self._chain = None

    def _write(self, readers: Iterable[Reader], plain: bytes, body: bytes, form: Form = Form.PLAIN) -> None:
        if not readers:
            return
        framed = enclosed(body, form)
        size, count = len(framed), 0
        for reader in readers:
            # Here is where the time goes: nothing stands between the loop and the socket that need not.
            try:
                taken = reader.write(framed)
            except BlockingIOError:
                taken = 0
            except OSError:
                taken = size  # It has gone, and will be told so.
            if taken != size:
                reader.queue(framed[taken:])
            count += 1
        self.raw_bytes += count * len(plain)
        self.wire_bytes += count * size
