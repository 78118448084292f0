"""Why a change of what a person keeps is not made."""

from collections.abc import Mapping


class Refusal(Exception):
    """A change that is not made; the text is for the person who asked for it."""


class NameTaken(Refusal):
    def __init__(self, name: str, kind: str = "list") -> None:
        super().__init__(f"You have a {kind} called {name} already.")


class LimitReached(Refusal):
    """The text names the limit."""


class InvalidText(Refusal):
    """A name or a note that is empty, too long, or has characters that cannot be seen."""


class StaleChange(Refusal):
    """Somebody changed the same thing after the form was drawn, or after a program read it.

    `current`: what stands now, by what was to be changed ("name", a symbol whose note it is); None where it is gone.
    `version`: that of the whole now.
    """

    def __init__(self, current: Mapping[str, str | None], version: int) -> None:
        super().__init__("This was changed in another window meanwhile.")
        self.current, self.version = current, version


class UndoExpired(Refusal):
    """Also for one that was used, and for one of somebody else."""

    def __init__(self) -> None:
        super().__init__("This can no longer be undone: it was undone already, or its time is over.")
