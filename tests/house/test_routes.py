"""Every route: guarded or listed public, limited or listed exempt, and a form where it takes one."""

import ast
import inspect
import os
import re
from collections import defaultdict

import pytest
from quart import Quart

from app.identity import Scope
from app.server.factory import create_app
from app.settings.load import load
from app.web import parameters
from app.web.guards import Guard, guard_of, scope_of
from tests.house import tree
from tests.house.lines import LINES, OWNED, Line, Who

PUBLIC = {
    "accounts.login",
    "accounts.sign_in",
    "accounts.logout",
    "accounts.welcome",
    "symbol.former_address",
    "accounts.make_first_admin",
    "api.openapi",  # what one may ask for is no secret, and says nothing of this desk
    "choice.show",
    "login_code.enter",
    "login_code.show",
    "favicon",
    "choice.choose",
    "invites.accept",
    "invites.show",
    "shared.picture",
    "shared.shared_table",
    "shared.show",  # whoever has the link may read: its token is the key
    "health.health",
    "health.metrics",  # asks for a token or an admin by itself, so that a program without a cookie can come
    "health.ready",
    "reports.receive",
    "register.choose",
    "register.finish",
    "register.register",
    "register.show",
    "resets.accept",
    "resets.ask",
    "resets.forgot",
    "resets.show",
    "static",
}

LIMITED = {
    "accounts.sign_in",
    "accounts.change_password",
    "confirm.confirm",
    "login_code.enter",
    "totp.enrol",
    "totp.renew_recovery",
    "totp.start",
    "totp.turn_off",
    "accounts.make_first_admin",
    "admin.change",
    "admin.delete",
    "admin.invite",
    "admin.revoke",
    "imports.preview",
    "invites.accept",
    "reports.receive",
    "register.finish",
    "register.register",
    "resets.accept",
    "resets.ask",
    "tokens.make",
}
"""Each has a test of its own that shows the refusal."""

OWN_LISTS = "changes a list of one's own, of which there are 50 at most; each change counts as a request"

EXEMPT = {
    "next_session.begin": "begins one session, however often it is posted; each post counts as a request",
    **dict.fromkeys(
        (
            "additions.add",
            "arrangement.change_section",
            "arrangement.change_sections",
            "arrangement.order",
            "imports.confirm",
            "lists_api.add",
            "lists_api.create",
            "lists_api.replace",
            "screens_api.change",
            "screens_api.create",
            "screens_api.delete",
            "screens_api.replace",
            "screens_api.undo",
            "watchlists_api.change",
            "watchlists_api.change_entry",
            "watchlists_api.delete",
            "watchlists_api.delete_entry",
            "watchlists_api.undo",
            "lists.add",
            "lists.add_to",
            "scan_acts.add",
            "scan_acts.new_list",
            "sharing.create",
            "sharing.revoke",
            "watchlists.create",
            "watchlists.delete",
            "watchlists.desk",
            "watchlists.order",
            "watchlists.rename",
            "watchlists.undo",
        ),
        OWN_LISTS,
    ),
    **dict.fromkeys(
        (
            "screen_sharing.create",
            "screen_sharing.revoke",
            "screens.create",
            "screens.delete",
            "screens.order",
            "screens.rename",
            "screens.save_rule",
            "screens.undo",
        ),
        "changes a screen of one's own, of which there are 50 at most; each change counts as a request",
    ),
    **dict.fromkeys(
        ("chart_sharing.create", "chart_sharing.revoke"),
        "changes a link of one's own, of which there are 50 at most; each change counts as a request",
    ),
    "accounts.end_sessions": "ends one's own, each of which took a sign-in",
    "accounts.logout": "ends a session, at most one's own",
    "tokens.revoke": "takes back what one made, which is limited",
    "tokens.revoke_of": "takes back what somebody made, which is limited",
    "accounts.take_over": "ends a stream of one's own, whose page may come back",
    "confirm.stay": "does what any page that is opened does",
    "panels.change": "stores one row of one's own, and counts as a request",
    "settings.save": "stores one row of one's own, and counts as a request",
    "settings_api.replace": "stores one row of one's own, and counts as a request",
    "choice.choose": "sets cookies, or stores one row of one's own",
}

NO_FORM = {
    "/logout": "leaving by a link would let any page sign people out",
    "/csp-report": "browsers send it, not people",
}


PLAIN_PAGES = {Line(Who.PEOPLE, 200), Line(Who.ADMINS, 200)}
NO_PAGES = {"/metrics"}
"""For programs."""


@pytest.fixture(scope="module")
def app() -> Quart:
    nowhere = {"REDIS_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    settings, _ = load({"PATH": os.environ["PATH"], "SECRET_KEY": os.urandom(32).hex(), **nowhere})
    return create_app(settings)


def test_every_route_has_a_guard(app: Quart) -> None:
    unguarded = [name for name, view in app.view_functions.items() if guard_of(view) is None]
    public = {name for name, view in app.view_functions.items() if guard_of(view) is Guard.PUBLIC}

    assert unguarded == []
    assert public == PUBLIC


def test_no_hook_and_no_view_runs_in_a_thread(app: Quart) -> None:
    """Quart runs a plain function in a thread of its own, with every request."""
    hooks = [
        hook
        for by_blueprint in (
            app.before_request_funcs,
            app.after_request_funcs,
            app.teardown_request_funcs,
            app.before_websocket_funcs,
            app.after_websocket_funcs,
            app.teardown_websocket_funcs,
        )
        for hooks in by_blueprint.values()
        for hook in hooks
    ]
    assert len(hooks) > 10

    functions = {repr(hook): hook for hook in [*hooks, *app.view_functions.values()]}
    assert [name for name, function in functions.items() if not inspect.iscoroutinefunction(function)] == []
    assert [name for name, view in app.view_functions.items() if "_quart_async_wrapper" in vars(view)] == []


def test_every_route_is_in_the_matrix_with_its_guard(app: Quart) -> None:
    guards_by_caller = {
        Who.ALL: (Guard.PUBLIC, None),
        Who.PEOPLE: (Guard.SIGNED_IN, None),
        Who.ADMINS: (Guard.ADMIN_ONLY, None),
        Who.READ: (Guard.SIGNED_IN, Scope.READ),
        Who.WRITE: (Guard.SIGNED_IN, Scope.JOBS),
        Who.WHOLE: (Guard.ADMIN_ONLY, Scope.ADMIN),
    }
    guards_of_views = {name: (guard_of(view), scope_of(view)) for name, view in app.view_functions.items()}

    expected = {name: guards_by_caller[line.who] for name, line in LINES.items()} | {
        "health.metrics": (Guard.PUBLIC, None)
    }
    assert guards_of_views.keys() - expected.keys() == set(), "add a Line for each to tests/house/lines.py"
    assert expected.keys() - guards_of_views.keys() == set(), "is its blueprint in app/server/factory.py?"
    assert {name for name in expected if guards_of_views[name] != expected[name]} == set(), "guard or scope differs"


def test_every_route_with_an_owned_object_is_tested_with_another_person(app: Quart) -> None:
    endpoints = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if LINES[rule.endpoint].who is Who.PEOPLE
        and any("UUID" in type(each).__name__ for each in rule._converters.values())
    }

    assert endpoints <= OWNED


def test_every_changing_route_is_rate_limited_or_listed(app: Quart) -> None:
    changing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.methods and rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
    }

    assert changing == LIMITED | EXEMPT.keys()


def test_every_path_that_accepts_a_form_also_shows_it(app: Quart) -> None:
    methods: dict[str, set[str]] = defaultdict(set)
    for rule in app.url_map.iter_rules():
        methods[rule.rule] |= rule.methods or set()

    assert {
        path
        for path, verbs in methods.items()
        if "POST" in verbs and "GET" not in verbs and not path.startswith("/api/")
    } == NO_FORM.keys()


def test_no_address_and_method_has_two_routes(app: Quart) -> None:
    pairs = [
        (rule.rule, method) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"OPTIONS"}
    ]

    assert len(pairs) == len(set(pairs))


def test_no_view_reads_a_parameter_that_it_does_not_name() -> None:
    read = re.compile(r"""request\.args(?:\.get\(|\[)"(\w+)"|"(\w+)" in request\.args""")
    for path in tree.APP.rglob("routes.py"):
        text = path.read_text()
        declared = set(re.findall(r'"(\w+)"', " ".join(re.findall(r"@parameters\.allow\((.*)\)", text))))
        assert {a or b for a, b in read.findall(text)} <= {*declared, *parameters.FRAME}, path


def test_every_page_without_parameters_is_opened_by_a_browser(app: Quart) -> None:
    literals = {
        node.value
        for name in ("test_pages.py", "test_accessibility.py", "test_accessible_states.py")
        for node in tree.nodes(tree.ROOT / "tests" / "journeys" / name)
        if isinstance(node, ast.Constant)
    }
    pages = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and LINES.get(rule.endpoint) in PLAIN_PAGES
    }

    assert "/" in pages
    twins = {"/desk.html", *(f"{page}.html" for page in pages)}
    assert pages - literals - NO_PAGES - twins == set(), "add it to PAGES in tests/journeys/test_pages.py"
