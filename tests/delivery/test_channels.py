"""What every outward channel must do. A new channel is one more case in `PEERS`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple

import pytest
import pytest_asyncio

from app.delivery.channel import DeliveryChannel, Message, Outcome, Result
from app.delivery.email import transport
from app.delivery.email.transport import EmailChannel
from app.settings.sections import MailSection
from tests.house import tree
from tests.support.mail_server import Postbox
from tests.support.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "hunter2"


class Peer(NamedTuple):
    """The other side of a channel, on a real socket."""

    channel: DeliveryChannel
    unreachable: DeliveryChannel
    """The same channel to a server that is not there."""
    unconfigured: DeliveryChannel
    address: str
    not_an_address: str
    refuse: Callable[[Result], None]
    """Lets the peer answer the next message with such a failure."""
    received: Callable[[], list[str]]
    """(subject, text) of what it accepted, as one text each."""


def email_channel(port: int) -> EmailChannel:
    return EmailChannel(MailSection(host="127.0.0.1", port=port, sender="desk@example.org", tls="none"))


@asynccontextmanager
async def email_peer() -> AsyncIterator[Peer]:
    postbox = Postbox(free_port())
    postbox.start()

    def refuse(result: Result) -> None:
        postbox.refusals, postbox.refusal = 1, f"{'451' if result is Result.TEMPORARY else '554'} {SECRET}"

    yield Peer(
        email_channel(postbox.port),
        email_channel(free_port()),
        EmailChannel(MailSection()),
        "alice@example.org",
        "alice@example.org\r\nBcc: bob@example.org",
        refuse,
        lambda: [f"{email['Subject']}: {email.get_content()}" for email in postbox.emails],
    )
    postbox.stop()


PEERS: dict[str, Callable[[], AbstractAsyncContextManager[Peer]]] = {"email": email_peer}


@pytest_asyncio.fixture(params=list(PEERS), scope="module", loop_scope="module")
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    async with PEERS[request.param]() as peer:
        yield peer


def message(to: str, text: str = "IBM closed above 200.") -> Message:
    return Message("17.1346423465000", to, "An alert", text)


async def test_every_channel_has_a_case_here() -> None:
    folders = {path.parent.name for path in (tree.APP / "delivery").glob("*/transport.py")}

    assert folders == set(PEERS)


async def test_a_channel_has_the_name_of_its_folder(peer: Peer) -> None:
    assert PEERS[peer.channel.name]
    assert peer.channel.configured
    assert not peer.unconfigured.configured


async def test_an_accepted_message_is_with_the_peer_once(peer: Peer) -> None:
    before = len(peer.received())

    assert await peer.channel.send(message(peer.address)) == Outcome(Result.ACCEPTED)

    (received,) = peer.received()[before:]
    assert "An alert" in received
    assert "IBM closed above 200." in received


@pytest.mark.parametrize("result", [Result.TEMPORARY, Result.PERMANENT])
async def test_a_failure_says_whether_it_is_worth_another_try(peer: Peer, result: Result) -> None:
    before = len(peer.received())
    peer.refuse(result)

    refusal = await peer.channel.send(message(peer.address))
    next_one = await peer.channel.send(message(peer.address))

    assert refusal.result is result
    assert refusal.reason
    assert next_one.result is Result.ACCEPTED
    assert len(peer.received()) == before + 1


async def test_the_reason_of_a_failure_repeats_neither_message_nor_answer(peer: Peer) -> None:
    peer.refuse(Result.PERMANENT)

    outcome = await peer.channel.send(message(peer.address, "the text of the message"))

    assert SECRET not in outcome.reason
    assert peer.address not in outcome.reason
    assert "text" not in outcome.reason


async def test_an_invalid_address_is_a_permanent_failure_and_sends_nothing(peer: Peer) -> None:
    before = len(peer.received())

    outcome = await peer.channel.send(message(peer.not_an_address))

    assert outcome.result is Result.PERMANENT
    assert len(peer.received()) == before


async def test_a_server_that_is_not_there_is_a_temporary_failure(peer: Peer) -> None:
    sent, checked = await peer.unreachable.send(message(peer.address)), await peer.unreachable.check()

    assert (sent.result, checked.result) == (Result.TEMPORARY, Result.TEMPORARY)
    assert sent.reason
    assert checked.reason


async def test_a_check_sends_nothing(peer: Peer) -> None:
    before = len(peer.received())

    assert await peer.channel.check() == Outcome(Result.ACCEPTED)
    assert len(peer.received()) == before


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("452 full", Outcome(Result.TEMPORARY, "SMTPRecipientRefused 452")),
        ("550 nobody", Outcome(Result.PERMANENT, "SMTPRecipientRefused 550")),
    ],
)
async def test_a_mailbox_that_is_full_is_tried_again_and_one_that_does_not_exist_is_not(
    reply: str, outcome: Outcome
) -> None:
    postbox = Postbox(free_port())
    postbox.refused_recipients["bob@example.org"] = reply
    postbox.start()

    assert await email_channel(postbox.port).send(message("bob@example.org")) == outcome
    postbox.stop()


async def test_a_mail_server_that_says_nothing_ends_within_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SEND_SECONDS", 0.2)
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(3600), "127.0.0.1", 0)
    channel = email_channel(silent.sockets[0].getsockname()[1])

    async with asyncio.timeout(5):
        assert (await channel.send(message("alice@example.org"))).result is Result.TEMPORARY
        assert (await channel.check()).result is Result.TEMPORARY
    silent.close()


async def test_every_try_of_an_email_has_the_same_message_id() -> None:
    ids = {transport.build_message(message("alice@example.org"), "desk@example.org")["Message-ID"] for _ in range(2)}

    assert ids == {"<17.1346423465000@example.org>"}
