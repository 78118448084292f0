"""Imports point down, and packages of one layer do not import each other."""

import re
import sys

import pytest

from tests.house import tree

LAYERS = (
    {"cli"},
    {"commands"},
    {"server"},
    {"pipeline", "desk", "health"},
    {"accounts", "quotes", "watchlists", "patterns", "indicators", "market", "admin", "scans"},
    {"deps", "delivery", "owned"},
    {"web", "live", "wire", "db"},
    {"push", "identity", "rules", "finance", "logs", "settings", "health.snapshot"},
)
"""From the top; a part may import from any layer below its own."""

ALONGSIDE = {("push", "identity"), ("rules", "finance"), ("health", "pipeline"), ("health", "health.snapshot")}
"""Neighbours of one layer that may be imported, in this direction."""

SNAPSHOT = "app.health.snapshot"
PROCESSES = {"ingest", "engine"}
"""Processes of their own: they know Redis, the database and the bottom line, and cli alone knows them."""

PROCESSES_MAY = {"wire", "db"} | LAYERS[-1]
ALONE = {"embedded"}


def root(module: str) -> str:
    return module.split(".")[0]


def part(module: str) -> str:
    """The part of the house: app.quotes.board -> quotes. What is known of the process's health stands below those that
    print it, whoever finds it out."""
    if module == SNAPSHOT:
        return "health.snapshot"
    return [*module.split("."), ""][1]


def rank(name: str) -> int:
    return next(index for index, layer in enumerate(LAYERS) if name in layer)


def allowed(source: str, target: str) -> bool:
    if source == target or not target:
        return True
    if source in ALONE:
        return False
    if source in PROCESSES:
        return target in PROCESSES_MAY
    if target in PROCESSES | ALONE:
        return source in LAYERS[0] | LAYERS[1]
    return rank(target) > rank(source) or (source, target) in ALONGSIDE


def all_imports() -> list[tuple[str, str, str]]:
    imports = []
    for path in tree.modules():
        source = part(tree.name(path).removesuffix(".py").replace("/", "."))
        for module, name, _ in tree.imports(path):
            if module == "app":
                imports.append((tree.name(path), source, name))
            elif module.startswith("app."):
                imports.append((tree.name(path), source, part(module)))
    return imports


def test_quart_sse_imports_nothing_of_the_application() -> None:
    """quart_sse imports Quart and itself; streams and what is sent on them are built on it, nobody else is."""
    users = {
        tree.name(path) for path in tree.modules() for module, _, _ in tree.imports(path) if root(module) == "quart_sse"
    }
    needs = {
        root(module) for path in tree.shipped() if path not in tree.modules() for module, _, _ in tree.imports(path)
    }

    assert needs - sys.stdlib_module_names == {"quart", "quart_sse"}
    assert users
    assert {name for name in users if name != "app/pipeline/endpoints.py" and not name.startswith("app/live/")} == set()


def test_only_quart_sse_formats_server_sent_events() -> None:
    field = re.compile(r"^(data|event|id|retry): ?$")
    for path in tree.modules():
        assert not [node.lineno for node in tree.strings(path) if field.search(str(node.value))], tree.name(path)


def test_every_package_is_in_the_import_table() -> None:
    listed = set().union(*LAYERS) | PROCESSES | ALONE | {"__init__"}

    parts = {part(tree.name(path).removesuffix(".py").replace("/", ".")) for path in tree.modules()}
    assert parts - listed == set(), "add it to a layer of LAYERS"


def test_imports_point_down() -> None:
    upward = [
        f"{where}: {source} imports {target}" for where, source, target in all_imports() if not allowed(source, target)
    ]

    assert upward == []


def test_a_channel_knows_neither_database_nor_redis_nor_request() -> None:
    """What is to be sent, to whom and when again is for others to say."""
    channels = [tree.APP / "delivery/channel.py", *(tree.APP / "delivery").glob("*/transport.py")]
    parts = {part(module) for path in channels for module, _, _ in tree.imports(path) if root(module) == "app"}

    assert parts == {"delivery", "settings"}


@pytest.mark.parametrize("module", ["app/web/numbers.py", "app/web/times.py", "app/web/formats.py"])
def test_formats_and_tables_need_no_template_and_no_request(module: str) -> None:
    """Files, e-mails and the API write them by the same functions as pages."""
    imports = {each for each, _, _ in tree.imports(tree.ROOT / module)}
    assert imports

    assert {root(each) for each in imports} & {"jinja2", "markupsafe", "quart", "werkzeug"} == set()
    assert {each for each in imports if part(each) == "web"} <= {"app.web.times"}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("quotes", "patterns"),
        ("wire", "live"),
        ("web", "deps"),
        ("engine", "web"),
        ("embedded", "settings"),
        ("db", "wire"),
    ],
)
def test_the_rule_detects_a_forbidden_import(source: str, target: str) -> None:
    assert not allowed(source, target)


def test_no_test_imports_another_test() -> None:
    """What several share is in tests/support/, or a fixture of a conftest.py."""
    files = [path for place in ("tests", "bench") for path in (tree.ROOT / place).rglob("*.py")]
    assert files
    test_module = re.compile(r"(^|\.)test_[a-z0-9_]+$")

    assert [
        f"{tree.name(path)}: {module} {name}"
        for path in files
        for module, name, _ in tree.imports(path)
        if module.startswith("tests") and (test_module.search(module) or test_module.search(name))
    ] == []
