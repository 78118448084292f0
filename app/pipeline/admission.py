"""Open streams and the sessions behind them: who is still admitted, who keeps a session alive, and whose ends soon."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from quart import Quart

from app import db, deps, wire
from app.accounts import partials, session
from app.deps import AppContext
from app.live import takeover
from app.live.connection import StreamConnection, notice
from app.live.frames import FrameEncoding, FramePart, end_part
from app.live.hub import Hub
from app.push import Push
from app.web.session_end import SessionEnd
from app.web.times import stamp

WITHIN_SECONDS = 1.5
"""With the time between two looks less than the five in which a session that ended must have lost its streams."""


class Admission:
    """Asks every few seconds, about all open streams at once."""

    def __init__(self, app: Quart) -> None:
        self._app = app
        self._house = deps.house_of(app)
        self._warned: dict[StreamConnection, float] = {}
        """When the session ends, as this reader was told."""

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._house.settings.live.admit_seconds)
            # Redis or PostgreSQL away is no reason to send anybody off.
            with suppress(TimeoutError, wire.Unavailable, db.Unavailable):
                async with asyncio.timeout(WITHIN_SECONDS):
                    await self._check_sessions()
                    await count_elsewhere(self._house)

    async def _check_sessions(self) -> None:
        """An open stream is use of its session: to ask for it here says so."""
        hub = self._house.hub
        self._warned = {reader: self._warned[reader] for reader in hub.connections if reader in self._warned}
        known = {reader.identity for reader in hub.connections if reader.identity}
        async with self._app.app_context():
            admitted = await session.still_admitted(known)
        for reader in hub.connections:
            if reader.identity in known - admitted.keys():
                reader.end("session-ended")
            elif reader.identity in admitted:
                self._warn(hub, reader, session.ending(admitted[reader.identity]))

    def _warn(self, hub: Hub, reader: StreamConnection, ending: SessionEnd) -> None:
        """Once for each end, and not while what is sent is dropped. A socket's page has a stream beside it."""
        if not ending.is_near or reader.lagging or reader.encoding is FrameEncoding.SOCKET:
            return
        if self._warned.get(reader) != ending.ends:
            self._warned[reader] = ending.ends
            reader.audience.send_to(reader, list(_warning(hub, reader, ending)))


def _warning(hub: Hub, reader: StreamConnection, ending: SessionEnd) -> Iterable[FramePart]:
    """The form that keeps this person in, and the sentence that is read out."""
    view = reader.audience.view
    form = Push("session", "session", "replace", lambda view: partials.session(ending, True, view))
    sentence = f"Your session ends at {stamp(ending.ends, view)}. Stay signed in: the form is at the foot of the page."
    return hub.render([form], view), end_part(""), notice(sentence)


async def count_elsewhere(house: AppContext) -> None:
    """Of streams that were opened in two processes at once, those of one are too many. And room that is asked for."""
    elsewhere = await house.crowd.exchange(house.hub.streams_by_user)
    house.hub.elsewhere = {person: other.streams for person, other in elsewhere.items()}
    for person, other in elsewhere.items():
        house.hub.limit_streams(person, house.settings.live.streams_per_user - other.earlier_streams)
    for person in house.crowd.requests & house.hub.streams_by_user.keys():
        if await house.crowd.accept(person):
            takeover.end_oldest(house.hub, person)
