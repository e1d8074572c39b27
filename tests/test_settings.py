"""Where settings come from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tonghop.settings import SettingsWrong, settings


def test_a_file_of_settings_can_be_named_and_the_environment_goes_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "another.env"
    file.write_text("TONGHOP_READERS=3\nTONGHOP_BATCH_FILES=7\n", encoding="utf-8")
    monkeypatch.setenv("TONGHOP_ENV_FILE", str(file))
    monkeypatch.setenv("TONGHOP_BATCH_FILES", "9")
    settings.cache_clear()
    try:
        assert (settings().readers, settings().batch_files) == (3, 9)
    finally:
        settings.cache_clear()


def test_a_file_of_settings_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_ENV_FILE", str(tmp_path / "mistyped.env"))
    settings.cache_clear()
    try:
        with pytest.raises(SettingsWrong, match=r"TONGHOP_ENV_FILE names .*mistyped\.env, which is not there"):
            settings()
    finally:
        settings.cache_clear()


def test_no_setting_of_a_real_warehouse_reaches_a_test() -> None:
    assert os.environ["TONGHOP_ENV_FILE"] == os.devnull
    assert settings().admin_dsn is None
