"""Event streams read as the WHATWG's HTML standard says, section 9.2.6; told apart from our encoder on purpose."""

from typing import NamedTuple


class Message(NamedTuple):
    event: str
    data: str
    id: str


class Parsed(NamedTuple):
    messages: list[Message]
    last_id: str
    retry: int | None


class Parser:
    """Takes decoded text in pieces, as a browser does."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.last_id = ""
        self.retry: int | None = None
        self._rest = ""
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    def feed(self, text: str) -> None:
        self._rest += text
        while self._rest:
            ends = [(place, end) for end in ("\r", "\n") if (place := self._rest.find(end)) >= 0]
            if not ends:
                return
            place, end = min(ends)
            if end == "\r" and place == len(self._rest) - 1:
                return
            skip = 2 if self._rest[place : place + 2] == "\r\n" else 1
            line, self._rest = self._rest[:place], self._rest[place + skip :]
            self._line(line)

    def _line(self, line: str) -> None:
        if not line:
            self._dispatch()
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            self._field(name, value.removeprefix(" "))

    def _field(self, name: str, value: str) -> None:
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)

    def _dispatch(self) -> None:
        self.last_id = self._id
        if self._data:
            self.messages.append(Message(self._event or "message", "\n".join(self._data), self._id))
        self._data, self._event = [], ""


def parse(text: str) -> Parsed:
    parser = Parser()
    parser.feed(text)
    return Parsed(parser.messages, parser.last_id, parser.retry)
