with rules as (
    select
        *,
        (params ->> 'minimum_values')::integer as minimum_values
    from {{ ref('int_rules_applied') }}
    where kind = 'identical'
),

submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

cells as (
    select * from {{ ref('int_cells_as_judged') }} where measure = 'value' and value <> 0
),

compared_periods as (
    select
        form_code,
        period_code
    from rules
    union
    select
        form_code,
        previous_period_code as period_code
    from rules
),

-- one text for all non-zero figures of a submission: equal texts, equal figures
prints as (
    select
        submissions.submission_id,
        submissions.unit_code,
        submissions.form_code,
        submissions.period_code,
        submissions.is_in_view,
        count(*) as figures,
        md5(string_agg(
            cells.indicator_code || ' ' || cells.breakdown_code || ' ' || trim_scale(cells.value)::text, ','
            order by cells.indicator_code, cells.breakdown_code
        )) as figures_hash
    from submissions
    inner join compared_periods
        on submissions.form_code = compared_periods.form_code and submissions.period_code = compared_periods.period_code
    inner join cells on submissions.submission_id = cells.submission_id
    group by submissions.submission_id, submissions.unit_code, submissions.form_code, submissions.period_code, submissions.is_in_view
),

units_by_print as (
    select
        form_code,
        period_code,
        figures_hash,
        array_agg(unit_code order by unit_code) as unit_codes
    from prints
    where is_in_view
    group by form_code, period_code, figures_hash
),

own_prints as (
    select
        rules.*,
        prints.figures,
        prints.figures_hash
    from rules
    inner join prints on rules.submission_id = prints.submission_id
    where prints.figures >= rules.minimum_values
),

equal_to_another_unit as (
    select
        own_prints.*,
        case
            when units_by_print.unit_codes[1] = own_prints.unit_code then units_by_print.unit_codes[2]
            else units_by_print.unit_codes[1]
        end || ' ' || own_prints.period_code as other
    from own_prints
    inner join units_by_print
        on
            own_prints.form_code = units_by_print.form_code
            and own_prints.period_code = units_by_print.period_code
            and own_prints.figures_hash = units_by_print.figures_hash
    where units_by_print.unit_codes <> array[own_prints.unit_code]
),

equal_to_period_before as (
    select
        own_prints.*,
        prints.unit_code || ' ' || prints.period_code as other
    from own_prints
    inner join prints
        on
            own_prints.unit_code = prints.unit_code
            and own_prints.form_code = prints.form_code
            and own_prints.previous_period_code = prints.period_code
            and own_prints.figures_hash = prints.figures_hash
            and prints.is_in_view
),

failures as (
    select * from equal_to_another_unit
    union all
    select * from equal_to_period_before
)

select
    gate_run_id,
    rule_code,
    kind,
    severity,
    submission_id,
    unit_code,
    form_code,
    period_code,
    null::text as indicator_code,
    null::text as measure,
    null::text as sheet,
    null::text as cell,
    figures::numeric as found,
    null::numeric as expected,
    null::numeric as tolerance,
    figures || ' = ' || other as found_text,
    '<> ' || other as expected_text,
    '[]'::jsonb as cells
from failures
