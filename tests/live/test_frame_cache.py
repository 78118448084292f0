"""Frames that several audiences share, whatever else they watch."""

from app.identity import View
from app.live.frame_cache import FrameCache
from app.live.frames import PendingChanges, RenderedPush
from app.live.hub import RenderPush
from app.push import Push
from app.web.html import patch


def changes(*topics: str, draw: RenderPush = patch) -> dict[str, PendingChanges]:
    """One push on each topic."""
    pushes = [Push(topic, topic[-1].lower(), "replace", lambda _view: "<p></p>") for topic in topics]
    return {push.topic: PendingChanges([RenderedPush(push, "state", draw)]) for push in pushes}


def failing(push: Push) -> None:
    raise AssertionError(push)


def test_the_same_changes_make_one_frame_and_others_share_its_parts() -> None:
    calls: list[str] = []

    def draw(push: Push, view: View) -> str:
        calls.append(push.topic)
        return patch(push, view)

    cache = FrameCache(changes("quotes:A", "quotes:B", draw=draw), View(), failing)

    both = cache.frame(("quotes:A", "quotes:B"), "")

    assert both
    assert cache.frame(("quotes:A", "quotes:B"), "") is both
    one = cache.frame(("quotes:B",), "")
    assert one
    assert one.plain in both.plain
    assert calls == ["quotes:A", "quotes:B"]


def test_a_position_is_in_the_frames_of_those_alone_to_whom_it_is_new() -> None:
    cache = FrameCache(changes("quotes:A"), View(), failing)

    new, bare = cache.frame(("quotes:A",), "1-7"), cache.frame(("quotes:A",), "")

    assert new
    assert bare
    assert b"id: 1-7\n" in new.plain
    assert b"id:" not in bare.plain
    assert new.size == len(new.plain)


def test_a_trim_goes_in_a_message_of_its_own_behind_the_others() -> None:
    waiting = changes("patterns")
    waiting["patterns"].add(RenderedPush(Push("patterns", "feed", "trim", lambda _view: "100"), "log", patch))

    frame = FrameCache(waiting, View(), failing).frame(("patterns",), "1-7")

    assert frame
    first, second = frame.plain.decode().split("\n\n")[:2]
    assert "id: 1-7" in first
    assert "feed" in second
    assert "feed" not in first


def test_what_draws_nothing_makes_no_frame() -> None:
    failures: list[Push] = []

    def broken(_push: Push, _view: View) -> str:
        raise ValueError

    cache = FrameCache(changes("quotes:A", draw=broken), View(), failures.append)

    assert cache.frame(("quotes:A",), "1-7") is None
    assert [push.topic for push in failures] == ["quotes:A"]
