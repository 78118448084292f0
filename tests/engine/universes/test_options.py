import pytest
from click.testing import CliRunner

from app.cli import main


@pytest.mark.parametrize("words", [["--name", "own:list"], ["--etf"]])
def test_the_shipped_universes_accept_no_name_and_no_kind(words: list[str]) -> None:
    result = CliRunner().invoke(main, ["data", "universes", "import", "--shipped", *words])

    assert result.exit_code == 2
    assert "--name and --etf are for a FILE" in result.output
