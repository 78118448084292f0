"""Reads the Lua programs that lie beside the modules which run them."""

from pathlib import Path


def read(module: str, name: str) -> str:
    """The text of `name`.lua in the folder of `module`, which passes its `__file__`. Raises FileNotFoundError."""
    return Path(module).with_name(f"{name}.lua").read_text()
