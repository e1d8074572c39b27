"""Gate 2: what a candidate publication must meet before BI sees it.

Everything is asked of the views that BI reads, on a connection that sees the candidate; the first check makes sure that it does. The
summary is read as `indicator_figure`: its rows, without the comparisons with the year before, which no check looks at.
Each asset is limited to what the candidate wrote, so that the gate costs what the change costs, not what the history costs. Every
expectation is critical but one: what fails here is the system's fault, not a unit's, and nothing of it may be published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tonghop.gate.suites import Asset, Check, literal, table_of
from tonghop.model import Severity


class Keys(NamedTuple):
    """Keys of rows of the summary: those of all of its rows whose period, indicator and unit are among these."""

    periods: Sequence[int]
    indicators: Sequence[int]
    units: Sequence[int]

    def hold(self, rows: str) -> str:
        """The condition that rows of the summary are among them. The keys stand in it as numbers: the planner knows how many rows that
        are, and finds them by the table's key, which it cannot do through a join with the view."""
        return f"{self.hold_series(rows)} and {_is_among(f'{rows}.unit_key', self.units)}"

    def hold_series(self, rows: str) -> str:
        """The condition that the period and the indicator of rows are among them, whatever the unit."""
        return f"{_is_among(f'{rows}.period_key', self.periods)} and {_is_among(f'{rows}.indicator_key', self.indicators)}"


def _is_among(column: str, keys: Sequence[int]) -> str:
    return f"{column} = any('{{{','.join(map(str, keys))}}}'::integer[])"


def assets(publication: int, root: Keys, reach: Keys, figures_before: Mapping[str, int], loss_pct: int) -> list[Asset]:
    """The suites for one candidate.

    `root` and `reach` are what the queries `keys_of_the_root` and `keys_in_reach` found. `figures_before`: for each period of `root`
    that is live now, how many figures the root has; a candidate that has `loss_pct` percent fewer of them is refused.
    """
    return [
        _visible(publication),
        _marts(publication),
        _root(root),
        _root_rows(figures_before, loss_pct),
        _submissions(publication),
        _fact_keys(publication),
        _written(publication),
        _reach(),
        _summary(reach),
        _series(),
        _leaves(reach),
        _root_sums(),
        _ratios(),
    ]


_WRITTEN = table_of("written")
_REACH = table_of("reach")
_SERIES = table_of("series")

_DIMENSIONS = ("dim_unit", "dim_indicator", "dim_period")
"""The dimensions without whose rows the summary shows no figure."""


def touched_periods(publication: int) -> str:
    """A query of the periods (`period_key`) in which the summary can show the root otherwise than before: those of the rows that the
    candidate wrote or closed, with a successor or without; all of them when it wrote or closed a row of a dimension.

    All other rows of the root's figures are valid at both publications. (The casts are those that the tables' indexes are made on.)
    """
    written_or_closed = " union all ".join(
        f"select from warehouse.{table} where {condition}"
        for table in _DIMENSIONS
        for condition in (f"from_publication::bigint = {publication}", f"to_publication = {publication}")
    )
    return f"""
        select period_key from warehouse.agg_indicator_period where from_publication::bigint = {publication}
        union
        select period_key from warehouse.agg_indicator_period where to_publication = {publication}
        union
        select period_key from warehouse.dim_period where exists ({written_or_closed})
    """


def keys_of_the_root(publication: int) -> str:
    """A query of one row of `Keys`: where the summary can show a figure of the root that the candidate touches."""
    return f"""
        select
            array(select period_key from ({touched_periods(publication)}) as touched),
            array(select indicator_key from warehouse.dim_indicator group by indicator_key),
            array(select unit_key from warehouse.dim_unit where level = 1 group by unit_key)
    """


def keys_in_reach(publication: int) -> str:
    """A query of one row of `Keys`: those of the rows that the candidate wrote, with the months before and after and with
    the parts of ratios."""
    return f"""
        with written as (
            select period_key, indicator_key, unit_key
            from warehouse.agg_indicator_period
            where from_publication::bigint = {publication}
        )

        select
            array(
                select period_key + steps.step
                from (select period_key from written group by period_key) as periods
                cross join (values (-1), (0), (1)) as steps (step)
                group by period_key + steps.step
            ),
            array(
                select indicator_key from written
                union
                select part.indicator_key
                from warehouse.dim_indicator as ratio
                inner join warehouse.dim_indicator as part on part.indicator_code in (ratio.numerator_code, ratio.denominator_code)
                where ratio.indicator_key in (select indicator_key from written)
            ),
            array(select unit_key from written group by unit_key)
    """


def _critical(name: str, description: str, query: str) -> Check:
    return Check(name=name, severity=Severity.CRITICAL, description=description, query=query)


def _visible(publication: int) -> Asset:
    return Asset(
        name="visible",
        query="select warehouse.visible_publication() as number",
        checks=(
            _critical(
                "sees_the_candidate",
                "Cổng phải nhìn thấy đúng bản chuẩn bị / The gate must look at the candidate, not at the live publication",
                f"select number from {{batch}} where number is distinct from {publication}",
            ),
        ),
    )


def _marts(publication: int) -> Asset:
    has_rows = " union all ".join(
        f"select '{mart}' as mart, exists (select from marts.{mart}) as has_rows"
        for mart in ("dim_unit", "dim_indicator", "dim_period", "dim_breakdown")
    )
    return Asset(
        name="marts",
        query=f"""
            {has_rows}
            union all
            select
                'fct_indicator_value' as mart,
                exists (select from marts.fct_indicator_value)
                or not exists (select from audit.candidate_slot where publication = {publication} and submission_id is not null) as has_rows
        """,
        checks=(
            _critical(
                "no_mart_is_empty",
                "Không bảng nào được trống / A mart that has something to show must not be empty",
                "select mart from {batch} where not has_rows",
            ),
        ),
    )


def _root_rows(figures_before: Mapping[str, int], loss_pct: int) -> Asset:
    before = ", ".join(f"({literal(period)}, {figures})" for period, figures in sorted(figures_before.items()))
    return Asset(
        name="root_rows",
        query=f"""
            with figures_before (period_code, figures) as (
                {f"values {before}" if before else "select null::text, null::integer where false"}
            ),

            figures_now as (
                select period_code, count(value) as figures
                from {table_of("root")}
                group by period_code
            )

            select b.period_code, b.figures as figures_before, coalesce(n.figures, 0) as figures_now
            from figures_before as b
            left join figures_now as n on b.period_code = n.period_code
        """,
        checks=(
            _critical(
                "published_periods_keep_their_figures",
                f"Kỳ đã công bố không được mất hơn {loss_pct}% số liệu / "
                f"A published period must not lose more than {loss_pct} % of its figures",
                f"select * from {{batch}} where figures_now * 100 < figures_before * {100 - loss_pct} order by period_code",
            ),
            Check(
                name="published_periods_do_not_grow_much",
                severity=Severity.WARNING,
                description=f"Kỳ đã công bố có thêm hơn {loss_pct}% số liệu: nên xem lại / "
                f"A published period has gained more than {loss_pct} % figures: worth a look",
                query=f"select * from {{batch}} where figures_now * 100 > figures_before * {100 + loss_pct} order by period_code",
            ),
        ),
    )


def _touched_periods(publication: int) -> str:
    return f"""
        select p.period_key
        from marts.dim_period as p
        where p.period_code in (select c.period_code from audit.candidate_slot as c where c.publication = {publication})
    """


def _submissions(publication: int) -> Asset:
    """Cells staged and cells shown, by submission, for the periods that the candidate touches."""
    return Asset(
        name="submissions",
        query=f"""
            with cells_accepted as (
                select
                    s.submission_id,
                    count(*) as cells,
                    sum(case when h.correction_code is null then c.value else h.use_value end) as total
                from audit.candidate_slot as s
                inner join staging.cell as c on s.submission_id = c.submission_id
                left join audit.judged_correction as h
                    on
                        s.gate_run_id = h.gate_run_id
                        and c.submission_id = h.submission_id
                        and (c.indicator_code, c.measure, c.breakdown_code) = (h.indicator_code, h.measure, h.breakdown_code)
                        and (c.state, c.value) is not distinct from (h.found_state, h.found_value)
                where s.publication = {publication}
                group by s.submission_id
            ),

            cells_shown as (
                select f.submission_id, count(*) as cells, sum(f.value) as total
                from marts.fct_indicator_value as f
                where f.period_key in ({_touched_periods(publication)})
                group by f.submission_id
            )

            select
                coalesce(a.submission_id, s.submission_id) as submission_id,
                a.submission_id is not null as is_in_candidate,
                coalesce(a.cells, 0) as cells_accepted,
                coalesce(s.cells, 0) as cells_shown,
                a.total as total_accepted,
                s.total as total_shown,
                m.status
            from cells_accepted as a
            full outer join cells_shown as s on a.submission_id = s.submission_id
            left join marts.fct_submission as m
                on
                    coalesce(a.submission_id, s.submission_id) = m.submission_id
                    and m.period_key = any(array({_touched_periods(publication)}))
        """,
        checks=(
            _critical(
                "cells_accepted_are_cells_shown",
                "Số ô nhận vào phải bằng số ô hiển thị / Every accepted cell must be shown, once and unchanged",
                """
                select submission_id, cells_accepted, cells_shown, total_accepted, total_shown
                from {batch}
                where is_in_candidate and (cells_accepted <> cells_shown or total_accepted is distinct from total_shown)
                """,
            ),
            _critical(
                "only_submissions_in_force_are_shown",
                "Chỉ báo cáo đang có hiệu lực được hiển thị / Only submissions in force may be shown: none that was held back or replaced",
                "select submission_id, status, cells_shown from {batch} where status is distinct from 'in_force'",
            ),
        ),
    )


def _fact_keys(publication: int) -> Asset:
    return Asset(
        name="fact_keys",
        query=f"""
            select period_key, indicator_key, unit_key, form_key, breakdown_key
            from marts.fct_indicator_value
            where period_key in ({_touched_periods(publication)})
            group by period_key, indicator_key, unit_key, form_key, breakdown_key
        """,
        checks=(
            _critical(
                "no_fact_without_its_dimensions",
                "Mọi số liệu phải có đơn vị, chỉ tiêu và phân tổ / Every fact must find its unit, indicator and breakdown",
                """
                with keys as (select * from {batch})

                select f.*
                from keys as f
                where
                    not exists (select from marts.dim_unit as d where d.unit_key = f.unit_key)
                    or not exists (select from marts.dim_indicator as d where d.indicator_key = f.indicator_key)
                    or not exists (select from marts.dim_breakdown as d where d.breakdown_key = f.breakdown_key)
                """,
            ),
        ),
    )


def _written(publication: int) -> Asset:
    """The rows of the summary that the candidate wrote (the cast is the one that the table's index is made on). The assets after it
    read it as a table with statistics: the planner takes the same query in their middle for a handful of rows.
    """
    return Asset(
        name="written",
        query=f"""
            select period_key, indicator_key, unit_key, case when map = 'both' then 'as_reported' else map end as map
            from warehouse.agg_indicator_period
            where
                from_publication::bigint = {publication} and to_publication > {publication}
                and unit_key not in (select group_key from marts.dim_unit_group)
        """,
    )


def _reach() -> Asset:
    """The summary's rows that the candidate wrote, and the months before and after each. In a year the keys of its months are
    consecutive numbers."""
    month = "mod(period_key / 100, 10) = 1"
    return Asset(
        name="reach",
        query=f"""
            with written as (select * from {_WRITTEN}),

            reach as (
                select period_key, indicator_key, unit_key, map, true as is_written from written
                union all
                select period_key + 1, indicator_key, unit_key, map, false from written where {month} and mod(period_key, 100) < 12
                union all
                select period_key - 1, indicator_key, unit_key, map, false from written where {month} and mod(period_key, 100) > 1
            )

            select period_key, indicator_key, unit_key, map, bool_or(is_written) as is_written
            from reach
            group by period_key, indicator_key, unit_key, map
        """,
    )


def _summary(keys: Keys) -> Asset:
    """What the summary shows of the rows in reach: a figure that should have changed with its neighbour and did not is found too."""
    return Asset(
        name="summary",
        query=f"""
            select
                r.period_key, r.indicator_key, r.unit_key, r.map, r.is_written,
                s.unit_key is not null as is_shown,
                s.unit_code, s.indicator_code, s.period_code, s.kind, s.period_type,
                s.value, s.ytd_value, s.target, s.pct_of_target, s.reporting_units, s.expected_units,
                lag(s.ytd_value) over series_in_time as ytd_before,
                coalesce(
                    lag(r.period_key) over series_in_time = r.period_key - 1 and lag(s.unit_key) over series_in_time is not null, false
                ) as has_month_before
            from {_REACH} as r
            left join marts.indicator_figure as s
                on
                    r.period_key = s.period_key and r.indicator_key = s.indicator_key and r.unit_key = s.unit_key and r.map = s.map
                    and {keys.hold("s")}
                    and s.map = any(array(select map from {_REACH} group by map))
            window series_in_time as (partition by r.map, r.indicator_key, r.unit_key order by r.period_key)
        """,
        checks=(
            _critical(
                "every_row_is_shown_once",
                "Mỗi dòng tổng hợp hiển thị đúng một lần / Every row of the summary is shown exactly once: no duplicate, no lost key",
                """
                select period_key, indicator_key, unit_key, map, count(*) filter (where is_shown) as times
                from {batch}
                where is_written
                group by period_key, indicator_key, unit_key, map
                having count(*) filter (where is_shown) <> 1
                """,
            ),
            _critical(
                "cumulative_continues",
                "Cộng dồn phải bằng tháng trước cộng tháng này / A cumulative figure is the month before plus this month, at every level",
                """
                select unit_code, indicator_code, period_code, ytd_before, value, ytd_value
                from {batch}
                where
                    is_shown and kind = 'flow' and period_type = 'month'
                    and (has_month_before or mod(period_key, 100) = 1)
                    and coalesce(ytd_value, 0)
                    <> coalesce(value, 0) + case when mod(period_key, 100) = 1 then 0 else coalesce(ytd_before, 0) end
                """,
            ),
            _critical(
                "reporting_units_within_expected",
                "Số đơn vị báo cáo nằm trong số phải báo cáo / No more units may report than are expected to",
                """
                select unit_code, indicator_code, period_code, reporting_units, expected_units
                from {batch}
                where is_shown and not coalesce(reporting_units between 0 and expected_units, false)
                """,
            ),
            _critical(
                "percentage_of_target_follows",
                "Phần trăm chỉ tiêu phải khớp / The percentage of the target must follow from figure and target",
                """
                select unit_code, indicator_code, period_code, ytd_value, target, pct_of_target
                from {batch}
                where
                    is_shown and target <> 0
                    and round(pct_of_target, 6) is distinct from round(100 * ytd_value / target, 6)
                """,
            ),
        ),
    )


def _series() -> Asset:
    """The indicators and periods that the candidate wrote, with the parts of its ratios, written or not."""
    return Asset(
        name="series",
        query=f"""
            with written as (
                select period_key, indicator_key from {_WRITTEN} group by period_key, indicator_key
            )

            select period_key, indicator_key from written
            union
            select w.period_key, part.indicator_key
            from written as w
            inner join marts.dim_indicator as i on w.indicator_key = i.indicator_key
            inner join marts.dim_indicator as part on part.indicator_code in (i.numerator_code, i.denominator_code)
        """,
    )


def _root(keys: Keys) -> Asset:
    """The root's figures in the periods that the candidate touches (of both roots where one took over from the other in a period).
    They are few, and joined to others only with statistics: the planner takes the view for three rows."""
    return Asset(
        name="root",
        query=f"""
            select s.period_key, s.indicator_key, s.period_code, s.indicator_code, s.kind, sum(s.value) as value, count(*) as roots
            from marts.indicator_figure as s
            where s.level = 1 and s.map = 'as_reported' and {keys.hold("s")}
            group by s.period_key, s.indicator_key, s.period_code, s.indicator_code, s.kind
        """,
    )


def _leaves(keys: Keys) -> Asset:
    """The figures of the submitting units in all series in reach, the few that no check below asks for included: joined with the series,
    the view is read many times over."""
    return Asset(
        name="leaves",
        query=f"""
            select l.period_key, l.indicator_key, l.unit_key, l.value
            from marts.indicator_leaf as l
            where {keys.hold_series("l")}
        """,
    )


def _root_sums() -> Asset:
    return Asset(
        name="root_sums",
        query=f"""
            with leaf_sums as (
                select period_key, indicator_key, sum(value) as value
                from {table_of("leaves")}
                group by period_key, indicator_key
            )

            select r.period_code, r.indicator_code, r.value as root_value, l.value as sum_of_units
            from {table_of("root")} as r
            inner join {_SERIES} as s on r.period_key = s.period_key and r.indicator_key = s.indicator_key
            left join leaf_sums as l on r.period_key = l.period_key and r.indicator_key = l.indicator_key
            where r.kind <> 'ratio'
        """,
        checks=(
            _critical(
                "root_is_sum_of_units",
                "Số toàn tỉnh phải bằng tổng các đơn vị / The root's figure must be the sum over the submitting units",
                "select * from {batch} where root_value is distinct from sum_of_units",
            ),
        ),
    )


def _ratios() -> Asset:
    """Ratios of the root with the lowest and highest ratio of a unit; only where every unit has both parts is one bound to the other."""
    return Asset(
        name="ratios",
        query=f"""
            with ratios as (
                select
                    r.period_key, r.indicator_key, r.period_code, r.indicator_code, r.value,
                    i.factor, numerator.indicator_key as numerator_key, denominator.indicator_key as denominator_key
                from {table_of("root")} as r
                inner join {_SERIES} as s on r.period_key = s.period_key and r.indicator_key = s.indicator_key
                inner join marts.dim_indicator as i on r.indicator_key = i.indicator_key
                inner join marts.dim_indicator as numerator on i.numerator_code = numerator.indicator_code
                inner join marts.dim_indicator as denominator on i.denominator_code = denominator.indicator_code
                where r.value is not null and r.roots = 1
            ),

            units as (
                select
                    r.period_key, r.indicator_key, l.unit_key, r.factor,
                    max(l.value) filter (where l.indicator_key = r.numerator_key) as numerator,
                    max(l.value) filter (where l.indicator_key = r.denominator_key) as denominator
                from ratios as r
                inner join {table_of("leaves")} as l
                    on r.period_key = l.period_key and l.indicator_key in (r.numerator_key, r.denominator_key)
                where l.value is not null
                group by r.period_key, r.indicator_key, l.unit_key, r.factor
            ),

            bounds as (
                select
                    period_key, indicator_key,
                    min(factor * numerator / nullif(denominator, 0)) as lowest,
                    max(factor * numerator / nullif(denominator, 0)) as highest
                from units
                group by period_key, indicator_key
                having bool_and(numerator is not null and coalesce(denominator, 0) > 0)
            )

            select r.period_code, r.indicator_code, r.value, b.lowest, b.highest
            from ratios as r
            inner join bounds as b on r.period_key = b.period_key and r.indicator_key = b.indicator_key
        """,
        checks=(
            _critical(
                "ratio_between_those_of_its_units",
                "Tỷ lệ chung phải nằm giữa tỷ lệ các đơn vị / A ratio of the whole lies between those of its units",
                "select * from {batch} where round(value, 6) < round(lowest, 6) or round(value, 6) > round(highest, 6)",
            ),
        ),
    )
