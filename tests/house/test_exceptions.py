"""A function catches any exception in one place at most, and counts or reports it."""

import ast
from pathlib import Path

from tests.house import tree

ANY = {"Exception", "BaseException"}

REPORTED = {
    "app/server/supervised.py": "the task is among those that /ready lists as failing",
    "app/engine/storage/writer.py": "`rejected` counts the rows",
    "app/live/frames.py": "`on_failure` counts it: stats.undrawable",
    "app/wire/coalesced_script.py": "every caller gets the exception",
}
"""Modules whose handler says what failed in another way than by a number of its own."""


def takes_any(handler: ast.ExceptHandler) -> bool:
    types = ast.walk(handler.type) if handler.type else ()
    return handler.type is None or bool(ANY & {node.id for node in types if isinstance(node, ast.Name)})


def handlers(path: Path) -> list[tuple[str, ast.ExceptHandler]]:
    """(function, handler) of each that takes any exception and does not end by raising one."""
    return [
        (function.name, node)
        for function in tree.functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.ExceptHandler) and takes_any(node) and not isinstance(node.body[-1], ast.Raise)
    ]


def adds(node: ast.AST) -> bool:
    return any(isinstance(part, ast.AugAssign) and isinstance(part.op, ast.Add) for part in ast.walk(node))


def counts(handler: ast.ExceptHandler, path: Path) -> bool:
    """Whether it adds to a number: itself, by a function or method of its module, or by pipeline/failures.py."""
    counting = {function.name for function in tree.functions(path) if adds(function)}
    calls = [ast.unparse(node.func) for node in ast.walk(handler) if isinstance(node, ast.Call)]
    return adds(handler) or any(call.rpartition(".")[2] in counting or call.endswith("failures.add") for call in calls)


def test_a_function_catches_any_exception_in_one_place_at_most() -> None:
    assert any(handlers(path) for path in tree.shipped())

    for path in tree.shipped():
        places = [function for function, _ in handlers(path)]
        assert len(places) == len(set(places)), tree.name(path)


def test_every_caught_exception_is_counted_or_reported() -> None:
    uncounted = {
        tree.name(path) for path in tree.shipped() for _, handler in handlers(path) if not counts(handler, path)
    }

    assert uncounted == set(REPORTED)


def test_the_rule_detects_an_exception_that_is_not_counted(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "def quiet():\n    try: ...\n    except (ValueError, Exception): return\n\n"
        "def counted():\n    try: ...\n    except: self.failed += 1\n\n"
        "def raised():\n    try: ...\n    except Exception as error: raise Wrong from error\n"
    )

    assert [(name, counts(handler, module)) for name, handler in handlers(module)] == [
        ("quiet", False),
        ("counted", True),
    ]
