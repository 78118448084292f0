"""What can go wrong with a database, in two words: it is away, or it was asked for something impossible."""

import asyncpg


class Unavailable(Exception):
    """The database is away, or slower than anybody would wait for."""


class BadValue(ValueError):
    """A value that no column takes: a NUL, a lone surrogate, a number out of range."""


OUTAGE_ERRORS: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""Of the server or the way to it, whatever was asked."""

SCHEMA_ERRORS: tuple[type[BaseException], ...] = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
)
"""The tables are not, or not any more, what they were when they were looked at."""

RETRYABLE_ERRORS: tuple[type[BaseException], ...] = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""With another writer: the server undid the whole transaction, and the same once more may well succeed."""

ROW_ERRORS: tuple[type[BaseException], ...] = (ValueError, OverflowError, asyncpg.IntegrityConstraintViolationError)
"""Of one row or value (BadValue is a ValueError): without it the others may be taken."""

COPY_ERRORS: tuple[type[BaseException], ...] = (asyncpg.UniqueViolationError, asyncpg.FeatureNotSupportedError)
"""By a COPY into a table that has some of these rows, or takes none that way: an INSERT with its conflicts may do."""

CONNECT_ERRORS: tuple[type[BaseException], ...] = (*OUTAGE_ERRORS, asyncpg.PostgresError, asyncpg.InterfaceError)
"""While connecting, a refusal is as good as nobody there."""
