"""Addresses of landing areas, and the settings that hold them."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tonghop.addresses import Address
from tonghop.settings import Settings, SettingsWrong, settings

words = st.text(min_size=1).filter(lambda text: text.isprintable())


@pytest.mark.parametrize(
    ("text", "expected", "public"),
    [
        ("/srv/landing", Address("file", "/srv/landing"), "/srv/landing"),
        ("file:///srv/a b", Address("file", "/srv/a b"), "/srv/a b"),
        ("s3://bucket", Address("s3", "", host="bucket"), "s3://bucket"),
        ("s3://store@bucket/in/#1?x", Address("s3", "/in/#1?x", "store", None, "bucket"), "s3://store@bucket/in/#1?x"),
        ("SFTP://u%40x:p%2F%3A%40@h:2222/in/", Address("sftp", "/in/", "u@x", "p/:@", "h", 2222), "sftp://u@x@h:2222/in"),
        ("sftp://u:@h", Address("sftp", "", "u", "", "h"), "sftp://u@h"),
    ],
)
def test_an_address_is_taken_apart(text: str, expected: Address, public: str) -> None:
    assert Address.parse(text) == expected
    assert Address.parse(text).public == public


@given(user=words, password=words)
def test_a_password_is_read_back_and_never_shown(user: str, password: str) -> None:
    address = Address.parse(f"sftp://{quote(user, safe='')}:{quote(password, safe='')}@host:22/in")
    assert (address.user, address.password) == (user, password)
    assert address.public == f"sftp://{user}@host:22/in"


def test_an_address_printed_by_a_program_has_no_password() -> None:
    assert "geheim" not in repr(Address.parse("sftp://u:geheim@host/in"))


@pytest.mark.parametrize("text", ["", "sftp://u:geheim/x@host/in", "sftp://u:geheim@host:port/in", "://geheim"])
def test_what_is_no_address_is_refused_without_being_repeated(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"no URL of the form|is empty") as caught:
        Address.parse(text)
    assert "heim" not in str(caught.value)
    monkeypatch.setenv("TONGHOP_LANDING", json.dumps([text]))
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "heim" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("/srv/landing", ["/srv/landing"]),
        ("s3://store@bucket/in", ["s3://store@bucket/in"]),
        ('["/a", {"url": "sftp://units@host/in", "done": "../done", "failed": "/failed", "sender": "H1"}]', ["/a", "sftp://units@host/in"]),
    ],
)
def test_landing_areas_are_one_or_several(value: str, urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_LANDING", value)
    assert [area.url for area in Settings().landing_areas] == urls


@pytest.mark.parametrize(
    "value", ['[{"url": "/a"', '[{"url": "/a", "dne": "b"}]', '[{"url": "/a", "done": ""}]', '{"url": "/a"}', "sftp://a:b/c@d"]
)
def test_a_setting_that_cannot_be_meant_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_LANDING", value)
    with pytest.raises(ValidationError, match="landing"):
        Settings()


def test_the_landing_area_is_in_the_state_folder_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TONGHOP_LANDING", raising=False)
    assert re.fullmatch(r".*/landing", Settings().landing_names)
    monkeypatch.setenv("TONGHOP_LANDING", '["/a", "sftp://u:geheim@h/in"]')
    assert Settings().landing_names == "/a, sftp://u@h/in"
    assert "geheim" not in repr(Settings())


def test_a_wrong_setting_is_told_by_its_name_and_never_by_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, says in (
        ("TONGHOP_LANDING", '["/a", "sftp://u:gehe/im@h"]', "TONGHOP_LANDING, item 2, url: this is no URL of the form"),
        ("TONGHOP_LANDING_OPTIONS", '{"geheim', "landing_options"),
        ("TONGHOP_POLL_SECONDS", "geheim", "TONGHOP_POLL_SECONDS: Input should be a valid integer"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            settings.cache_clear()
            with pytest.raises(SettingsWrong, match=says) as caught:
                settings()
        assert "gehe" not in str(caught.value)
    settings.cache_clear()
