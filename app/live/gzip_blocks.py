"""gzip compression of streams: raw deflate blocks that end on a byte, behind one header that all connections share.

A gzip member is a head and any number of such blocks; browsers want neither its end nor its checksum. The first block
of a compressor looks back at nothing, so it may follow whatever bytes a reader has got so far.
"""

import zlib

HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"

ALONE, SMALL, SHARED = 6, 6, 9
"""How hard to try: the small parts gain nothing from more, a chain that many share an eighth."""

SMALL_WINDOW, SMALL_MEMORY = 15, 5
"""Bits of the window and zlib's memLevel in a chain for few: 144 kB, where the one for many takes 384."""

SMALL_CHAINS = 64
"""Of one process: 9 MB, and a bound for the time that compressing the same for each of them takes."""


def block(plain: bytes) -> bytes:
    """A standalone block: it refers to no block before it, and later blocks do not refer to it."""
    return _compressor_of_blocks.compress(plain) + _compressor_of_blocks.flush(zlib.Z_FULL_FLUSH)


class Chain:
    """Blocks that refer to earlier ones: much smaller, and only for connections that received all since the first."""

    def __init__(self, *, small: bool) -> None:
        self.small = small
        self._compressor = _small_compressor() if small else _compressor(SHARED)

    def add(self, plain: bytes) -> bytes:
        return self._compressor.compress(plain) + self._compressor.flush(zlib.Z_SYNC_FLUSH)


class SmallChains:
    """Limits the chains in use by audiences of few connections."""

    def __init__(self, limit: int = SMALL_CHAINS) -> None:
        self._most = limit
        self._used = 0

    def acquire(self) -> Chain | None:
        """None at the limit: standalone blocks are then compressed once for all audiences."""
        if self._used >= self._most:
            return None
        self._used += 1
        return Chain(small=True)

    def release(self) -> None:
        self._used -= 1


def _compressor(level: int) -> "zlib._Compress":
    return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9)


def _small_compressor() -> "zlib._Compress":
    return zlib.compressobj(SMALL, zlib.DEFLATED, -SMALL_WINDOW, SMALL_MEMORY)


_compressor_of_blocks = _compressor(ALONE)
