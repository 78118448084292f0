"""Firefox by WebDriver BiDi: one process, one tab, JSON over a WebSocket."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.desk_process import within

FIREFOX = next((path for path in ("/usr/bin/firefox-esr", "/usr/bin/firefox") if Path(path).exists()), None)
SECONDS = 30
PREFERENCES = """user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("remote.active-protocols", 1);
"""
SCRIPTING_OFF = 'user_pref("javascript.enabled", false);\n'
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class CommandRefused(Exception):
    """The browser's error answer to a command."""


class Tab:
    """The only tab of a Firefox, and what its console printed."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.errors: list[str] = []
        self.commands = 0
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self.context: str = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Returns the result of a command; keeps events that arrive before it. Raises CommandRefused."""
        self.commands += 1
        self.connection.send(json.dumps({"id": self.commands, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.connection.recv(timeout=SECONDS))
            if message.get("method") == "log.entryAdded":
                self._keep(message["params"])
            elif message.get("id") == self.commands:
                if message["type"] == "error":
                    raise CommandRefused(f"{method}: {message['error']}: {message['message']}")
                result: dict[str, Any] = message["result"]
                return result

    def _keep(self, entry: dict[str, Any]) -> None:
        if entry["level"] == "error":
            self.errors.append(str(entry["text"]))

    def go(self, address: str) -> None:
        self.send("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def back(self) -> None:
        self.send("browsingContext.traverseHistory", context=self.context, delta=-1)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page: a string, number, boolean or None."""
        answer = self.send(
            "script.evaluate", expression=expression, target={"context": self.context}, awaitPromise=True
        )
        if answer["type"] != "success":
            raise CommandRefused(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = SECONDS) -> Any:
        """The first truthy value; while a page is being left there is nothing to ask."""

        def look() -> Any:
            try:
                return self.evaluate(expression)
            except CommandRefused:
                return None

        return within(seconds, look, expression)

    def text(self, selector: str) -> str:
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent"))

    def type(self, selector: str, text: str) -> None:
        """Types by keyboard, as a person does."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": keys}
        self.send("input.performActions", context=self.context, actions=[source])

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")


@contextmanager
def running_firefox(profile: Path, *, scripting: bool = True) -> Iterator[Tab]:
    """A Firefox without a window, in a profile of its own; it ends with the block.

    Without `scripting` it runs no script of a page; expressions can still be evaluated.
    """
    assert FIREFOX is not None
    profile.mkdir(parents=True)
    switch = "" if scripting else SCRIPTING_OFF
    (profile / "user.js").write_text(PREFERENCES + switch)
    output = profile / "output.txt"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"],
            env={**os.environ, "HOME": str(profile)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = within(SECONDS, lambda: LISTENING.search(output.read_text(errors="replace")), "Firefox")[1]
        with connect(f"{address}/session", max_size=None, open_timeout=SECONDS) as connection:
            yield Tab(connection)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(SECONDS)
