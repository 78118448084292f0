"""Readers of the same topics in the same view at the same rate: they share one sequence of frames."""

from collections.abc import Iterable, Sequence

from app.identity import Rate, View
from app.live.connection import Reader
from app.live.frames import Form, Part, enclosed, payload
from app.live.gzip_blocks import Chain, SmallChains

SHARED_FROM = 8
"""Readers, from which on the larger chain pays."""

OWED_BLOCKS = 8
"""Blocks that stand alone, for each reader of a chain, after which a new chain begins for all: its first block costs
each as much as about so many."""


class Audience:
    """Each frame is framed once for all, and compressed once: in a chain for those who have been in it since it began,
    else joined from parts that were compressed for every audience alike."""

    def __init__(self, topics: frozenset[str], view: View, rate: Rate, small_chains: SmallChains | None = None) -> None:
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
        self._small_chains = small_chains or SmallChains()
        self._owed = 0
        """Blocks that readers apart were sent since the chain began."""
        self.cost_sent_at = self.wrote_at
        """When readers were last told what the stream costs."""
        self._cost = 0.0

    def __len__(self) -> int:
        return len(self._plain) + len(self._apart) + len(self._chained) + len(self._sockets)

    def add(self, reader: Reader) -> None:
        {Form.PLAIN: self._plain, Form.GZIP: self._apart, Form.SOCKET: self._sockets}[reader.form].add(reader)

    def discard(self, reader: Reader) -> None:
        for readers in (self._plain, self._apart, self._chained, self._sockets):
            readers.discard(reader)
        if not self._chained:
            self._end_chain()

    def send(self, parts: Sequence[Part], position: str, now: float) -> None:
        """One frame to everybody. Never waits; nobody leaves meanwhile."""
        self.position = position or self.position
        self.wrote_at = now
        self.frames += 1
        before, readers = self.wire_bytes, len(self)
        plain = payload(parts, Form.PLAIN)
        self._write(self._plain, plain, plain)
        if self._outgrown():
            self._begin_chain()
        if self._chain:
            self._write(self._chained, plain, self._chain.add(plain))
        if self._apart:
            self._owed += len(self._apart)
            self._write(self._apart, plain, payload(parts, Form.GZIP))
        if self._sockets and (bare := payload(parts, Form.SOCKET)):
            self._write(self._sockets, bare, bare, Form.SOCKET)
        self._cost += (self.wire_bytes - before) / max(1, readers)

    def cost(self, now: float) -> int:
        """Bytes that a reader was sent, on average, since this was asked."""
        cost, self._cost, self.cost_sent_at = round(self._cost), 0.0, now
        return cost

    def tell(self, reader: Reader, parts: list[Part]) -> None:
        """For this reader alone. Nobody's chain goes through bytes that others have not got: it goes on apart."""
        if reader in self._chained:
            self._chained.discard(reader)
            self._apart.add(reader)
        if body := reader.payload(parts):
            reader.say(enclosed(body, reader.form))

    def _outgrown(self) -> bool:
        """Whether another chain than the present, or none, is better for most readers."""
        if self._chain and not self._chain.small and len(self._chained) < SHARED_FROM // 2:
            return True
        return bool(self._apart) and (not self._chained or self._owed >= OWED_BLOCKS * len(self._chained))

    def _begin_chain(self) -> None:
        """For all whose blocks are compressed, where there is room for it: its first block looks back at nothing."""
        self._end_chain()
        self._apart |= self._chained
        self._chained = set()
        self._chain = Chain(small=False) if len(self._apart) >= SHARED_FROM else self._small_chains.take()
        if self._chain:
            self._apart, self._chained = self._chained, self._apart

    def _end_chain(self) -> None:
        if self._chain and self._chain.small:
            self._small_chains.give_back()
        self._chain, self._owed = None, 0

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
