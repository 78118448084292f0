"""A job's status as its key holds it: a string of JSON, or a hash whose numbers and lists are text."""

from collections.abc import Iterator, Sequence

from app.wire.codec import runs
from app.wire.codec.fields import Fields, Refused, Rejected
from app.wire.codec.text import parse
from app.wire.events.event import JobStatus


def decode_status(job_id: str, held: bytes | Sequence[bytes], read_at: float) -> JobStatus | Rejected:
    """`held`: the string, or the hash as names and values by turns. Never raises."""
    try:
        message = parse(held) if isinstance(held, bytes) else dict(_pairs(held))
        # The key says whose it is, whatever stands inside.
        message["job_id"] = job_id
        return runs.JOB.read(Fields.opened(message, runs.ENVELOPES, read_at))
    except Refused as refusal:
        return Rejected(refusal.reason)


def _pairs(held: Sequence[bytes]) -> Iterator[tuple[str, object]]:
    texts = iter([item.decode("utf-8", "replace") for item in held])
    return zip(texts, texts, strict=True)
