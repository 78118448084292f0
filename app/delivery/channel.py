"""The interface of an outward channel: a way by which a message reaches a person outside of the desk."""

from enum import StrEnum
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    id: str
    """The same in every try, so that a receiver recognises a repetition: letters, digits, `.` and `-`."""
    to: str
    """An address in the channel's form, such as that of a mailbox."""
    subject: str
    text: str


class Result(StrEnum):
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    """Not now, or not known: the same message may be sent later. A receiver may then get it twice."""
    PERMANENT = "permanent"
    """Never: this message or this address is refused. Another one may be accepted."""


class Outcome(NamedTuple):
    result: Result
    reason: str = ""
    """Of a failure, for operators: its kind and code, and nothing of the message, the address or a password."""


class DeliveryChannel(Protocol):
    @property
    def name(self) -> str:
        """Of its folder in app/delivery."""
        ...

    @property
    def configured(self) -> bool:
        """Whether the settings name a server. Where they do not, nothing is to be sent."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Within a bounded time. Whatever the other side does is an outcome, and no exception."""
        ...

    async def check(self) -> Outcome:
        """Whether messages could be sent now. Sends none."""
        ...
