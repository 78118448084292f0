"""Identities of recently logged events: a Redis that lost its data gets them back, so nothing is logged twice."""

import time
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

from app.wire.log.event_identity import WINDOW_SECONDS, EventIdentity

MOST = 4_000
"""More than another process can have in flight when Redis loses its data."""

AT_ONCE = 500


class RecentIdentities:
    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._identities: OrderedDict[tuple[str, str], tuple[EventIdentity, float]] = OrderedDict()

    def note(self, identity: EventIdentity) -> None:
        """`identity` as it stands in the log: with the occurrence that all processes agree on."""
        key = (identity.name, identity.transition)
        self._identities.pop(key, None)
        self._identities[key] = (identity, time.time())
        if len(self._identities) > MOST:
            self._identities.popitem(last=False)

    def batches(self) -> Iterator[tuple[list[str], list[str]]]:
        """Names, and for each of them four arguments."""
        left = iter(list(self._identities.values()))
        while batch := list(islice(left, AT_ONCE)):
            yield (
                [identity.name for identity, _ in batch],
                [argument for each in batch for argument in self._arguments(*each)],
            )

    def _arguments(self, identity: EventIdentity, noted_at: float) -> tuple[str, str, str, str]:
        seconds = int(WINDOW_SECONDS) if identity.occurrence else self._seconds
        when = identity.transition_at or noted_at
        return str(identity.occurrence), identity.transition, f"{when:.6f}", str(seconds)
