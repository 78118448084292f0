"""Logs: one line for one event, no secret in it, no control character; and a bounded spool for the database."""

import json
import logging
import logging.handlers
import re
import sys
import threading
import time
import traceback
from collections import deque
from pathlib import Path
from typing import Literal, NamedTuple

Form = Literal["text", "json"]

SPOOLED_AT_MOST = 1000
LONGEST_MESSAGE = 4000
INNATE = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SECRETS = (
    (re.compile(r"://[^/\s@]*@"), "://...@"),
    (re.compile(r"/welcome/[\w.-]+"), "/welcome/..."),
    (
        re.compile(r"\b(\w*(?:password|secret|token|authorization|cookie)\w*[\"']?\s*[=:]\s*)(?:bearer\s+)?\S+", re.I),
        r"\1...",
    ),
)
LIBRARIES = {"alembic": logging.WARNING, "asyncio": logging.WARNING, "hypercorn.access": logging.WARNING}


class LogRecord(NamedTuple):
    """A row of error_logs; `at` in UTC epoch seconds, `context_json` an object."""

    at: float
    severity: str
    source: str
    category: str
    message: str
    component: str
    traceback: str | None
    context_json: str


class Spool(logging.Handler):
    """Holds what is severe enough until the database takes it; when full the oldest goes and is counted."""

    def __init__(self, component: str, severity: str) -> None:
        super().__init__(getattr(logging, severity.upper()))
        self.component = component
        self.dropped = 0
        self._records: deque[LogRecord] = deque()
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        kept = LogRecord(
            at=record.created,
            severity=record.levelname.lower(),
            source="TickStock",
            category=record.name,
            message=said(record),
            component=self.component,
            traceback=cleaned("".join(traceback.format_exception(*record.exc_info)), "\n") if record.exc_info else None,
            context_json=json.dumps(context(record)),
        )
        with self._guard:
            if len(self._records) >= SPOOLED_AT_MOST:
                self._records.popleft()
                self.dropped += 1
            self._records.append(kept)

    def take(self, limit: int = 100) -> list[LogRecord]:
        """The oldest, which are ours no longer; whoever cannot store them gives them back."""
        with self._guard:
            return [self._records.popleft() for _ in range(min(limit, len(self._records)))]

    def give_back(self, records: list[LogRecord]) -> None:
        with self._guard:
            room = SPOOLED_AT_MOST - len(self._records)
            self.dropped += max(0, len(records) - room)
            self._records.extendleft(reversed(records[len(records) - room :] if len(records) > room else records))


class Line(logging.Formatter):
    def __init__(self, component: str) -> None:
        super().__init__()
        self.component = component

    def format(self, record: logging.LogRecord) -> str:
        pairs = "".join(f" {key}={value}" for key, value in context(record).items())
        failure = f" | {failed(record)}" if record.exc_info else ""
        place = f"{self.component} {record.name}"
        return f"{moment(record)} {record.levelname.lower()} {place}: {said(record)}{pairs}{failure}"


class Object(Line):
    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": moment(record),
            "severity": record.levelname.lower(),
            "component": self.component,
            "category": record.name,
            "message": said(record),
            **({"failure": failed(record)} if record.exc_info else {}),
        }
        return json.dumps(context(record) | told)


def configure(
    component: str,
    *,
    level: str = "info",
    form: Form = "text",
    file: Path | None = None,
    file_max_size: int = 10_485_760,
    file_backup_count: int = 5,
    db_severity: str | None = None,
) -> Spool | None:
    """To the terminal always; each process has its own file, since two cannot rotate one."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        own = file.with_name(f"{file.stem}.{component}{file.suffix}")
        own.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(own, maxBytes=file_max_size, backupCount=file_backup_count)
        )
    formatter = Line(component) if form == "text" else Object(component)
    for handler in handlers:
        handler.setFormatter(formatter)
    spool = Spool(component, db_severity) if db_severity else None
    root = logging.getLogger()
    root.handlers[:] = [*handlers, spool] if spool else handlers
    root.setLevel(level.upper())
    for name, quietest in LIBRARIES.items():
        logging.getLogger(name).setLevel(quietest)
    logging.captureWarnings(True)
    return spool


def spool() -> Spool | None:
    """The one that `configure` set up, for whoever drains it."""
    return next((handler for handler in logging.getLogger().handlers if isinstance(handler, Spool)), None)


def cleaned(text: str, keep: str = "") -> str:
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return UNPRINTABLE.sub(lambda found: found[0] if found[0] in keep else repr(found[0])[1:-1], text)


def said(record: logging.LogRecord) -> str:
    return cleaned(record.getMessage())[:LONGEST_MESSAGE]


def context(record: logging.LogRecord) -> dict[str, str]:
    """What was given as `extra`."""
    told = {key: value for key, value in vars(record).items() if key not in INNATE}
    return {key: cleaned(f"{key}={value}").partition("=")[2][:LONGEST_MESSAGE] for key, value in told.items()}


def failed(record: logging.LogRecord) -> str:
    """What was raised and where, innermost first, in one line."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    frames = traceback.extract_tb(error.__traceback__)[::-1][:20]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    return cleaned(f"{type(error).__name__}: {error} at {places}")


def moment(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"
