"""gzip for streams that many share: raw deflate blocks that end on a byte, behind one head for everybody.

A gzip member is a head and any number of such blocks; browsers want neither its end nor its checksum. A block that was
flushed fully before it looks back at nothing, so it may follow whatever bytes a reader has got so far.
"""

import zlib

HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
KEY_EVERY = 60
"""Frames from one that may be joined to the next."""

ALONE, CHAINED = 6, 9
"""How hard to try: the small parts gain nothing from more, a chain an eighth, and it is compressed once for all."""


def alone(plain: bytes) -> bytes:
    """A block that needs none before it, and that none after it may look back at."""
    return _alone.compress(plain) + _alone.flush(zlib.Z_FULL_FLUSH)


class Chain:
    """Blocks that look back at those before them: much smaller, and only for who has got them all since a key."""

    def __init__(self, key_every: int = KEY_EVERY) -> None:
        self._compressor = _compressor(CHAINED)
        self._every = key_every
        self._frames = 0

    @property
    def joinable(self) -> bool:
        """Whether the next block looks back at nothing."""
        return self._frames % self._every == 0

    def add(self, plain: bytes) -> bytes:
        self._frames += 1
        mode = zlib.Z_FULL_FLUSH if self.joinable else zlib.Z_SYNC_FLUSH
        return self._compressor.compress(plain) + self._compressor.flush(mode)


def _compressor(level: int) -> "zlib._Compress":
    return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9)


_alone = _compressor(ALONE)
