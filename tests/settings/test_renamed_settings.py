"""An old name of a setting still works, and the start warns of it."""

from pathlib import Path

import pytest

from app.settings.load import load, setting_paths
from app.settings.sources import RENAMED, BadSetting

ADVICE = "is an old name; use TICKSTOCK_LIVE_TRANSPORT or, in a file, [live] transport"


def settings_of(root: Path, *, file: str = "", dotenv: str = "", **environ: str) -> tuple[str, tuple[str, ...]]:
    (root / "config").mkdir()
    (root / "config" / "default.toml").write_text(f"[live]\n{file}")
    (root / ".env").write_text(dotenv)
    settings, warnings = load({"DATA_DIR": str(root), **environ}, root)
    return settings.live.transport, warnings


def test_an_old_name_in_a_file_sets_the_setting(tmp_path: Path) -> None:
    assert settings_of(tmp_path, file='lane = "plain"') == (
        "plain",
        (f"config/default.toml: [live] lane: {ADVICE}",),
    )


def test_an_old_name_in_dotenv_sets_the_setting(tmp_path: Path) -> None:
    assert settings_of(tmp_path, file='transport = "auto"', dotenv="TICKSTOCK_LIVE_LANE=plain") == (
        "plain",
        (f"TICKSTOCK_LIVE_LANE (.env): {ADVICE}",),
    )


def test_an_old_name_in_the_environment_sets_the_setting(tmp_path: Path) -> None:
    assert settings_of(tmp_path, dotenv="TICKSTOCK_LIVE_LANE=auto", TICKSTOCK_LIVE_LANE="plain") == (
        "plain",
        (f"TICKSTOCK_LIVE_LANE: {ADVICE}",),
    )


def test_a_new_name_in_the_environment_wins_over_an_old_name_in_a_file(tmp_path: Path) -> None:
    assert settings_of(tmp_path, file='lane = "plain"', TICKSTOCK_LIVE_TRANSPORT="auto")[0] == "auto"


@pytest.mark.parametrize(
    ("file", "dotenv", "line"),
    [
        (
            'lane = "plain"\ntransport = "plain"',
            "",
            "config/default.toml: [live] lane: is the old name of config/default.toml: [live] transport; "
            "keep only the new one",
        ),
        (
            "",
            "TICKSTOCK_LIVE_LANE=plain\nTICKSTOCK_LIVE_TRANSPORT=plain",
            "TICKSTOCK_LIVE_LANE (.env): is the old name of TICKSTOCK_LIVE_TRANSPORT (.env); keep only the new one",
        ),
    ],
)
def test_both_names_in_one_source_are_refused(tmp_path: Path, file: str, dotenv: str, line: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        settings_of(tmp_path, file=file, dotenv=dotenv)

    assert str(refusal.value) == line


def test_a_bad_value_is_reported_under_the_name_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"^TICKSTOCK_LIVE_LANE: Input should be 'auto' or 'plain'"):
        settings_of(tmp_path, TICKSTOCK_LIVE_LANE="fast")


def test_every_new_name_is_a_setting_and_no_old_name_is() -> None:
    assert set(RENAMED.values()) <= setting_paths()
    assert not RENAMED.keys() & setting_paths()
