"""Shares one sequence of frames among connections with the same topics, view and rate."""

from collections.abc import Collection

from app.identity import Rate, View
from app.live.connection import StreamConnection
from app.live.frames import Frame, FrameEncoding, FramePart, chunk, wrap
from app.live.gzip_blocks import Chain, SmallChains

LARGE_CHAIN_FROM = 8
"""Connections from which on the larger compression window pays."""

STANDALONE_BLOCKS = 8
"""Standalone blocks per chained connection after which a new chain starts: its first block costs about as much."""


class Audience:
    """Each frame is encoded and compressed once: as a chain for connections that have received it from its start,
    else joined from parts that are compressed once for all audiences."""

    def __init__(self, topics: frozenset[str], view: View, rate: Rate, small_chains: SmallChains | None = None) -> None:
        self.topics, self.view, self.rate = topics, view, rate
        self.position = ""
        """Newest log entry up to which its connections have received everything."""
        self.frames = self.raw_bytes = self.wire_bytes = 0
        self.wrote_at = float("-inf")
        self._plain: set[StreamConnection] = set()
        self._unchained: set[StreamConnection] = set()
        self._chained: set[StreamConnection] = set()
        self._sockets: set[StreamConnection] = set()
        self._chain: Chain | None = None
        self._small_chains = small_chains or SmallChains()
        self._standalone_blocks = 0
        """Standalone blocks sent to connections outside the chain since it started."""
        self.cost_sent_at = self.wrote_at
        """When the last beat with the cost was sent."""
        self._cost = 0.0

    def __len__(self) -> int:
        return len(self._plain) + len(self._unchained) + len(self._chained) + len(self._sockets)

    def add(self, connection: StreamConnection) -> None:
        {FrameEncoding.PLAIN: self._plain, FrameEncoding.GZIP: self._unchained, FrameEncoding.SOCKET: self._sockets}[
            connection.encoding
        ].add(connection)

    def discard(self, connection: StreamConnection) -> None:
        for connections in (self._plain, self._unchained, self._chained, self._sockets):
            connections.discard(connection)
        if not self._chained:
            self._end_chain()

    def send(self, frame: Frame, position: str, now: float) -> None:
        """Sends one frame to every connection. Never awaits, so no connection leaves meanwhile."""
        self.position = position or self.position
        self.wrote_at = now
        self.frames += 1
        before = self.wire_bytes
        # Hot path: a process has a thousand audiences of one connection each.
        if self._plain:
            self._write(self._plain, frame.size, frame.framed)
        if self._unchained or self._chained:
            self._send_compressed(frame)
        if self._sockets and (framed := frame.socket_frame):
            self._write(self._sockets, frame.size, framed)
        self._cost += (self.wire_bytes - before) / max(1, len(self))

    def cost(self, now: float) -> int:
        """Mean bytes per connection since the last call."""
        cost, self._cost, self.cost_sent_at = round(self._cost), 0.0, now
        return cost

    def send_to(self, connection: StreamConnection, parts: list[FramePart]) -> None:
        """Sends to one connection. It leaves the chain, whose compressed bytes must be the same for all."""
        if connection in self._chained:
            self._chained.discard(connection)
            self._unchained.add(connection)
        if body := connection.payload(parts):
            connection.send(wrap(body, connection.encoding))

    def _send_compressed(self, frame: Frame) -> None:
        if self._needs_new_chain():
            self._begin_chain()
        if self._chain:
            self._write(self._chained, frame.size, chunk(self._chain.add(frame.plain)))
        if self._unchained:
            self._standalone_blocks += len(self._unchained)
            self._write(self._unchained, frame.size, frame.framed_block)

    def _needs_new_chain(self) -> bool:
        """Whether a new chain would be smaller for most connections."""
        if self._chain and not self._chain.small and len(self._chained) < LARGE_CHAIN_FROM // 2:
            return True
        return bool(self._unchained) and (
            not self._chained or self._standalone_blocks >= STANDALONE_BLOCKS * len(self._chained)
        )

    def _begin_chain(self) -> None:
        """Starts a chain for all gzip connections, if the limit allows; its first block refers to no other."""
        self._end_chain()
        is_large = len(self._unchained) + len(self._chained) >= LARGE_CHAIN_FROM
        self._chain = Chain(small=False) if is_large else self._small_chains.acquire()
        if self._chain:
            self._chained |= self._unchained
            self._unchained = set()
        elif self._chained:
            self._unchained |= self._chained
            self._chained = set()

    def _end_chain(self) -> None:
        if self._chain and self._chain.small:
            self._small_chains.release()
        self._chain, self._standalone_blocks = None, 0

    def _write(self, connections: Collection[StreamConnection], plain_size: int, framed: bytes) -> None:
        size = len(framed)
        for connection in connections:
            # Hot loop: nothing unnecessary between it and the socket.
            try:
                accepted = connection.write(framed)
            except BlockingIOError:
                accepted = 0
            except OSError:
                accepted = size  # The peer has closed; connection_lost follows.
            if accepted != size:
                connection.queue(framed[accepted:])
        count = len(connections)
        self.raw_bytes += count * plain_size
        self.wire_bytes += count * size
