from __future__ import annotations

import pytest

from tonghop.reports.words import expectation


@pytest.mark.parametrize(
    ("said", "vietnamese", "english"),
    [
        ("= 1234.5", "1.234,5", "1,234.5"),
        ("<= 1234", "≤ 1.234", "≤ 1,234"),
        (">= -0.5", "≥ -0,5", "≥ -0.5"),
        ("≠ 5", "≠ 5", "≠ 5"),
        ("4.5 … 9000", "4,5 … 9.000", "4.5 … 9,000"),
        ("1234.5 & –", "1.234,5 & –", "1,234.5 & –"),
        ("1489 (z = -4.7, n = 19)", "1.489 (z = -4,7, n = 19)", "1,489 (z = -4.7, n = 19)"),
        ("1234.5 (1000 + 234.5)", "1.234,5 (1000 + 234,5)", "1,234.5 (1000 + 234.5)"),
        ("1200 (2021-08)", "1.200 (2021-08)", "1,200 (2021-08)"),
        ("2022-08-15", "2022-08-15", "2022-08-15"),
        ("25 = C12 CT 2022", "25 = C12 CT 2022", "25 = C12 CT 2022"),
        ("7 (K1.5: → 8.5)", "7 (K1.5: → 8,5)", "7 (K1.5: → 8.5)"),
        ("chỉ một trong hai / one of the two at most", "chỉ một trong hai", "one of the two at most"),
        (
            "58.5 (1234.5 / 2100, số nguyên gần nhất / nearest whole plan)",
            "58,5 (1.234,5 / 2100, số nguyên gần nhất)",
            "58.5 (1,234.5 / 2100, nearest whole plan)",
        ),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_what_a_rule_says_has_its_numbers_as_the_language_writes_them(said: str | None, vietnamese: str, english: str) -> None:
    assert (expectation(said, "vi"), expectation(said, "en")) == (vietnamese, english)
