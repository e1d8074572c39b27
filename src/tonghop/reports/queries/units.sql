-- begins with slots.sql and places.sql
, problem_lists as (
    select
        problems.submission_id,
        jsonb_agg(
            jsonb_build_object(
                'severity', problems.severity, 'rule_code', problems.rule_code, 'text_vi', problems.text_vi, 'text_en', problems.text_en,
                'sheet', problems.sheet, 'cell', problems.cell, 'indicator_code', problems.indicator_code, 'measure', problems.measure,
                'found', problems.found_text, 'expected', problems.expected_text, 'cells', problems.cells,
                'is_finding', problems.is_finding, 'waiver', problems.waiver,
                'others', (
                    select jsonb_object_agg(other.submission_id, jsonb_build_object('unit_code', other.unit_code, 'period_code', other.period_code))
                    from jsonb_array_elements(problems.cells) as involved (cell)
                    inner join staging.submission as other on (involved.cell ->> 'submission_id')::bigint = other.submission_id
                    where other.submission_id <> problems.submission_id
                ),
                'typed', (
                    select min(cell.raw) from staging.cell
                    where cell.submission_id = problems.submission_id and cell.sheet = problems.sheet and cell.cell = problems.cell
                )
            )
            order by
                case problems.severity when 'critical' then 1 when 'warning' then 2 else 3 end,
                problems.rule_code, problems.sheet, length(problems.cell), problems.cell, problems.measure
        ) as problems
    from problems
    group by problems.submission_id
),

version_lists as (
    select
        shown.unit_key, shown.form_key, shown.period_key,
        jsonb_agg(
            jsonb_build_object(
                'submission_id', shown.submission_id, 'version', submissions.version, 'status', submissions.status,
                'is_latest', shown.is_latest, 'received_at', submissions.received_at, 'as_of_date', submissions.as_of_date,
                'source_uri', submissions.source_uri, 'sender', submissions.sender,
                'problems', coalesce(problem_lists.problems, '[]')
            )
            order by shown.is_latest desc
        ) as versions
    from shown
    inner join submissions on shown.submission_id = submissions.submission_id
    left join problem_lists on shown.submission_id = problem_lists.submission_id
    group by shown.unit_key, shown.form_key, shown.period_key
)

select
    unit.unit_code,
    (array_agg(unit.name_vi order by slot.end_date desc))[1] as name_vi,
    (array_agg(unit.name_en order by slot.end_date desc))[1] as name_en,
    (array_agg(unit.parent_vi order by slot.end_date desc))[1] as parent_vi,
    (array_agg(unit.parent_en order by slot.end_date desc))[1] as parent_en,
    jsonb_agg(
        jsonb_build_object(
            'form_code', slot.form_code, 'period_code', slot.period_code, 'standing', slot.standing, 'is_late', slot.is_late,
            'due_at', slot.due_at, 'in_force_version', slot.in_force_version, 'versions', coalesce(version_lists.versions, '[]')
        )
        order by slot.end_date desc, slot.start_date desc, slot.form_code
    ) as slots
from noteworthy as slot
inner join units_placed as unit on slot.unit_key = unit.unit_key
left join version_lists
    on slot.unit_key = version_lists.unit_key and slot.form_key = version_lists.form_key and slot.period_key = version_lists.period_key
group by unit.unit_code
order by min(unit.place)
