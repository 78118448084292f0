"""The package stands alone: it builds, it imports nothing but Quart, and its README's examples run as they stand."""

import ast
import re
import signal
import socket
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from subprocess import Popen, run

import httpx
import httpx_sse
import pytest
from packaging.specifiers import SpecifierSet

import quart_sse

PROJECT = Path(quart_sse.__file__).parent
MODULES = sorted(PROJECT.glob("*.py"))
EXAMPLES = re.findall(
    r"^Save this as `(\w+\.py)`.*?^```python\n(.*?)^```", (PROJECT / "README.md").read_text(), re.M | re.S
)


def test_its_wheel_holds_the_package_and_works_without_anything_else_of_this_repository(tmp_path: Path) -> None:
    # hatchling is here, and no network is asked for it.
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=PROJECT, check=True)
    (wheel,) = tmp_path.glob("quart_sse-*.whl")

    names = zipfile.ZipFile(wheel).namelist()
    metadata = [name for name in names if ".dist-info/" in name]
    assert sorted(set(names) - set(metadata)) == sorted(
        [f"quart_sse/{path.name}" for path in MODULES] + ["quart_sse/py.typed"]
    )
    assert any(name.endswith("licenses/LICENSE") for name in metadata)

    script = (
        "import asyncio, sys, quart, quart_sse\n"
        "app = quart.Quart('alone')\n"
        "app.add_url_rule('/', 'stream', lambda: quart_sse.EventSourceResponse(iter('ab')))\n"
        "async def main(): print(await (await app.test_client().get('/')).get_data())\n"
        "asyncio.run(main())\n"
        "print(quart_sse.__file__)\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('app', 'anyio', 'redis')])\n"
    )
    finished = run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(wheel)!r})\n{script}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.splitlines() == [
        "b'data: a\\n\\ndata: b\\n\\n'",
        str(wheel / "quart_sse" / "__init__.py"),
        "[]",
    ]


def test_it_imports_the_standard_library_and_quart_alone() -> None:
    roots = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                roots.add((node.module or "").split(".")[0])

    assert roots - sys.stdlib_module_names == {"quart", "quart_sse"}


def test_what_it_offers_is_there_and_quart_is_of_a_tried_version() -> None:
    assert [name for name in quart_sse.__all__ if not hasattr(quart_sse, name)] == []
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    (quart,) = project["dependencies"]

    assert SpecifierSet(quart.removeprefix("quart")).contains(version("quart"))
    assert project["license"] == "MIT"
    assert (PROJECT / "LICENSE").read_text().startswith("MIT License")


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Popen[bytes], str]]:
    """The example of that name, started as the README says; its process and its address."""
    (tmp_path / request.param).write_text(dict(EXAMPLES)[request.param])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = request.param.removesuffix(".py")
    command = (
        ["-m", "hypercorn", f"{name}:app", "--bind", f"127.0.0.1:{port}"]
        if name == "clock"
        else [f"{name}.py", str(port)]
    )
    with Popen([sys.executable, *command], cwd=tmp_path) as process:
        for _ in range(1200):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        yield process, f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.mark.parametrize("example", ["clock.py"], indirect=True)
def test_the_clock_of_the_readme_ticks(example: tuple[Popen[bytes], str]) -> None:
    with (
        httpx.Client(trust_env=False, timeout=10) as client,
        httpx_sse.connect_sse(client, "GET", f"{example[1]}/clock?count=3&every=0.01") as source,
    ):
        events = list(source.iter_sse())

    assert [(event.event, event.id) for event in events] == [("tick", "0"), ("tick", "1"), ("tick", "2")]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d", event.json()["time"]) for event in events)


@pytest.mark.parametrize("example", ["goodbye.py"], indirect=True)
def test_the_goodbye_of_the_readme_is_said(example: tuple[Popen[bytes], str]) -> None:
    process, address = example
    with (
        httpx.Client(trust_env=False, timeout=10) as client,
        httpx_sse.connect_sse(client, "GET", f"{address}/news") as source,
    ):
        events = source.iter_sse()
        assert next(events).data == "nothing yet"
        process.send_signal(signal.SIGTERM)
        (goodbye,) = events

    assert (goodbye.event, goodbye.retry) == ("goodbye", 1000)
    assert process.wait(10) == 0


def test_the_readme_has_the_two_examples_that_are_tried() -> None:
    assert [name for name, _ in EXAMPLES] == ["clock.py", "goodbye.py"]
