"""Profiles of a pack: thresholds with versions, and what cannot be one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.packs import write_pack

from tonghop.catalog import check, load_pack, read_pack
from tonghop.database import connect

PROFILE = """\
- profile: Q
  version: {version}
  period_type: year
  base_periods: 3
  name_vi: Chất lượng
  name_en: Quality
  source: Ours
  valid_from: {since}
  metrics: {metrics}
  pairs: {pairs}
"""


def profile(version: int = 1, since: str = "2021-01-01", metrics: str = "{}", pairs: str = "[]") -> str:
    return PROFILE.format(version=version, since=since, metrics=metrics, pairs=pairs)


PAIR = "{pair: X, metric: dropout, a: VISITS, b: CASES, threshold: 0}"
TOGETHER = "profile Q: version 2 holds together with version 1 (line 1)"
WRONG = {
    "fewer figures than can be extreme": (
        profile(metrics="{extreme_outliers: {threshold: 1, deviations: 3, minimum_points: 10}}"),
        "of 10 figures none can lie 3 deviations from their mean; minimum_points of at least 11 is expected",
    ),
    "no deviations": (profile(metrics="{modified_outliers: {threshold: 1}}"), "modified_outliers: deviations expected, found none"),
    "deviations of no outlier": (
        profile(metrics="{timeliness: {threshold: 75, deviations: 2}}"),
        "timeliness: no deviations expected, found deviations",
    ),
    "unknown metric": (profile(metrics="{beauty: {threshold: 1}}"), "beauty"),
    "unknown indicator": (
        profile(pairs="[{pair: X, metric: dropout, a: VISITS, b: BEDS, threshold: 0}]"),
        "pair X: b names BEDS, which is no indicator_code in indicators.csv",
    ),
    "pair twice": (
        profile(pairs=f"[{PAIR}, {PAIR}]"),
        "pairs: X stands twice",
    ),
    "version twice": (profile() + profile(), "version 1 of profile Q stands in line 1"),
    "versions together": (profile() + profile(version=2, since="2022-01-01"), TOGETHER),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_profile_that_cannot_be(tmp_path: Path, text: str, told: str) -> None:
    problems = check(write_pack(tmp_path, profiles=text))
    assert [problem for problem in problems if problem.startswith("profiles.yml:") and told in problem], problems


@pytest.mark.database
def test_profiles_arrive_with_their_criteria(warehouse: None, tmp_path: Path) -> None:
    metrics = "{timeliness: {threshold: 75}, moderate_outliers: {threshold: 2, deviations: 2, up_to_deviations: 3, minimum_points: 11}}"
    text = profile(metrics=metrics, pairs=f"[{PAIR}]")
    with connect("loader") as connection:
        load_pack(read_pack(write_pack(tmp_path, profiles=text)), connection)
    with connect("auditor") as connection:
        rows = connection.execute(
            "select metric, pair_code, a_indicator_code, b_indicator_code, threshold, deviations, up_to_deviations, minimum_points "
            "from catalog.quality_criterion inner join catalog.quality_profile using (pack_hash, profile_code, version) "
            "where base_periods = 3 and period_type = 'year' order by metric"
        ).fetchall()
    assert rows == [
        ("dropout", "X", "VISITS", "CASES", 0, None, None, 2),
        ("moderate_outliers", "", None, None, 2, 2, 3, 11),
        ("timeliness", "", None, None, 75, None, None, 1),
    ]
