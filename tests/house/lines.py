"""Who may come where: one line for every route. tests/security/test_matrix.py tries them all."""

from enum import StrEnum


class Who(StrEnum):
    ALL = "everybody"
    PEOPLE = "who is signed in"
    ADMINS = "administrators who are signed in"
    READ = "who is signed in, and tokens that read"
    WHOLE = "administrators, and tokens that may whatever they may"


LINES: dict[str, Who] = {
    **dict.fromkeys(
        (
            "accounts.login",
            "accounts.logout",
            "accounts.make_first_admin",
            "accounts.sign_in",
            "accounts.welcome",
            "api.openapi",
            "choice.choose",
            "choice.show",
            "door.enter",
            "door.show",
            "health.health",
            "health.ready",
            "invites.accept",
            "invites.show",
            "register.register",
            "register.show",
            "reports.receive",
            "resets.accept",
            "resets.ask",
            "resets.forgot",
            "resets.show",
            "static",
        ),
        Who.ALL,
    ),
    **dict.fromkeys(
        (
            "accounts.account",
            "accounts.change_password",
            "accounts.end_sessions",
            "accounts.list_sessions",
            "accounts.password",
            "confirm.confirm",
            "confirm.show",
            "desk.dashboard",
            "desk.symbol_page",
            "patterns.patterns",
            "quotes.symbols",
            "streams.quotes",
            "streams.stream",
            "tokens.make",
            "tokens.revoke",
            "tokens.token",
            "tokens.tokens",
            "totp.ending",
            "totp.enrol",
            "totp.enrolment",
            "totp.recovery_codes",
            "totp.renew_recovery",
            "totp.show",
            "totp.start",
            "totp.turn_off",
        ),
        Who.PEOPLE,
    ),
    **dict.fromkeys(
        (
            "admin.audit",
            "admin.audit_csv",
            "admin.change",
            "admin.confirm_delete",
            "admin.delete",
            "admin.invite",
            "admin.link",
            "admin.revoke",
            "admin.user",
            "admin.users",
            "admin.wire_page",
            "health.metrics",  # its guard is of its own making: it knows another token too
            "tokens.revoke_of",
            "tokens.tokens_of",
        ),
        Who.ADMINS,
    ),
    **dict.fromkeys(
        (
            "accounts_api.me",
            "indicators_api.indicators",
            "market_api.market",
            "patterns_api.patterns",
            "quotes_api.bars",
            "quotes_api.quote",
            "quotes_api.quotes",
        ),
        Who.READ,
    ),
    "admin_api.audit": Who.WHOLE,
}

OWNED = {"accounts.end_sessions", "tokens.revoke", "tokens.token"}
"""They name a thing of somebody's: to everybody else it is not there."""
