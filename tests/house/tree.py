"""The source tree as the house rules see it."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
EVENT_STREAMS = ROOT / "quart_sse"
"""A package of its own, which knows nothing of the other."""


@cache
def modules() -> Sequence[Path]:
    return sorted(path for path in APP.rglob("*.py") if "versions" not in path.parts)


def shipped() -> list[Path]:
    """The modules of both packages."""
    return [*modules(), *sorted(EVENT_STREAMS.glob("*.py"))]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> Sequence[ast.AST]:
    """Every node of a file, once for all rules: to walk a tree takes longer than to parse it."""
    return tuple(ast.walk(parsed(path)))


@cache
def imports(path: Path) -> Sequence[tuple[str, str, bool]]:
    """(module, imported name or "", only for types) of every import statement, lazy ones included."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, str, bool]]:
    typing_only = {
        child
        for node in nodes(path)
        if isinstance(node, ast.If) and _names(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for child in ast.walk(statement)
    }
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", node in typing_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name, node in typing_only) for alias in node.names)


def _names(expression: ast.expr) -> str:
    """The last name of `typing.TYPE_CHECKING` and the like."""
    return str(getattr(expression, "id", getattr(expression, "attr", "")))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def strings(path: Path) -> Sequence[ast.Constant]:
    """Every string constant that is not a docstring."""
    return tuple(_strings(path))


def _strings(path: Path) -> Iterator[ast.Constant]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(statement.value)
        for node in nodes(path)
        if isinstance(node, documented)
        for statement in node.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node
