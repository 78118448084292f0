"""Parts of example payloads: times, envelopes, rows."""

from datetime import UTC, datetime
from typing import Any

from app.wire.channels import Meaning

Variant = tuple[Meaning, dict[str, object], type, dict[str, Any]]
"""The channel's meaning, the message, and what is understood of it."""

AT = datetime(2025, 10, 6, 14, 31, tzinfo=UTC).timestamp()
ISO = "2025-10-06T14:31:00Z"
OFFSET = "2025-10-06T10:31:00-04:00"
ARRIVED = AT + 2.5


def enveloped(event: str, **payload: object) -> dict[str, object]:
    return {"event": event, "timestamp": ISO, "source": "TickStockPL", "version": "1.0", "payload": payload}


def monitored(event: str, **fields: object) -> dict[str, object]:
    return {"event_type": event, "timestamp": ISO, "source": "TickStockPL", **fields}
