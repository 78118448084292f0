"""A job's status as its key holds it: a string of JSON, or a hash whose numbers and lists are text."""

from collections.abc import Iterator, Sequence

from app.wire.codec import runs
from app.wire.codec.fields import Fields, Rejected, UnreadableMessage
from app.wire.codec.text import parse
from app.wire.events.event import JobStatus


def decode_status(job_id: str, payload: bytes | Sequence[bytes], read_at: float) -> JobStatus | Rejected:
    """`payload`: the string, or the hash as names and values by turns. Never raises."""
    try:
        message = parse(payload) if isinstance(payload, bytes) else dict(_pairs(payload))
        # The key says whose it is, whatever stands inside.
        message["job_id"] = job_id
        return runs.JOB.read(Fields.open(message, runs.ENVELOPES, read_at))
    except UnreadableMessage as refusal:
        return Rejected(refusal.reason)


def _pairs(pairs: Sequence[bytes]) -> Iterator[tuple[str, object]]:
    texts = iter([item.decode("utf-8", "replace") for item in pairs])
    return zip(texts, texts, strict=True)
