"""The web application: a table of contents."""

from quart import Quart
from quart.sessions import SessionInterface
from quart.wrappers import BaseRequestWebsocket

from app import db, deps, wire
from app.accounts import api as accounts_api
from app.accounts import forbidden as accounts_forbidden
from app.accounts import partials, passwords, session, throttle
from app.accounts import routes as accounts
from app.accounts.invites import routes as invites_routes
from app.accounts.mfa import routes as totp
from app.accounts.mfa import signin
from app.accounts.reauth import routes
from app.accounts.registration import routes as registration_routes
from app.accounts.resets import routes as resets
from app.accounts.settings import api as settings_api
from app.accounts.settings import routes as settings_routes
from app.accounts.settings import store as settings_store
from app.accounts.tokens import bearer
from app.accounts.tokens import routes as tokens
from app.admin import api as admin_api
from app.admin import routes as admin
from app.db import idempotency
from app.desk import routes as desk_routes
from app.desk.additions import routes as additions
from app.desk.additions.sources import routes as addition_sources
from app.desk.detection import routes as detection
from app.desk.flow import routes as flow
from app.desk.imports import routes as imports
from app.desk.indicators import routes as indicator_table
from app.desk.lists import api as lists_api
from app.desk.lists import routes as desk_lists
from app.desk.market import routes as market_page
from app.desk.next_session import routes as next_session
from app.desk.panels import routes as panels
from app.desk.scan import api as scan_api
from app.desk.scan import routes as scan
from app.desk.scan.acts import routes as scan_acts
from app.desk.shared import routes as shared
from app.desk.symbol import routes as symbol_page
from app.desk.symbol.chart import routes as chart
from app.desk.symbol.formats import routes as symbol_formats
from app.health import routes as health_routes
from app.indicators import api as indicators_api
from app.market import api as market_api
from app.market import stream as market
from app.market.board import MarketBoard
from app.patterns import api as patterns_api
from app.patterns import routes as patterns
from app.patterns.statistics import routes as pattern_statistics
from app.pipeline import endpoints
from app.quotes import api as quotes_api
from app.quotes import routes as quotes
from app.quotes.instruments import api as instruments_api
from app.quotes.sharing import routes as chart_sharing
from app.scans import routes as rules
from app.scans.screens import api as screens_api
from app.scans.screens import routes as screens
from app.scans.screens.screen import NoSuchScreen
from app.scans.screens.sharing import routes as screen_sharing
from app.scans.universes import api as universes_api
from app.server import lifespan
from app.settings.load import Settings
from app.watchlists import api as watchlists_api
from app.watchlists import routes as watchlists
from app.watchlists.arrangement import routes as arrangement
from app.watchlists.exports import routes as exports
from app.watchlists.sharing import routes as sharing
from app.watchlists.watchlist import NoSuchList, NoSuchSection
from app.web import (
    api_document,
    api_writes,
    assets,
    body_limits,
    client,
    condition,
    csp_reports,
    errors,
    first_visit,
    forbidden,
    guards,
    html,
    parameters,
    preferences,
    reauth,
    request_limits,
    request_log,
    security,
    session_end,
    slugs,
)
from app.web.forms import partials as forms

PEOPLE = (routes, signin, totp, resets, registration_routes, invites_routes, tokens, settings_routes, admin)
SCANS = (scan, scan_acts, indicator_table, rules, screens, screen_sharing)
LISTS = (desk_lists, additions, addition_sources, imports, watchlists, arrangement, exports, sharing, shared)
MARKET = (desk_routes, panels, symbol_page, chart, symbol_formats, market_page, next_session, quotes, chart_sharing)
PATTERNS = (flow, patterns, pattern_statistics, detection)
PAGES = (*MARKET, *SCANS, *LISTS, *PATTERNS, *PEOPLE, preferences, csp_reports, health_routes)
MARKET_APIS = (quotes_api, instruments_api, universes_api, patterns_api, indicators_api, market_api, scan_api)
PROGRAMS = (accounts_api, settings_api, *MARKET_APIS, watchlists_api, lists_api, screens_api, admin_api)

LARGEST_BODY = 65_536
SLOWEST_BODY = 10
SLOWEST_ANSWER = 30
"""Seconds; a stream has no end of this kind."""


class NoSession(SessionInterface):
    """Quart's own: a cookie that nobody here writes need not be looked for with every request."""

    async def open_session(self, _app: Quart, _request: BaseRequestWebsocket) -> None:
        return None


def create_app(settings: Settings) -> Quart:
    app = Quart("app", static_folder=None, template_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        BODY_TIMEOUT=SLOWEST_BODY,
        RESPONSE_TIMEOUT=SLOWEST_ANSWER,
        STREAMS_PER_USER=settings.live.streams_per_user,
    )
    app.url_map.merge_slashes = False  # A//B is no other way to A/B
    vars(app)["session_interface"] = NoSession()
    slugs.install(app)
    body_limits.install(app)
    lifespan.install(app, settings)
    html.add_functions(forms.FUNCTIONS)

    # In the order in which a request meets them.
    if settings.logging.requests:
        request_log.install(app)
    client.install(app, settings.proxy_hops)
    security.install(app, settings.public_url, settings.live.allowed_origins)
    session.install(app, settings.public_url.startswith("https:"), settings.sessions.absolute_seconds)
    guards.install(app, session.load, settings.web.zone, bearer.load)
    bearer.install(app)
    session_end.install(app, partials.session)
    first_visit.install(app)
    forbidden.install(app, accounts_forbidden.note)
    reauth.install(app, session.has_confirmed, session.owes_codes)
    request_limits.install(
        app,
        request_limits.RequestLimits(**settings.limits.model_dump()),
        lambda *count: deps.limits().hit(*count),
        throttle.client_network,
    )
    parameters.install(app, ("api", "health", "reports", "static", "streams"))
    _install_errors(app)
    assets.install(app)
    condition.install(app, lambda: market.page_condition(deps.board(MarketBoard)))

    preferences.install(app, settings_store.change)
    accounts.install(app)
    for part in PAGES:
        app.register_blueprint(part.blueprint)
    api_document.install(app, settings.public_url)
    api_writes.install(app, lambda: deps.pools().own.transaction(), idempotency)
    for programs in PROGRAMS:
        app.register_blueprint(programs.blueprint)
    endpoints.install(app)
    return app


def _install_errors(app: Quart) -> None:
    errors.install(app)
    errors.unavailable(app, (wire.RedisUnavailable, db.Unavailable, deps.SnapshotFailed, passwords.Busy))
    errors.unreadable(app, (db.BadValue,))
    errors.missing(app, (NoSuchList, NoSuchScreen, NoSuchSection))
