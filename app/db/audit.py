"""The audit log (app.audit): what was done by whom, and how it ended. Rows are only ever added."""

from enum import StrEnum

from asyncpg import Connection, Record

from app.identity import Identity


class AuditAction(StrEnum):
    ACCEPT_INVITE = "accept_invite"
    ACCEPT_RESET = "accept_reset"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - no password
    CHANGE_ROLE = "change_role"
    CODES_OFF = "codes_off"
    CODES_ON = "codes_on"
    CONFIRM = "confirm"
    CREATE_USER = "create_user"
    DELETE_USER = "delete_user"
    DISABLE_USER = "disable_user"
    ENABLE_USER = "enable_user"
    END_SESSIONS = "end_sessions"
    EXPORT = "export"
    FIRST_ADMIN = "first_admin"
    FORGOT_PASSWORD = "forgot_password"  # noqa: S105 - no password
    INVITE = "invite"
    MAKE_TOKEN = "make_token"  # noqa: S105 - no password
    NEW_RECOVERY_CODES = "new_recovery_codes"
    REFUSE_REQUEST = "refuse"
    REFUSE_TOKEN = "refuse_token"  # noqa: S105 - no password
    REGISTER = "register"
    REMOVE_CODES = "remove_codes"
    RESET_LINK = "reset_link"
    REVOKE_INVITE = "revoke_invite"
    REVOKE_TOKEN = "revoke_token"  # noqa: S105 - no password
    SIGN_IN = "login"
    SIGN_IN_CODE = "login_code"
    SIGN_OUT = "logout"


SIGN_IN_ACTIONS = [
    AuditAction.SIGN_IN.value,
    AuditAction.FIRST_ADMIN.value,
    AuditAction.ACCEPT_INVITE.value,
    AuditAction.REGISTER.value,
]
"""Actions that begin a session."""


class AuditOutcome(StrEnum):
    OK = "ok"
    DENIED = "refused"
    FAILED = "failed"
    LIMITED = "limited"
    """Too many tries: the request was not carried out."""
    NEEDS_CODE = "needs_code"
    """The password was right; a code is still to be entered."""
    REQUESTED = "asked"
    """An e-mail with a link is sent."""


async def record(
    connection: "Connection[Record]",
    actor: str,
    action: AuditAction,
    outcome: AuditOutcome,
    ip: str,
    detail: str = "",
    session: str = "",
) -> None:
    """`actor`: an e-mail address or "command line"; `session`: the hash of the session or token, if there is one."""
    await connection.execute(
        "insert into app.audit (actor, action, outcome, ip, detail, session) values ($1, $2, $3, $4, $5, $6)",
        actor,
        action.value,
        outcome.value,
        ip,
        detail,
        session,
    )


async def record_by(
    connection: "Connection[Record]",
    who: Identity,
    action: AuditAction,
    outcome: AuditOutcome,
    ip: str,
    detail: str = "",
) -> None:
    """Records an action of a signed-in user or of a token."""
    await record(connection, who.email, action, outcome, ip, detail, who.session)
