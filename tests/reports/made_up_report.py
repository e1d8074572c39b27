"""A report that shows everything at once, made by hand: no database is needed to look at pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tonghop.reports.rows import (
    Change,
    Evidence,
    GateRun,
    Head,
    PeriodCounts,
    ProgrammeScore,
    RejectedFile,
    Restatement,
    RuleCounts,
    Score,
    Timeliness,
    UnitPage,
    UnitRow,
    Waiver,
    WithheldRow,
    YearMetric,
)


def head(number: int = 12) -> Head:
    return Head(
        number=number, kind="refresh", base=11, reason=None,
        opened_at=datetime(2022, 9, 6, 1, 0, tzinfo=UTC), published_at=datetime(2022, 9, 6, 1, 2, tzinfo=UTC),
        periods=["2022-07", "2022-08"], code_version="c0de" * 16, pack_hash="beef" * 16, catalog_version=3,
        name_vi="Tỉnh Thử Nghiệm", name_en="Test province", time_zone="Asia/Ho_Chi_Minh", holidays="VN",
        since=datetime(2022, 8, 6, 1, 0, tzinfo=UTC), files={"staged": 41, "rejected": 1},
    )  # fmt: skip


def problem(severity: str, **values: Any) -> dict[str, Any]:
    return {
        "severity": severity, "rule_code": "VISITS_IS_SUM", "sheet": "Khám bệnh", "cell": "D10", "indicator_code": "VISITS",
        "text_vi": "Tổng phải bằng cộng các thành phần", "text_en": "A total must equal the sum of its parts",
        "measure": "value", "found": "1448", "expected": "= 1450.5", "cells": [], "others": None, "is_finding": False, "typed": "1.448",
        "waiver": None,
    } | values  # fmt: skip


def cell(address: str, code: str, value: int) -> dict[str, Any]:
    return {"sheet": "Khám bệnh", "cell": address, "indicator_code": code, "value": Decimal(value), "measure": "value", "submission_id": 2}


def version(number: int, *problems: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "submission_id": number, "version": number, "status": "in_force", "is_latest": True,
        "received_at": "2022-09-05T03:30:00+00:00", "as_of_date": "2022-08-31", "sender": "C11",
        "source_uri": f"/landing/C11/2022/báo cáo tháng 8 (sửa lại {number}) <b>.xlsx", "problems": list(problems),
    } | values  # fmt: skip


def slot(standing: str, *versions: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "form_code": "ST", "period_code": "2022-08", "standing": standing, "is_late": False,
        "due_at": "2022-09-14T16:59:59+00:00", "in_force_version": None, "versions": list(versions),
    } | values  # fmt: skip


def matrix_slot(standing: str, critical: int = 0, warning: int = 0, is_late: bool = False) -> dict[str, Any]:
    noteworthy = standing not in ("accepted", "not_due") or is_late
    return {
        "standing": standing, "is_late": is_late, "critical": critical, "warning": warning, "info": 0, "waived": 0,
        "is_noteworthy": noteworthy,
    }  # fmt: skip


def counts(code: str) -> PeriodCounts:
    return PeriodCounts(
        code, units=5, owed=5, received=3, accepted=1, accepted_with_warnings=1, quarantined=1, held=0, missing=1, not_due=1,
        late=1, critical=2, warning=3, info=0, waived=1,
    )  # fmt: skip


def point(code: str, owed: int = 4, **values: Any) -> dict[str, Any]:
    return {
        "period_code": code, "owed": owed, "received": owed - 1, "in_force": owed - 2, "held_back": 1, "first_on_time": 2,
        "last_on_time": 1, "completeness": Decimal("83.3"), "score": Decimal("61.2"), "critical": 2, "warning": 3, "first_days": 3,
        "last_days": 12,
    } | values  # fmt: skip


def score(scope: str, parent: str | None, unit: str | None, *points: dict[str, Any]) -> Score:
    return Score(
        "month", scope, parent, parent and f"Huyện {parent}", parent and f"District {parent}", unit, unit and f"Trạm {unit}",
        unit and f"Station {unit}", list(points),
    )  # fmt: skip


def year_metric(metric: str, indicator: str | None = None, **values: Any) -> YearMetric:
    known = {
        "profile_code": "WHO_YEAR", "profile_version": 1, "profile_vi": "Theo năm", "profile_en": "Of a year", "source": "WHO <2017>",
        "metric": metric, "pair_code": "", "indicator_code": indicator, "other_indicator_code": None, "threshold": Decimal(90),
        "minimum_points": 1, "value": Decimal("75.04"), "points": 9, "judgement": "fail", "passed": 1, "failed": 1, "not_judged": 2,
        "too_few_points": 2, "failing": [{"unit_code": "D1", "name_vi": "Huyện 1", "name_en": "District 1", "value": Decimal("50.0")}],
    }  # fmt: skip
    return YearMetric(**(known | values))


def over_time() -> dict[str, Any]:
    """What the made-up report shows beside its own periods: scorecards, timeliness, waivers, changes and a year."""
    july, august = point("2022-07"), point("2022-08", 5, completeness=Decimal(90))
    return {
        "waivers": [
            Waiver(
                4,
                "VISITS_IS_SUM",
                "C12",
                "ST",
                "2022-08",
                "VISITS",
                "VISITS value = 1448",
                "=HYPERLINK(1)",
                date(2022, 12, 31),
                "lan",
                "minh / Hòa",
                "Trạm Y tế thị trấn Hai",
                "Town Two",
            ),
        ],
        "changes": [
            Change("2022-07", "ST", "C12", "corrected", True, 1, 2, datetime(2022, 9, 5, tzinfo=UTC), "Trạm Y tế thị trấn Hai", "Town Two"),
            Change("2022-07", "ST", "C11", "withdrawn", False, 1, None, None, "Trạm Y tế xã Một", "Commune One"),
        ],
        "scores": iter(
            [
                score("whole", None, None, july, august),
                score("parent", None, None, august),
                score("unit", None, "P", august),
                score("parent", "D1", None, july, august),
                score("unit", "D1", "C11", july),
                score("unit", "D1", "C12", july, august),
            ]
        ),
        "programmes": [
            ProgrammeScore(
                "month",
                "KCB",
                "Khám chữa bệnh",
                "Treatment",
                3,
                [
                    {
                        "period_code": "2022-08",
                        "reported": 9,
                        "expected": 12,
                        "completeness": Decimal(75),
                        "critical": 1,
                        "warning": 2,
                        "units": 2,
                    }
                ],
            ),
        ],
        "timeliness": [
            Timeliness("2022-08", "ST", "commune", 5, 3, 2, 1, 1, -1, 1, 4, 12, [1, 0, 1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 1, 0, 0, 1])
        ],
        "years": {
            2022: [
                year_metric("report_completeness"),
                year_metric("extreme_outliers", "VISITS", judgement="cannot_judge", value=None, points=8, minimum_points=11, failing=[]),
                year_metric(
                    "dropout", "VISITS", pair_code="A_B", other_indicator_code="VISITS_CHILD", judgement=None, value=None, points=None
                ),
            ],
        },
    }


def unit_row(code: str, vi: str, en: str, parent: int | None, slots: dict[str, Any], period: str = "2022-08") -> UnitRow:
    return UnitRow(
        period, f"D{parent}" if parent else "P", f"Huyện số {parent}" if parent else "Tỉnh", f"District {parent}" if parent else "Province",
        code, vi, en, any(of["is_noteworthy"] for of in slots.values()), slots,
    )  # fmt: skip


def made_up() -> Evidence:
    parts = [cell("D10", "VISITS", 1448), cell("D11", "VISITS_CHILD", 450), cell("D12", "VISITS_ADULT", 1000)]
    units = [
        UnitPage(
            "C11",
            "Trạm Y tế xã Một",
            "Commune One",
            "Huyện số 1",
            "District 1",
            [
                slot(
                    "quarantined",
                    version(
                        2,
                        problem(
                            "critical",
                            cells=[*parts, {**parts[0], "submission_id": 9}],
                            others={"9": {"unit_code": "C11", "period_code": "2022-07"}},
                        ),
                        problem(
                            "warning",
                            rule_code="COPIED",
                            cells=parts * 10,
                            sheet=None,
                            cell=None,
                            typed=None,
                            indicator_code=None,
                            measure=None,
                            found="12",
                            expected="0",
                        ),
                        problem(
                            "info",
                            rule_code="unknown_row",
                            is_finding=True,
                            measure=None,
                            typed=None,
                            found="<script>alert(1)</script>",
                            expected=None,
                            text_vi="Khám bệnh!A15: dòng lạ",
                            text_en="Khám bệnh!A15: the row is not known",
                        ),
                        status="quarantined",
                    ),
                    version(1, is_latest=False),
                    in_force_version=1,
                    is_late=True,
                ),
                slot("missing", period_code="2022-07"),
            ],
        ),
        UnitPage(
            "C12",
            "Trạm Y tế thị trấn Hai",
            "Town Two",
            "Huyện số 1",
            "District 1",
            [
                slot(
                    "accepted_with_warnings",
                    version(
                        1,
                        problem("warning"),
                        problem(
                            "waived",
                            waiver={
                                "number": 4,
                                "reason": "counted <by hand>",
                                "expires_on": "2022-12-31",
                                "asked_by": "lan",
                                "approved_by": "minh / Hòa",
                            },
                        ),
                    ),
                    in_force_version=1,
                ),
            ],
        ),
    ]
    rules = [
        RuleCounts(
            "VISITS_IS_SUM",
            "Tổng phải bằng cộng các thành phần",
            "A total must equal the sum of its parts",
            "Đếm riêng",
            "Counted apart",
            "Planning",
            1,
            1,
            0,
            1,
            [
                {"unit_code": "C11", "name_vi": "Trạm Y tế xã Một", "name_en": "Commune One", "count": 1},
                {"unit_code": "C12", "name_vi": "Trạm Y tế thị trấn Hai", "name_en": "Town Two", "count": 1},
            ],
        ),
    ]
    rejected = RejectedFile(
        "/landing/C21/bao cao.pdf",
        "C21",
        datetime(2022, 9, 5, 3, 0, tzinfo=UTC),
        [
            {
                "code": "not_a_workbook",
                "text_vi": "Tệp không phải là bảng tính (PDF). Hãy gửi lại tệp .xlsx.",
                "text_en": "This is not a workbook (PDF). Send an .xlsx file.",
                "sheet": None,
                "cell": None,
            },
        ],
    )
    results = [
        {
            "suite": "gate_1",
            "expectation": "comparison critical",
            "severity": "critical",
            "success": False,
            "description": "Tổng khớp / Sums hold",
            "observed": {"count": 1, "rows": [{"rule_code": "VISITS_IS_SUM", "failures": 2, "submissions": 2}]},
        },
        {
            "suite": "gate_1",
            "expectation": "cumulative warning",
            "severity": "warning",
            "success": True,
            "description": "Running totals go on",
            "observed": {},
        },
    ]
    at = datetime(2022, 9, 6, 0, 59, tzinfo=UTC)
    return Evidence(
        head=head(),
        forms={"ST": ("Báo cáo trạm", "Report of a station"), "HO": ("Báo cáo bệnh viện", "Report of a hospital")},
        indicators={"VISITS": ("Lượt khám", "Visits"), "VISITS_CHILD": ("Trẻ em", "Children"), "VISITS_ADULT": ("Người lớn", "Adults")},
        periods=[counts("2022-08"), counts("2022-07")],
        rules=rules,
        matrix=[
            unit_row("C11", "Trạm Y tế xã Một", "Commune One", 1, {"ST": matrix_slot("quarantined", 1, 1, is_late=True)}),
            unit_row("C12", "Trạm Y tế thị trấn Hai", "Town Two", 1, {"ST": matrix_slot("accepted_with_warnings", 0, 1)}),
            unit_row("C21", "Trạm Y tế xã Ba", "Commune Three", 2, {"ST": matrix_slot("not_due")}),
            unit_row("H1", "Bệnh viện Đa khoa", "General hospital", None, {"HO": matrix_slot("accepted")}),
            unit_row("C11", "Trạm Y tế xã Một", "Commune One", 1, {"ST": matrix_slot("missing")}, "2022-07"),
        ],
        units=iter(units),
        rejected=[rejected],
        gates=[GateRun(1, 7, "passed", at, at, results), GateRun(2, 8, "passed", at, None, [])],
        withheld=[
            WithheldRow("2022-07", None, None, "needs_approval", "3/5", "", ""),
            WithheldRow("2022-06", "ST", "C11", "closed", "version 1 → version 2", "Trạm Y tế xã Một", "Commune One"),
        ],
        restatements=[
            Restatement("2022-06", "ST", "C12", "corrected", "Trạm Y tế thị trấn Hai", "Town Two", 1, 2, at, "lan", "minh", "typed twice"),
            Restatement("2022-06", "ST", "C21", "new", "Trạm Y tế xã Ba", "Commune Three", None, 1, at, "", "", None),
        ],
        **over_time(),
    )
