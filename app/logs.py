"""Logs: one line for one event, no secret in it, no control character; and a bounded spool for the database."""

import json
import logging
import logging.handlers
import re
import ssl
import sys
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import structlog
from structlog.typing import EventDict, Processor

Form = Literal["text", "json"]
Step = Callable[[Any, str, EventDict], EventDict]

SPOOLED_AT_MOST = 1000
LONGEST_MESSAGE = 4000
CAUSES_AT_MOST = 10
STARTUP_REFUSED = "startup parameter"
"""What PgBouncer says of one that it does not know."""
STARTUP_ADVICE = "take it out of the address, or list it in the pooler's ignore_startup_parameters"
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SECRET = re.compile(r"password|secret|token|authorization|cookie", re.I)
SECRETS = (
    (re.compile(r"://[^/\s@]*@"), "://...@"),
    (re.compile(r"(?:/|%2f)(welcome|invite|register|reset)(?:/|%2f)[\w.-]+", re.I), r"/\1/..."),
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
        event: EventDict = {"event": record.getMessage(), "_record": record}
        for process in CHAIN:
            event = process(None, record.levelname.lower(), event)
        innate = {"_record", "at", "level", "logger", "event"}
        entry = LogRecord(
            at=record.created,
            severity=event["level"],
            source="TickStock",
            category=event["logger"],
            message=event["event"],
            component=self.component,
            traceback=cleaned("".join(traceback.format_exception(*record.exc_info)), "\n") if record.exc_info else None,
            context_json=json.dumps({key: value for key, value in event.items() if key not in innate}),
        )
        with self._guard:
            if len(self._records) >= SPOOLED_AT_MOST:
                self._records.popleft()
                self.dropped += 1
            self._records.append(entry)

    def take(self, limit: int = 100) -> list[LogRecord]:
        """The oldest, which are ours no longer; whoever cannot store them gives them back."""
        with self._guard:
            return [self._records.popleft() for _ in range(min(limit, len(self._records)))]

    def give_back(self, records: list[LogRecord]) -> None:
        with self._guard:
            space = SPOOLED_AT_MOST - len(self._records)
            self.dropped += max(0, len(records) - space)
            self._records.extendleft(reversed(records[len(records) - space :] if len(records) > space else records))


def _add_failure(_: object, __: str, event: EventDict) -> EventDict:
    """What was raised and where, innermost first, in one line."""
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, tuple) and exc_info[1] is not None:
        frames = traceback.extract_tb(exc_info[1].__traceback__)[::-1][:20]
        places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        event["failure"] = f"{type(exc_info[1]).__name__}: {exc_info[1]} at {places}"
    return event


def _clean(_: object, __: str, event: EventDict) -> EventDict:
    return {key: value if key[0] == "_" else _safe_value(key, str(value)) for key, value in event.items()}


def _safe_value(key: str, value: str) -> str:
    return "..." if SECRET.search(key) else cleaned(value)[:LONGEST_MESSAGE]


CHAIN: tuple[Step, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    _add_failure,
    _clean,
)
"""From a record of any library's to what we say of it."""


def lines(component: str, form: Form) -> logging.Formatter:
    def name(_: object, __: str, event: EventDict) -> EventDict:
        return {**event, "component": component}

    text = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False, timestamp_key="at")
    rendered: Processor = text if form == "text" else structlog.processors.JSONRenderer()
    stripped = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*CHAIN, name], processors=[stripped, rendered])


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
    formatter = lines(component, form)
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


class OncePerSecond:
    """Of what happens often: a line a second at most for each message, with how often it was left out before."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger, self._clock = logger, clock
        self._last: dict[str, float] = {}
        self._omitted: Counter[str] = Counter()

    def warning(self, message: str, **extra: str) -> None:
        self._say(logging.WARNING, message, extra)

    def error(self, message: str, **extra: str) -> None:
        self._say(logging.ERROR, message, extra)

    def _say(self, level: int, message: str, extra: dict[str, str]) -> None:
        now = self._clock()
        if now - self._last.get(message, -1.0) < 1.0:
            self._omitted[message] += 1
            return
        self._last[message] = now
        omitted = self._omitted.pop(message, 0)
        self._logger.log(level, message, extra=extra | ({"omitted": str(omitted)} if omitted else {}))


def cause(error: BaseException) -> str:
    """What to call it in a line for people: its name, or what is wrong with a certificate."""
    link: BaseException | None = error
    for _ in range(CAUSES_AT_MOST):
        if isinstance(link, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {link.verify_message}"
        if isinstance(link, ssl.SSLError):
            return f"TLS failed: {link.reason}"
        if STARTUP_REFUSED in str(link):
            return f"{cleaned(str(link))}; {STARTUP_ADVICE}"
        link = link and (link.__cause__ or link.__context__)
    return type(error).__name__.lstrip("_")


def cleaned(text: str, keep: str = "") -> str:
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return UNPRINTABLE.sub(lambda match: match[0] if match[0] in keep else repr(match[0])[1:-1], text)
