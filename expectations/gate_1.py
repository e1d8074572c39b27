"""Gate 1: what a submission must meet to be taken into the warehouse.

One expectation a kind of rule and severity over what the rule models collected, and checks that the collecting itself was sound.
What a failed expectation counts is held against each submission that it names; what no submission can be blamed for (a failure that
belongs to no submission of the run, a submission that the rules did not see) refuses the whole run, and no verdict is given.
"""

from __future__ import annotations

from collections.abc import Iterable

from tonghop.gate.suites import Asset, Check, literal, table_of
from tonghop.model import Severity

KIND_REASONS = {
    "comparison": "Các số liệu trong một báo cáo phải khớp nhau / The figures of one report must agree with each other",
    "parts": "Các phần phải cộng lại bằng tổng số / The parts of a figure (by sex, by age) must add up to its total",
    "ratio": "Tỷ lệ in ra phải bằng tử số chia mẫu số / A printed rate must follow from its numerator and denominator",
    "implied_denominator": "Hai tỷ lệ phải cùng một mẫu số / Two rates must rest on the same base",
    "percent_of_plan": "Phần trăm kế hoạch phải khớp với kế hoạch / A percentage of the plan must follow from the plan",
    "cumulative": "Cộng dồn phải bằng kỳ trước cộng kỳ này / A cumulative figure must be the period before plus this one",
    "same_period": "Số cùng kỳ phải là số đã báo cáo năm trước / The same-period figure must be what was reported a year before",
    "control": "Số tổng hợp phải bằng tổng các đơn vị / A compiled figure must equal the sum of the reports below",
    "identical": "Số liệu không được giống hệt báo cáo khác / Figures must not be those of another report",
    "outlier": "Số liệu khác thường cần được kiểm tra / A figure far from the unit's own history needs a look",
    "finding": "Ô và tệp phải đọc được rõ ràng / Files and cells must be readable without doubt",
    "missing_report": "Báo cáo đến hạn phải được gửi / A report that is due must have come",
    "correction": "Số sửa tay phải đúng với số đang có trong báo cáo / A hand correction must find the value that it expects",
}
"""Why each kind of rule is checked. The text of the single rule stands in the pack."""

RuleGroup = tuple[str, Severity]
"""A kind of rule and a severity that rules of this kind have in the pack."""


def assets(gate_run_id: int, groups: Iterable[RuleGroup]) -> list[Asset]:
    """The suites of one run of gate 1, for the kinds and severities that the pack has rules of."""
    known = sorted(groups)
    return [_rules(gate_run_id, known), _waivers(gate_run_id), _judged(gate_run_id)]


def _rules(gate_run_id: int, groups: list[RuleGroup]) -> Asset:
    """Failures counted by rule: grouped in SQL, so that no failing rows are pulled into memory."""
    covered = ", ".join(f"({literal(kind)}, {literal(severity)})" for kind, severity in groups) or "(null, null)"
    return Asset(
        name="rules",
        query=f"""
            select
                kind, severity, rule_code,
                count(*) filter (where waiver_id is null) as failures,
                count(distinct submission_id) filter (where waiver_id is null) as submissions,
                count(waiver_id) as waived,
                count(distinct submission_id) filter (where waiver_id is not null) as submissions_waived
            from warehouse.rule_failure_as_judged
            where gate_run_id = {gate_run_id}
            group by kind, severity, rule_code
        """,
        checks=(
            *(_no_failures(gate_run_id, kind, severity) for kind, severity in groups),
            Check(
                name="every_failure_is_counted",
                severity=Severity.CRITICAL,
                description="Mọi lỗi phải được một kỳ vọng đếm / Every failure must be counted by an expectation",
                query=f"select kind, severity, rule_code from {{batch}} where ((kind, severity) in ({covered})) is not true",
            ),
            Check(
                name="nothing_is_waived",
                severity=Severity.INFO,
                description="Lỗi được hai người cho qua vẫn được liệt kê / A failure that two people let pass is listed all the same",
                query="""
                    select rule_code, waived as failures, submissions_waived as submissions
                    from {batch}
                    where waived > 0
                    order by waived desc, rule_code
                """,
            ),
        ),
    )


def _no_failures(gate_run_id: int, kind: str, severity: Severity) -> Check:
    return Check(
        name=f"{kind}:{severity}",
        severity=severity,
        description=KIND_REASONS[kind],
        query=f"""
            select rule_code, failures, submissions
            from {{batch}}
            where kind = {literal(kind)} and severity = {literal(severity)} and failures > 0
            order by failures desc, rule_code
        """,
        offences=f"""
            select submission_id, rule_code as reason, count(*) as failures
            from warehouse.rule_failure_as_judged
            where gate_run_id = {gate_run_id} and kind = {literal(kind)} and severity = {literal(severity)} and waiver_id is null
            group by submission_id, rule_code
        """,
    )


def _waivers(gate_run_id: int) -> Asset:
    """The waivers that the run goes by, as its beginning found them: what the database says of each once more, apart from the views."""
    return Asset(
        name="waivers",
        query=f"""
            select
                w.submission_id,
                w.request_id as waiver,
                r.rule_code,
                r.expires_on,
                r.expires_on > (run.started_at at time zone pack.time_zone)::date as had_not_expired,
                a.decision_id is not null and not audit.is_same_person(a.decided_by, r.asked_by) and not exists (
                    select from audit.decision as b
                    where b.request_id = r.request_id and b.decision = 'revoke' and b.decided_at <= run.started_at
                ) as was_approved,
                (r.unit_code, r.form_code, r.period_code) = (s.unit_code, s.form_code, s.period_code) as is_of_this_report
            from audit.judged_waiver as w
            inner join audit.gate_run as run on w.gate_run_id = run.gate_run_id
            inner join catalog.pack as pack on run.pack_hash = pack.pack_hash
            inner join audit.request as r on w.request_id = r.request_id
            inner join staging.submission as s on w.submission_id = s.submission_id
            left join audit.decision as a
                on r.request_id = a.request_id and a.decision = 'approve' and a.decided_at <= run.started_at
            where w.gate_run_id = {gate_run_id}
        """,
        checks=(
            Check(
                name="waivers_hold",
                severity=Severity.CRITICAL,
                description="Chỉ tính miễn trừ còn hạn và do người khác duyệt / "
                "Only a waiver that another person approved, and that has not expired or been revoked, may count",
                query="select * from {batch} where (had_not_expired and was_approved and is_of_this_report) is not true",
            ),
        ),
    )


def _judged(gate_run_id: int) -> Asset:
    """The submissions of the run, with what was read of each and whether the rules saw it."""
    query = f"""
        with judged as materialized (
            select
                s.submission_id, s.unit_code, s.form_code, s.period_code, s.pack_hash, s.form_version,
                dense_rank() over (order by s.pack_hash, s.form_code, s.form_version) as form_number
            from audit.gate_submission as g
            inner join staging.submission as s on g.submission_id = s.submission_id
            where g.gate_run_id = {gate_run_id}
        ),

        -- under a number, which is quicker to compare than what it stands for: every cell that was read is looked up here
        form_figures as materialized (
            select forms.form_number, f.indicator_code, f.measure, f.breakdown_code
            from (select distinct form_number, pack_hash, form_code, form_version from judged) as forms
            inner join catalog.form_figure as f
                on forms.pack_hash = f.pack_hash and forms.form_code = f.form_code and forms.form_version = f.version
        ),

        form_sizes as (
            select form_number, count(*) as cells
            from form_figures
            group by form_number
        )

        select
            j.submission_id,
            j.unit_code,
            j.form_code,
            j.period_code,
            read.cells as cells_read,
            read.cells_on_form,
            read.cells_off_form,
            coalesce(s.cells, 0) as cells_of_form,
            exists (select from staging.finding as f where f.submission_id = j.submission_id) as has_findings,
            exists (
                select from warehouse.int_submissions_in_view as v
                where v.submission_id = j.submission_id and v.gate_run_id = {gate_run_id}
            ) as was_seen_by_rules,
            exists (
                select from (
                    select v.gate_run_id from audit.verdict as v
                    where v.submission_id = j.submission_id and v.verdict not in ('held', 'withdrawn')
                    order by v.verdict_id desc
                    limit 1
                ) as last
                where
                    audit.corrections_judged(j.submission_id, last.gate_run_id)
                    = audit.corrections_judged(j.submission_id, {gate_run_id})
                    and audit.waivers_judged(j.submission_id, last.gate_run_id) = audit.waivers_judged(j.submission_id, {gate_run_id})
            ) as has_verdict
        from judged as j
        left join form_sizes as s on j.form_number = s.form_number
        cross join lateral (
            select
                count(*) as cells,
                count(*) filter (where c.is_on_form) as cells_on_form,
                count(*) filter (where not c.is_on_form and c.measure <> 'plan') as cells_off_form
            from (
                select
                    cell.measure,
                    (j.form_number, cell.indicator_code, cell.measure, cell.breakdown_code) in (select * from form_figures) as is_on_form
                from staging.cell as cell
                where cell.submission_id = j.submission_id
                offset 0 -- looked up once a cell
            ) as c
        ) as read
    """
    return Asset(
        name="judged",
        query=query,
        checks=(
            _held_against_submission(
                "submission_has_cells",
                "cells_read = 0",
                "Báo cáo phải có số liệu / A submission must have cells",
            ),
            _held_against_submission(
                "cells_read_are_cells_of_form",
                "cells_off_form > 0 or cells_on_form > cells_of_form or (cells_on_form < cells_of_form and not has_findings)",
                "Mọi ô của biểu mẫu phải được đọc, nếu không phải có lý do / "
                "Every cell of the form must be read, or a finding must say why not",
            ),
            Check(
                name="rules_saw_every_submission",
                severity=Severity.CRITICAL,
                description="Mọi báo cáo phải được các quy tắc kiểm tra / A submission that no rule looked at must not pass",
                query="select submission_id, unit_code, form_code, period_code from {batch} where not was_seen_by_rules",
            ),
            Check(
                name="judged_once",
                severity=Severity.CRITICAL,
                description="Không xét một báo cáo hai lần như nhau / "
                "No submission may be judged twice with the same hand corrections and waivers",
                query="select submission_id, unit_code, form_code, period_code from {batch} where has_verdict",
            ),
            Check(
                name="failures_belong_to_the_run",
                severity=Severity.CRITICAL,
                description="Mọi lỗi phải thuộc một báo cáo đang xét / Every failure must belong to a submission of the run",
                query=f"""
                    select f.kind, f.rule_code, f.submission_id
                    from warehouse.rule_failure as f
                    left join {{batch}} as j on f.submission_id = j.submission_id
                    where
                        f.gate_run_id = {gate_run_id}
                        and j.submission_id is null
                        and (f.submission_id is not null or f.kind <> 'missing_report')
                """,
            ),
        ),
    )


def _held_against_submission(name: str, condition: str, description: str) -> Check:
    return Check(
        name=name,
        severity=Severity.CRITICAL,
        description=description,
        query=f"select submission_id, unit_code, form_code, period_code, cells_read, cells_of_form from {{batch}} where {condition}",
        offences=f"select submission_id, {literal(name)} as reason, 1 as failures from {table_of('judged')} where {condition}",
    )
