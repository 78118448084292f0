"""The public case list for WebSocket servers, by its numbers: what a client sends, and what a server answers that takes
no messages. Each answer is whole: pongs, then the code of the close, or None where the connection goes on."""

from collections.abc import Iterator
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x12\x34\x56\x78"
GREETING = "κόσμε".encode()
ALL = "Hello-µ@ßöäüàá-UTF-8!!".encode()
SURROGATE = GREETING + b"\xed\xa0\x80edited"


class Case(NamedTuple):
    number: str
    frames: tuple[bytes, ...]
    pongs: tuple[bytes, ...] = ()
    code: int | None = None
    """Of the server's close; 0 for one without a code."""
    octets: bool = False
    """Whether every byte comes alone."""


def frame(opcode: int, payload: bytes = b"", *, whole: bool = True, reserved: int = 0, size: bytes = b"") -> bytes:
    """As a client writes it; `size` stands for the length's own bytes."""
    if not size:
        short, long = len(payload), b""
        if short > 125:
            short, long = (126, short.to_bytes(2, "big")) if short < 65_536 else (127, short.to_bytes(8, "big"))
        size = bytes((short,)) + long
    masked = bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))
    return bytes((whole << 7 | reserved << 4 | opcode, 0x80 | size[0])) + size[1:] + MASK + masked


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def ping(payload: bytes = b"") -> bytes:
    return frame(PING, payload)


def parts(opcode: int, *payloads: bytes) -> tuple[bytes, ...]:
    """One message split into frames."""
    last = len(payloads) - 1
    return tuple(frame(opcode * (place == 0), each, whole=place == last) for place, each in enumerate(payloads))


def messages() -> Iterator[Case]:
    """Messages, each of which the server closes with 1003 at its first frame."""
    for section, opcode in (("1.1", TEXT), ("1.2", BINARY)):
        for number, size in enumerate((0, 125, 126, 127, 128, 65_535, 65_536, 65_536), 1):
            yield Case(f"{section}.{number}", (frame(opcode, b"*" * size),), code=1003)
    for section, opcode in enumerate((TEXT, BINARY, TEXT, BINARY, TEXT, BINARY), 1):
        for number, size in enumerate((64, 256, 1024, 4096, 8192, 16_384), 1):
            announced = b"\x7f" + (size * 1024).to_bytes(8, "big")
            first = frame(opcode, b"*" * 100, whole=section not in (3, 4), size=announced)
            yield Case(f"9.{section}.{number}", (first,), code=1003)
    for section, opcode in ((7, TEXT), (8, BINARY)):
        for number, size in enumerate((0, 16, 64, 256, 1024, 4096), 1):
            yield Case(f"9.{section}.{number}", (frame(opcode, b"*" * size),) * 10, code=1003)
    yield Case("10.1.1", parts(TEXT, *[b"*" * 1300] * 50), code=1003)


def controls() -> Iterator[Case]:
    high, ten = b"\xfe" * 125, tuple(b"payload-%d" % number for number in range(10))
    yield Case("2.1", (ping(),), (b"",))
    yield Case("2.2", (ping(b"Hello, world!"),), (b"Hello, world!",))
    yield Case("2.3", (ping(b"\0\xff\xfe\xfd\xfc\xfb\0\xff"),), (b"\0\xff\xfe\xfd\xfc\xfb\0\xff",))
    yield Case("2.4", (ping(high),), (high,))
    yield Case("2.5", (ping(b"\xfe" * 126),), code=1002)
    yield Case("2.6", (ping(high),), (high,), octets=True)
    yield Case("2.7", (frame(PONG),))
    yield Case("2.8", (frame(PONG, b"unsolicited"),))
    yield Case("2.9", (frame(PONG, b"unsolicited"), ping(b"ping")), (b"ping",))
    yield Case("2.10", tuple(map(ping, ten)), ten)
    yield Case("2.11", tuple(map(ping, ten)), ten, octets=True)


def reserved() -> Iterator[Case]:
    small = frame(TEXT, b"small")
    yield Case("3.1", (frame(TEXT, b"small", reserved=1),), code=1002)
    yield Case("3.2", (small, frame(TEXT, b"small", reserved=2), ping()), code=1003)
    yield Case("3.3", (small, frame(TEXT, b"small", reserved=3), ping()), code=1003)
    yield Case("3.4", (small, frame(TEXT, b"small", reserved=4), ping()), code=1003, octets=True)
    yield Case("3.5", (frame(BINARY, b"\0\xff", reserved=5),), code=1002)
    yield Case("3.6", (frame(PING, b"ping", reserved=6),), code=1002)
    yield Case("3.7", (frame(CLOSE, reserved=7),), code=1002)
    for section, opcodes in (("4.1", range(3, 8)), ("4.2", range(11, 16))):
        for number, opcode in enumerate(opcodes, 1):
            yield Case(f"{section}.{number}", (frame(opcode, b"x" * (number % 2)), ping()), code=1002)
            if number > 2:
                yield Case(f"{section}.{number} behind a text", (small, frame(opcode), ping()), code=1003)


def fragments() -> Iterator[Case]:
    half = (frame(TEXT, b"one", whole=False), frame(0, b"two"))
    between, stray = (half[0], ping(b"ping"), half[1]), frame(0, b"stray")
    unfinished = frame(0, b"stray", whole=False)
    yield Case("5.1", parts(PING, b"one", b"two"), code=1002)
    yield Case("5.2", parts(PONG, b"one", b"two"), code=1002)
    for number, frames in ((3, half), (6, between)):
        yield Case(f"5.{number}", frames, code=1003)
        yield Case(f"5.{number + 1}", frames, code=1003)
        yield Case(f"5.{number + 2}", frames, code=1003, octets=True)
    for number, first in ((9, stray), (12, unfinished)):
        yield Case(f"5.{number}", (first, frame(TEXT, b"Hello")), code=1002)
        yield Case(f"5.{number + 1}", (first, frame(TEXT, b"Hello")), code=1002)
        yield Case(f"5.{number + 2}", (first, frame(TEXT, b"Hello")), code=1002, octets=True)
    yield Case("5.15", (*half, unfinished, frame(TEXT, b"five")), code=1003)
    yield Case("5.16", (unfinished, *half) * 2, code=1002)
    yield Case("5.17", (stray, *half) * 2, code=1002)
    yield Case("5.18", (half[0], half[0]), code=1003)
    yield Case("5.19", (ping(b"one"), *between), (b"one",), 1003)
    yield Case("5.20", (ping(b"one"), *between), (b"one",), 1003, octets=True)


VALID = {
    "6.2": [ALL, GREETING],
    "6.5": [GREETING + b"edited", b"", b"\0", b"a"],
    "6.7": ["\0", "\x80", "\u0800", "\U00010000"],
    "6.9": ["\x7f", "\u07ff", "\uffff", "\U0010ffff"],
    "6.11": ["\ud7ff", "\ue000", "\ufffd", "\U0010ffff"],
    "6.22": [chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)],
    "6.23": [chr(letter) for letter in range(0xFFF9, 0x10000)],
}
INVALID = {
    "6.3": "cebae1bdb9cf83cebcceb5eda080656469746564",
    "6.6": "ce cebae1 cebae1bd cebae1bdb9cf cebae1bdb9cf83ce cebae1bdb9cf83cebcce",
    "6.8": "f888808080 fc8480808080",
    "6.10": "f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf",
    "6.11": "f4908080",
    "6.12": "80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf 8081828384858687",
    "6.13": "c020c120c220 e020e120e220 f020f120f220 f820f920fa20 fc20fd20",
    "6.14": "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf",
    "6.15": "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
    "6.16": "fe ff fefeffff",
    "6.17": "c0af e080af f08080af f8808080af fc80808080af",
    "6.18": "c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf",
    "6.19": "c080 e08080 f0808080 f880808080 fc8080808080",
    "6.20": "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf",
    "6.21": "eda080edb080 eda080edbfbf edadbfedb080 edadbfedbfbf edae80edb080 edae80edbfbf edafbfedb080 edafbfedbfbf",
}


def utf8() -> Iterator[Case]:
    """UTF-8 cases: any text message is closed with 1003; only the reason of a close is validated."""
    letters = {
        section: [each.encode() if isinstance(each, str) else each for each in VALID[section]] for section in VALID
    }
    for section, payloads in letters.items():
        for number, payload in enumerate(payloads, 1):
            yield Case(f"{section}.{number} valid text", (frame(TEXT, payload),), code=1003)
            yield Case(f"{section}.{number} valid reason", (closing(1000, payload),), code=1000)
    for section, invalid in INVALID.items():
        for number, payload in enumerate(map(bytes.fromhex, invalid.split()), 1):
            yield Case(f"{section}.{number} invalid text", (frame(TEXT, payload),), code=1003)
            yield Case(f"{section}.{number} invalid reason", (closing(1000, payload),), code=1007)
    octet = [bytes((each,)) for each in SURROGATE]
    for number, frames in enumerate((parts(TEXT, b""), parts(TEXT, b"", b"", b""), parts(TEXT, b"", b"one", b"")), 1):
        yield Case(f"6.1.{number}", frames, code=1003)
    for number, frames in enumerate((parts(TEXT, GREETING, SURROGATE[len(GREETING) :]), parts(TEXT, *octet)), 1):
        yield Case(f"6.4.{number}", frames, code=1003)
        yield Case(f"6.4.{number + 2}", frames, code=1003, octets=True)


def closes() -> Iterator[Case]:
    goodbye, hello = closing(1000), frame(TEXT, b"Hello")
    yield Case("7.1.1", (hello, goodbye), code=1003)
    yield Case("7.1.2", (goodbye, goodbye), code=1000)
    yield Case("7.1.3", (goodbye, ping()), code=1000)
    yield Case("7.1.4", (goodbye, hello), code=1000)
    yield Case("7.1.5", (frame(TEXT, b"one", whole=False), goodbye, frame(0, b"two")), code=1003)
    yield Case("7.1.6", (frame(TEXT, b"*" * 262_144), goodbye, ping()), code=1003)
    yield Case("7.3.1", (frame(CLOSE),), code=0)
    yield Case("7.3.2", (frame(CLOSE, b"a"),), code=1002)
    yield Case("7.3.3", (goodbye,), code=1000)
    yield Case("7.3.4", (closing(1000, b"Hello World!"),), code=1000)
    yield Case("7.3.5", (closing(1000, b"*" * 123),), code=1000)
    yield Case("7.3.6", (closing(1000, b"*" * 124),), code=1002)
    yield Case("7.5.1", (closing(1000, SURROGATE),), code=1007)
    good = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
    for number, code in enumerate(good, 1):
        yield Case(f"7.7.{number}", (closing(code),), code=code)
    for number, code in enumerate((0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999), 1):
        yield Case(f"7.9.{number}", (closing(code),), code=1002)
    yield Case("7.13.1", (closing(5000),), code=1002)
    yield Case("7.13.2", (closing(65_535),), code=1002)


def framing() -> Iterator[Case]:
    """Cases that the list lacks: masks, and lengths that are not minimal."""
    yield Case("a ping without a mask", (b"\x89\0",), code=1002)
    yield Case("a text without a mask", (b"\x81\x05hello",), code=1002)
    yield Case("a ping in the medium length", (frame(PING, b"ping", size=b"\x7e\0\x04"),), code=1002)
    yield Case("a ping in the long length", (frame(PING, b"ping", size=b"\x7f" + bytes(7) + b"\x04"),), code=1002)
    yield Case("a close in the medium length", (frame(CLOSE, b"\x03\xe8", size=b"\x7e\0\x02"),), code=1002)
    yield Case("a close of one octet after another", (closing(1001, b"away"),), code=1001, octets=True)
    yield Case("a deflated ping", (frame(PING, b"ping", reserved=4),), code=1002)


CASES = tuple(
    case for section in (messages, controls, reserved, fragments, utf8, closes, framing) for case in section()
)
