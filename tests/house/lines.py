"""Who may come where, and what they are answered there. tests/security/test_matrix.py tries every one."""

from enum import StrEnum
from typing import NamedTuple


class Who(StrEnum):
    ALL = "everybody"
    PEOPLE = "who is signed in"
    ADMINS = "administrators who are signed in"
    READ = "who is signed in, and tokens that read"
    WRITE = "who is signed in, and tokens that change what is their owner's"
    WHOLE = "administrators, and tokens that may whatever they may"


class Line(NamedTuple):
    """`status`: of what is answered to all whom it lets in and who send nothing; OPTIONS is always 200."""

    who: Who
    status: int
    head: int | None = None
    """Where it is another than a GET's."""
    signed_in_status: int | None = None
    """For who is signed in by cookie, where that is another."""


LINES: dict[str, Line] = {
    "accounts.login": Line(Who.ALL, 200, signed_in_status=303),
    "accounts.logout": Line(Who.ALL, 303),
    "accounts.make_first_admin": Line(Who.ALL, 410),
    "accounts.sign_in": Line(Who.ALL, 422),
    "accounts.welcome": Line(Who.ALL, 410),
    "api.openapi": Line(Who.ALL, 200),
    "choice.choose": Line(Who.ALL, 303),
    "choice.show": Line(Who.ALL, 303),
    "login_code.enter": Line(Who.ALL, 303),
    "login_code.show": Line(Who.ALL, 303),
    "health.health": Line(Who.ALL, 200),
    "health.ready": Line(Who.ALL, 200),
    "invites.accept": Line(Who.ALL, 410),
    "invites.show": Line(Who.ALL, 410),
    "register.choose": Line(Who.ALL, 404),
    "register.finish": Line(Who.ALL, 404),
    "register.register": Line(Who.ALL, 404),
    "register.show": Line(Who.ALL, 404),
    "reports.receive": Line(Who.ALL, 400),
    "resets.accept": Line(Who.ALL, 410),
    "resets.ask": Line(Who.ALL, 404),
    "resets.forgot": Line(Who.ALL, 404),
    "resets.show": Line(Who.ALL, 410),
    "static": Line(Who.ALL, 404),
    "favicon": Line(Who.ALL, 200),
    "accounts.account": Line(Who.PEOPLE, 200),
    "accounts.change_password": Line(Who.PEOPLE, 422),
    "accounts.end_sessions": Line(Who.PEOPLE, 404),
    "accounts.show_account": Line(Who.PEOPLE, 303),
    "accounts.password": Line(Who.PEOPLE, 200),
    "confirm.confirm": Line(Who.PEOPLE, 422),
    "confirm.show": Line(Who.PEOPLE, 200),
    "confirm.show_stay": Line(Who.PEOPLE, 303),
    "accounts.take_over": Line(Who.PEOPLE, 303),
    "confirm.stay": Line(Who.PEOPLE, 303),
    "desk.dashboard": Line(Who.PEOPLE, 200),
    "desk.symbol_page": Line(Who.PEOPLE, 404),
    "detection.detection": Line(Who.PEOPLE, 400),
    "flow.board": Line(Who.PEOPLE, 200),
    "patterns.search": Line(Who.PEOPLE, 200),
    "exports.file": Line(Who.PEOPLE, 404),
    "exports.show": Line(Who.PEOPLE, 404),
    "imports.confirm": Line(Who.PEOPLE, 404),
    "imports.preview": Line(Who.PEOPLE, 404),
    "imports.show": Line(Who.PEOPLE, 404),
    "imports.show_confirm": Line(Who.PEOPLE, 404),
    "lists.add": Line(Who.PEOPLE, 404),
    "lists.add_to": Line(Who.PEOPLE, 422),
    "shared.show": Line(Who.ALL, 404),
    "rules.fields": Line(Who.PEOPLE, 200),
    "rules.form": Line(Who.PEOPLE, 200),
    "scan.scan": Line(Who.PEOPLE, 200),
    "scan.scan_table": Line(Who.READ, 400),
    "lists.show": Line(Who.PEOPLE, 404),
    "lists.show_add_to": Line(Who.PEOPLE, 200),
    "arrangement.change_section": Line(Who.PEOPLE, 404),
    "arrangement.change_sections": Line(Who.PEOPLE, 404),
    "arrangement.order": Line(Who.PEOPLE, 404),
    "arrangement.show_order": Line(Who.PEOPLE, 404),
    "arrangement.show_section": Line(Who.PEOPLE, 404),
    "arrangement.show_sections": Line(Who.PEOPLE, 404),
    "sharing.create": Line(Who.PEOPLE, 404),
    "sharing.revoke": Line(Who.PEOPLE, 404),
    "sharing.show": Line(Who.PEOPLE, 404),
    "sharing.show_share": Line(Who.PEOPLE, 404),
    "watchlists.confirm_delete": Line(Who.PEOPLE, 404),
    "watchlists.create": Line(Who.PEOPLE, 422),
    "watchlists.delete": Line(Who.PEOPLE, 404),
    "watchlists.desk": Line(Who.PEOPLE, 404),
    "watchlists.index": Line(Who.PEOPLE, 200),
    "watchlists.name": Line(Who.PEOPLE, 404),
    "watchlists.order": Line(Who.PEOPLE, 404),
    "watchlists.rename": Line(Who.PEOPLE, 404),
    "watchlists.show_desk": Line(Who.PEOPLE, 404),
    "watchlists.show_order": Line(Who.PEOPLE, 303),
    "watchlists.show_undo": Line(Who.PEOPLE, 404),
    "watchlists.undo": Line(Who.PEOPLE, 404),
    "pattern_statistics.statistics": Line(Who.PEOPLE, 200),
    "quotes.symbols": Line(Who.PEOPLE, 200),
    "settings.save": Line(Who.PEOPLE, 422),
    "settings.settings": Line(Who.PEOPLE, 200),
    "streams.quotes": Line(Who.PEOPLE, 400),
    "streams.stream": Line(Who.PEOPLE, 400),
    "tokens.make": Line(Who.PEOPLE, 422),
    "tokens.revoke": Line(Who.PEOPLE, 404),
    "tokens.token": Line(Who.PEOPLE, 404),
    "tokens.tokens": Line(Who.PEOPLE, 200),
    "totp.ending": Line(Who.PEOPLE, 200),
    "totp.enrol": Line(Who.PEOPLE, 303),
    "totp.enrolment": Line(Who.PEOPLE, 303),
    "totp.recovery_codes": Line(Who.PEOPLE, 200),
    "totp.renew_recovery": Line(Who.PEOPLE, 422),
    "totp.show": Line(Who.PEOPLE, 200),
    "totp.start": Line(Who.PEOPLE, 422),
    "totp.turn_off": Line(Who.PEOPLE, 422),
    "admin.audit": Line(Who.ADMINS, 200),
    "admin.audit_table": Line(Who.WHOLE, 200),
    "admin.change": Line(Who.ADMINS, 404),
    "admin.confirm_delete": Line(Who.ADMINS, 404),
    "admin.delete": Line(Who.ADMINS, 404),
    "admin.invite": Line(Who.ADMINS, 422),
    "admin.link": Line(Who.ADMINS, 404),
    "admin.revoke": Line(Who.ADMINS, 303),
    "admin.user": Line(Who.ADMINS, 404),
    "admin.users": Line(Who.ADMINS, 200),
    "admin.wire_page": Line(Who.ADMINS, 200),
    "health.metrics": Line(Who.ADMINS, 200),  # its guard is of its own making: it knows another token too
    "tokens.revoke_of": Line(Who.ADMINS, 404),
    "tokens.tokens_of": Line(Who.ADMINS, 404),
    "accounts_api.me": Line(Who.READ, 200),
    "indicators_api.indicators": Line(Who.READ, 200),
    "market_api.market": Line(Who.READ, 200),
    "patterns.search_table": Line(Who.READ, 200),
    "pattern_statistics.statistics_table": Line(Who.READ, 200),
    "patterns_api.patterns": Line(Who.READ, 200),
    "quotes_api.bars": Line(Who.READ, 404),
    "quotes_api.quote": Line(Who.READ, 404),
    "quotes_api.quotes": Line(Who.READ, 200),
    "settings_api.settings": Line(Who.READ, 200),
    "settings_api.replace": Line(Who.WRITE, 415),
    "admin_api.audit": Line(Who.WHOLE, 200),
}

OWNED = {
    "arrangement.change_section",
    "arrangement.show_section",
    "sharing.revoke",
    "sharing.show_share",
    "watchlists.show_undo",
    "watchlists.undo",
    "accounts.end_sessions",
    "tokens.revoke",
    "tokens.token",
}
"""They name a thing of somebody's: to everybody else it is not there."""
