"""Database errors in two kinds: the server is away, or the query was impossible."""

import asyncpg


class Unavailable(Exception):
    """The database is away or too slow."""


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
"""Errors of the server or the connection, whatever the query."""

SCHEMA_ERRORS: tuple[type[BaseException], ...] = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
)
"""Tables or privileges differ from those that were inspected."""

RETRYABLE_ERRORS: tuple[type[BaseException], ...] = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Conflicts with another writer: the transaction was rolled back, and a second try may succeed."""

ROW_ERRORS: tuple[type[BaseException], ...] = (ValueError, OverflowError, asyncpg.IntegrityConstraintViolationError)
"""Errors of one row or value (BadValue is a ValueError); the other rows may be stored without it."""

COPY_ERRORS: tuple[type[BaseException], ...] = (asyncpg.UniqueViolationError, asyncpg.FeatureNotSupportedError)
"""Errors of COPY into a table that already has some of the rows or refuses COPY; INSERT may work."""

CONNECT_ERRORS: tuple[type[BaseException], ...] = (*OUTAGE_ERRORS, asyncpg.PostgresError, asyncpg.InterfaceError)
"""While connecting, a refusal counts as an outage."""
