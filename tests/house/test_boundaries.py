"""Each outside system is reached through one package."""

import ast
import re
from pathlib import Path

import pytest

from tests.house import tree

QUERIES = re.compile(r"app/(([a-z]+/)+queries|engine/storage/[a-z_]+|rules/sql[a-z_]*)\.py")

REQUEST = {"request", "websocket", "g"}
QUART = {"quart", "quart.globals", "globals"}


def root(module: str) -> str:
    return module.partition(".")[0]


def importers(module: str) -> list[str]:
    """Files that import `module` at all."""
    return [
        tree.name(path)
        for path in tree.modules()
        if any(source == module or source.startswith(module + ".") for source, _, _ in tree.imports(path))
    ]


def test_only_wire_imports_redis() -> None:
    assert importers("redis")
    assert [name for name in importers("redis") if not name.startswith("app/wire/")] == []


def test_only_db_and_queries_import_asyncpg() -> None:
    assert importers("asyncpg")
    outside = [name for name in importers("asyncpg") if not name.startswith("app/db/")]

    assert [name for name in outside if not QUERIES.fullmatch(name)] == []


def test_query_modules_open_no_connection() -> None:
    for path in tree.modules():
        if QUERIES.fullmatch(tree.name(path)):
            names = {imported for module, imported, _ in tree.imports(path) if module.startswith("asyncpg")}
            assert names <= {"Connection", "Record", "PoolConnectionProxy"}, tree.name(path)


def requests_seen(path: Path) -> set[str]:
    """What the module takes of the request that is being answered, however it imports or calls that."""
    names = {name for module, name, _ in tree.imports(path) if root(module) in {"quart", "app"} and name in REQUEST}
    attributes = {
        node.attr
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in REQUEST and ast.unparse(node.value) in QUART
    }
    return names | attributes


def test_only_web_modules_and_routes_read_the_request() -> None:
    edge = re.compile(r"app/(web/.*|pipeline/endpoints\.py|accounts/mfa/signin\.py|([a-z]+/)+(routes|api)\.py)")
    names_by_module = {tree.name(path): names for path in tree.modules() if (names := requests_seen(path))}
    assert names_by_module

    assert {name: names for name, names in names_by_module.items() if not edge.fullmatch(name)} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from quart import request",
        "from quart.globals import request as current",
        "from app.web.client import request",
        "import quart\nquart.request.args",
        "from quart import globals\nglobals.websocket.args",
    ],
)
def test_the_rule_detects_a_request(tmp_path: Path, source: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(source)

    assert requests_seen(module)


def test_only_settings_and_commands_read_the_environment() -> None:
    allowed = re.compile(r"app/(settings/[a-z]+|cli|commands/[a-z_]+)\.py")
    for path in tree.modules():
        reads = [
            node.lineno
            for node in ast.walk(tree.parsed(path))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
        ]
        assert not reads or allowed.fullmatch(tree.name(path)), f"{tree.name(path)}:{reads}"


def test_sql_is_written_only_in_queries_db_and_migrations() -> None:
    statement = re.compile(r"\s*(select\s.+\sfrom|insert\s+into|update\s+\S+\s+set|delete\s+from)\s", re.I | re.S)
    for path in tree.modules():
        name = tree.name(path)
        if name.startswith("app/db/") or QUERIES.fullmatch(name):
            continue
        line_numbers = [node.lineno for node in tree.strings(path) if statement.match(str(node.value))]
        assert not line_numbers, f"{name}:{line_numbers}"


def test_redis_names_are_written_in_one_module() -> None:
    pattern = re.compile(r"^(tickstock[.:]|ts:)[a-z]")
    for path in tree.modules():
        if tree.name(path) == "app/wire/channels.py":
            continue
        literals = [node.value for node in tree.strings(path) if pattern.match(str(node.value))]
        assert not literals, f"{tree.name(path)}: {literals}"


@pytest.mark.parametrize("module", ["smtplib", "aiosmtplib", "httpx", "aiohttp", "urllib.request", "apprise"])
def test_only_delivery_and_providers_open_outgoing_connections(module: str) -> None:
    # A provider's address is the operator's word; the courier guards against what users name.
    provider = {"app/engine/loads/providers/rest.py"} if module == "httpx" else set()

    assert [name for name in importers(module) if name not in provider | {"app/delivery/email/transport.py"}] == []


def test_embedded_imports_only_the_standard_library() -> None:
    import sys

    for path in tree.modules():
        if not tree.name(path).startswith("app/embedded/"):
            continue
        for module, _, _ in tree.imports(path):
            top = module.split(".")[0]
            assert top in sys.stdlib_module_names or module.startswith("app.embedded"), f"{tree.name(path)}: {module}"


def test_lua_scripts_are_files_that_are_read_once() -> None:
    inline = [
        f"{tree.name(path)}:{node.lineno}"
        for path in tree.shipped()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "redis.call" in node.value
    ]
    assert inline == []

    programs = {path.with_suffix("").as_posix() for path in tree.APP.rglob("*.lua")}
    read = {
        path.with_name(ast.literal_eval(call.args[1])).as_posix()
        for path in tree.modules()
        for call in ast.walk(tree.parsed(path))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "lua.read"
    }
    assert programs
    assert read == programs
