"""Checks every few seconds that open streams still have a valid session and may have their topics; warns of its end."""

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
from app.live.topics import Subscription
from app.push import Push
from app.web.session_end import SessionEnd
from app.web.times import stamp

WITHIN_SECONDS = 1.5
"""Timeout of one check. With the interval it stays below the 5 s in which an ended session must lose its streams."""


class Admission:
    """Checks the sessions of all open streams together, every few seconds."""

    def __init__(self, app: Quart) -> None:
        self._app = app
        self._context = deps.context_of(app)
        self._warned: dict[StreamConnection, float] = {}
        """End of the session, as last sent to the connection."""

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._context.settings.live.admit_seconds)
            # An outage of Redis or PostgreSQL ends no stream.
            with suppress(TimeoutError, wire.RedisUnavailable, db.Unavailable):
                async with asyncio.timeout(WITHIN_SECONDS):
                    await self._check_sessions()
                    await self._check_permissions()
                    await count_elsewhere(self._context)

    async def _check_sessions(self) -> None:
        """Ends streams whose session has ended. The check counts as use of the session."""
        hub = self._context.hub
        self._warned = {
            connection: self._warned[connection] for connection in hub.connections if connection in self._warned
        }
        identities = {connection.identity for connection in hub.connections if connection.identity}
        async with self._app.app_context():
            admitted = await session.still_admitted(identities)
        for connection in hub.connections:
            if connection.identity in identities - admitted.keys():
                connection.end("session-ended")
            elif connection.identity in admitted:
                self._warn(hub, connection, session.ending(admitted[connection.identity]))

    async def _check_permissions(self) -> None:
        """Ends streams with a topic that is no longer for their reader; to the reconnecting page it is unknown."""
        hub, topics = self._context.hub, self._context.topics
        restricted = topics.restricted(hub.subscribed_topics)
        subscriptions = {
            connection: {Subscription(connection.identity, topic) for topic in restricted & connection.audience.topics}
            for connection in hub.connections
            if connection.identity and not restricted.isdisjoint(connection.audience.topics)
        }
        permitted = await topics.permitted(frozenset().union(*subscriptions.values()))
        for connection, own in subscriptions.items():
            if not own <= permitted:
                connection.end("not-permitted")

    def _warn(self, hub: Hub, connection: StreamConnection, ending: SessionEnd) -> None:
        """Warns once per end time; not while frames are dropped, nor on a WebSocket, whose page has a stream too."""
        if not ending.is_near or connection.lagging or connection.encoding is FrameEncoding.SOCKET:
            return
        if self._warned.get(connection) != ending.ends:
            self._warned[connection] = ending.ends
            connection.audience.send_to(connection, list(_warning(hub, connection, ending)))


def _warning(hub: Hub, connection: StreamConnection, ending: SessionEnd) -> Iterable[FramePart]:
    """The form that extends the session, and the notice for screen readers."""
    view = connection.audience.view
    form = Push("session", "session", "replace", lambda view: partials.session(ending, True, view))
    sentence = f"Your session ends at {stamp(ending.ends, view)}. Stay signed in: the form is at the foot of the page."
    return hub.render([form], view), end_part(""), notice(sentence)


async def count_elsewhere(context: AppContext) -> None:
    """Enforces the limit of streams per user across processes, and ends streams where a takeover was requested."""
    elsewhere = await context.stream_counts.exchange(context.hub.streams_by_user)
    context.hub.elsewhere = {user_id: other.streams for user_id, other in elsewhere.items()}
    for user_id, other in elsewhere.items():
        context.hub.limit_streams(user_id, context.settings.live.streams_per_user - other.earlier_streams)
    for user_id in context.stream_counts.requests & context.hub.streams_by_user.keys():
        if await context.stream_counts.accept(user_id):
            takeover.end_oldest(context.hub, user_id)
