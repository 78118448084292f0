"""How a job fares: in its engine's words, whichever type of key holds them, and until then in the outbox'."""

import json
import math
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis

from app.wire.channels import APP_JOB_STATUS_PREFIX, JOB_STATUS_PREFIX
from app.wire.client import reachable
from app.wire.codec.moments import moment
from app.wire.codec.text import clean
from app.wire.outbox import Job, Outbox

MAX_BYTES = 256 * 1024
MAX_LISTED = 5000

# TYPE and value in one step: an engine may put a hash where a string was between two questions.
# The keys are no KEYS: those must be writable, and nobody should let us write here.
_READ = """
local most = tonumber(table.remove(ARGV, 1))
local found = {}
for index, key in ipairs(ARGV) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'string' and redis.call('STRLEN', key) <= most then
    found[index] = redis.call('GET', key)
  elseif kind == 'hash' and redis.call('HLEN', key) <= 100 then
    found[index] = redis.call('HGETALL', key)
  else
    found[index] = ''
  end
end
return found
"""

_SUBMITTED = {
    "waiting": "waiting",
    "delivered": "submitted",
    "lapsed": "lapsed",
    "withdrawn": "cancelled",
}


class JobStatus(NamedTuple):
    """Times are UTC epoch seconds, `progress` is in percent. `told` False: no engine has said a word yet."""

    job_id: str
    status: str
    """The engine's word, in lower case: running, completed, failed …; before it speaks waiting or submitted."""
    progress: float | None
    total: int | None
    processed: int | None
    successful: tuple[str, ...]
    failed: tuple[str, ...]
    current_symbol: str
    message: str
    error: str
    submitted_at: float | None
    started_at: float | None
    completed_at: float | None
    told: bool


class Statuses:
    """Reads only: a status key is its engine's alone."""

    def __init__(self, client: Redis, outbox: Outbox) -> None:
        self._outbox = outbox
        self._read = client.register_script(_READ)

    async def read(self, job_id: str) -> JobStatus | None:
        """None for a job of which neither an engine nor the outbox knows."""
        if not job_id or clean(job_id, 64) != job_id:
            return None
        keys = (JOB_STATUS_PREFIX + job_id, APP_JOB_STATUS_PREFIX + job_id)
        with reachable():
            found: list[Any] = await self._read(args=(MAX_BYTES, *keys))
        ours = await self._outbox.state(job_id)
        for raw in found:
            fields = _fields(raw)
            if fields is not None and (told := _told(job_id, fields, ours)):
                return told
        return _untold(ours) if ours else None


def _fields(raw: Any) -> dict[str, Any] | None:
    """The same fields from a string of JSON and from a hash, whose lists and numbers are text."""
    if isinstance(raw, list):
        names, values = raw[::2], raw[1::2]
        if sum(len(value) for value in values) > MAX_BYTES:
            return None
        return {_text(name): _text(value) for name, value in zip(names, values, strict=True)}
    found = _json(raw)
    return found if isinstance(found, dict) else None


def _told(job_id: str, fields: dict[str, Any], ours: Job | None) -> JobStatus | None:
    status = _line(fields, "status", 32).lower()
    if not status:
        return None
    submitted_at = _time(fields, "submitted_at")
    return JobStatus(
        job_id=job_id,
        status=status,
        progress=_percent(fields),
        total=_count(fields, "total_symbols"),
        processed=_count(fields, "processed_symbols"),
        successful=_listed(fields, "successful_symbols"),
        failed=_listed(fields, "failed_symbols"),
        current_symbol=_line(fields, "current_symbol", 32),
        message=_line(fields, "message", 500),
        error=_line(fields, "error_message", 500),
        submitted_at=ours.submitted_at if ours and submitted_at is None else submitted_at,
        started_at=_time(fields, "started_at"),
        completed_at=_time(fields, "completed_at"),
        told=True,
    )


def _untold(ours: Job) -> JobStatus:
    return JobStatus(
        job_id=ours.id,
        status=_SUBMITTED[ours.state],
        progress=None,
        total=None,
        processed=None,
        successful=(),
        failed=(),
        current_symbol="",
        message="",
        error="",
        submitted_at=ours.submitted_at,
        started_at=None,
        completed_at=None,
        told=False,
    )


def _json(raw: object) -> object:
    try:
        return msgspec.json.decode(raw) if isinstance(raw, bytes) else None
    except (ValueError, RecursionError):
        pass
    try:
        # Python's own engines write NaN, and surrogates as they come.
        return json.loads(_text(raw), parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return None


def _text(raw: object) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _line(fields: dict[str, Any], name: str, most: int) -> str:
    value = fields.get(name)
    return clean(value, most) if isinstance(value, str) else ""


def _number(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number < 1e12 else None


def _count(fields: dict[str, Any], name: str) -> int | None:
    number = _number(fields, name)
    return None if number is None else int(number)


def _percent(fields: dict[str, Any]) -> float | None:
    number = _number(fields, "progress")
    return None if number is None else min(100.0, number)


def _time(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    return moment(value) if value else None


def _listed(fields: dict[str, Any], name: str) -> tuple[str, ...]:
    """A list, or in a hash its JSON, or names with commas between."""
    value = fields.get(name)
    if isinstance(value, str):
        parsed = _json(value.encode("utf-8", "replace"))
        value = parsed if isinstance(parsed, list) else value.split(",")
    if not isinstance(value, list):
        return ()
    names = (clean(item, 32) for item in value[:MAX_LISTED] if isinstance(item, str))
    return tuple(item for item in names if item)
