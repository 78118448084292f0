"""Room for a page whose person holds as many streams as one may: the oldest of them ends, and does not come back."""

from uuid import UUID

from app.live.frames import Form
from app.live.hub import Hub


def end_oldest(hub: Hub, person: UUID) -> bool:
    """Whether there was one in this process. The page of a stream closes its socket by itself."""
    theirs = [reader for reader in hub.readers if reader.identity and reader.identity.user_id == person]
    oldest = next((reader for reader in theirs if reader.form is not Form.SOCKET), theirs[0] if theirs else None)
    if oldest is None:
        return False
    oldest.end("taken-over")
    return True
