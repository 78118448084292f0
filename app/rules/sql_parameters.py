"""The values of a statement, each bound as a parameter."""


class Parameters:
    def __init__(self) -> None:
        self.values: list[object] = []

    def bind(self, value: object, kind: str) -> str:
        """The placeholder for a value of that SQL type."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"
