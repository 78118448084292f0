"""Ends a user's oldest stream to make room for a page that takes over; the ended page does not reconnect."""

from uuid import UUID

from app.live.frames import FrameEncoding
from app.live.hub import Hub


def end_oldest(hub: Hub, user_id: UUID) -> bool:
    """Whether this process had a stream of the user. The page closes its WebSocket by itself."""
    connections = [
        connection for connection in hub.connections if connection.identity and connection.identity.user_id == user_id
    ]
    oldest = next(
        (connection for connection in connections if connection.encoding is not FrameEncoding.SOCKET),
        connections[0] if connections else None,
    )
    if oldest is None:
        return False
    oldest.end("taken-over")
    return True
