"""How many streams one person may hold open."""

from collections import Counter

from app.live.hub import Full


class Seats:
    def __init__(self, most: int = 6) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    def take(self, owner: str) -> None:
        if self._taken[owner] >= self._most:
            raise Full
        self._taken[owner] += 1

    def free(self, owner: str) -> None:
        self._taken[owner] -= 1
        if self._taken[owner] <= 0:
            del self._taken[owner]
