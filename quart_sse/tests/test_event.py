"""Whatever is put into an event comes out of a browser's parser as that event, and as nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_sse import JSONServerSentEvent, ServerSentEvent, ensure_bytes
from quart_sse.tests.whatwg import Message, Parser, parse

HOSTILE = st.text(st.sampled_from("ab: \r\n\0\v\x85\u2028event:data:id:retry:é€\ud800"))
BREAKS = str.maketrans({"\r": None, "\n": None, "\0": None})


def lines_of(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@given(data=HOSTILE | st.text(), event=HOSTILE, id_=HOSTILE, comment=HOSTILE, sep=st.sampled_from(["\n", "\r\n", "\r"]))
def test_no_value_leaves_its_field(data: str, event: str, id_: str, comment: str, sep: str) -> None:
    encoded = ServerSentEvent(data, event=event, id=id_, comment=comment, retry=250, sep=sep).encode()

    parsed = parse(encoded.decode() + "data: the end\n\n")

    assert parsed.messages[:-1] == [
        Message(
            sendable(event.translate(BREAKS)) or "message",
            sendable(lines_of(data)),
            sendable(id_.translate(BREAKS)),
        )
    ]
    assert parsed.messages[-1].data == "the end"
    assert parsed.retry == 250


@given(data=st.text(min_size=1), cut=st.integers(0, 40))
def test_two_packets_make_no_difference(data: str, cut: int) -> None:
    encoded = ServerSentEvent(data, id="7-1").encode().decode()
    whole, split = Parser(), Parser()

    whole.feed(encoded)
    split.feed(encoded[:cut])
    split.feed(encoded[cut:])

    assert split.messages == whole.messages != []


def test_lines_end_with_a_line_feed_alone() -> None:
    assert ServerSentEvent("a\r\nb", event="x", id="1", retry=5, comment="c\rd").encode() == (
        b": c\n: d\nid: 1\nevent: x\ndata: a\ndata: b\nretry: 5\n\n"
    )


def test_json_is_compact_and_only_finite() -> None:
    assert JSONServerSentEvent({"price": 1.5}).encode() == b'data: {"price":1.5}\n\n'
    with pytest.raises(ValueError, match="JSON"):
        JSONServerSentEvent(float("nan"))


def test_what_is_no_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^retry argument must be int$"):
        ServerSentEvent(retry="5\n\ndata: x").encode()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="retry argument must be >= 0"):
        ServerSentEvent(retry=-1).encode()
    with pytest.raises(ValueError, match="sep"):
        ServerSentEvent(sep="\n\n")


def test_content_may_be_bytes_text_a_mapping_or_an_event() -> None:
    assert ensure_bytes(b"data: raw\n\n") == b"data: raw\n\n"
    assert ensure_bytes("text") == b"data: text\n\n"
    assert ensure_bytes({"data": "d", "event": "e"}, "\r\n") == b"event: e\r\ndata: d\r\n\r\n"
    assert ensure_bytes(ServerSentEvent("s")) == b"data: s\n\n"
    assert ensure_bytes(memoryview(b"as it is")) == b"as it is"


@pytest.mark.parametrize("event", [{"data": "foo"}, {"data": "foo", "sep": "\r\n"}])
def test_a_mapping_stays_as_it_was(event: dict[str, str]) -> None:
    before = dict(event)

    assert ensure_bytes(event, "\n") == b"data: foo\n\n"
    assert event == before


FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"data": "foo"}, "data: foo"),
    ({"data": "foo", "event": "bar"}, "event: bar|data: foo"),
    ({"data": "foo", "event": "bar", "id": "xyz"}, "id: xyz|event: bar|data: foo"),
    ({"data": "foo", "event": "bar", "id": "xyz", "retry": 1}, "id: xyz|event: bar|data: foo|retry: 1"),
    ({"comment": "a comment"}, ": a comment"),
    ({"data": "foo", "comment": "a comment"}, ": a comment|data: foo"),
    ({"data": 0, "retry": 0}, "data: 0|retry: 0"),
]


@pytest.mark.parametrize("sep", [None, "\n", "\r\n", "\r"])
@pytest.mark.parametrize(("fields", "lines"), FIELDS)
def test_fields_stand_in_their_order_with_one_separator(fields: dict[str, Any], lines: str, sep: str | None) -> None:
    end = sep or "\n"

    assert ServerSentEvent(**fields, sep=sep).encode().decode() == lines.replace("|", end) + end + end


@pytest.mark.parametrize(("fields", "lines"), FIELDS[1:5])
def test_json_stands_in_the_data_alone(fields: dict[str, Any], lines: str) -> None:
    values = fields | ({"data": {"foo": "bar"}} if "data" in fields else {})

    assert JSONServerSentEvent(**values).encode().decode().rstrip() == lines.replace("|", "\n").replace(
        "data: foo", 'data: {"foo":"bar"}'
    )


@pytest.mark.parametrize("sep", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_of_the_data_is_a_line_of_its_own(line_end: str, sep: str) -> None:
    encoded = ServerSentEvent(line_end.join(["foo", "bar", "xyz"]), event="e", sep=sep).encode().decode()

    assert encoded == sep.join(["event: e", "data: foo", "data: bar", "data: xyz", "", ""])
