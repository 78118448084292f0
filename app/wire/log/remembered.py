"""What this process knows to be in the log: a Redis that lost its data is told, so that nothing is logged twice."""

import time
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

from app.wire.log.event_identity import WINDOW_SECONDS, Identity

MOST = 4_000
"""More than another process can hold in its hands when Redis loses what it knew."""

AT_ONCE = 500


class Remembered:
    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._identities: OrderedDict[tuple[str, str], tuple[Identity, float]] = OrderedDict()

    def note(self, identity: Identity) -> None:
        """`identity` as it stands in the log: with the occurrence that all processes agree on."""
        key = (identity.name, identity.did)
        self._identities.pop(key, None)
        self._identities[key] = (identity, time.time())
        if len(self._identities) > MOST:
            self._identities.popitem(last=False)

    def batches(self) -> Iterator[tuple[list[str], list[str]]]:
        """Names, and for each of them four arguments."""
        left = iter(list(self._identities.values()))
        while batch := list(islice(left, AT_ONCE)):
            yield [identity.name for identity, _ in batch], [said for each in batch for said in self._said(*each)]

    def _said(self, identity: Identity, noted_at: float) -> tuple[str, str, str, str]:
        seconds = int(WINDOW_SECONDS) if identity.occurrence else self._seconds
        when = identity.did_at or noted_at
        return str(identity.occurrence), identity.did, f"{when:.6f}", str(seconds)
