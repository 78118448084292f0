"""What costs every test the same is spent once a process or not at all: certificates, URL builders, collections."""

import gc
import ssl
from collections.abc import Callable, Generator, Hashable

import pytest
from werkzeug.routing import Rule

TLS = ssl.create_default_context()
"""For clients of servers without TLS. Each client would load all certificates of the machine anew, in 30 ms."""

_compile_builder = Rule._compile_builder
_builders: dict[Hashable, Callable[..., tuple[str, str]]] = {}


def _shared_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    key = (append_unknown, tuple(rule._trace), tuple(sorted((rule.defaults or {}).items())))
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


def share_url_builders() -> None:
    """Werkzeug compiles two functions for each of 150 routes of each application: 70 ms, a thousand times."""
    setattr(Rule, "_compile_builder", _shared_builder)  # noqa: B010


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Without the garbage collector, which would go through modules and tests again and again: a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
