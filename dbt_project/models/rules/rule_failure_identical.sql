with rules as (
    select
        *,
        (params ->> 'minimum_values')::integer as minimum_values
    from {{ ref('int_rules_in_scope') }}
    where kind = 'identical'
),

submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

prints as (
    select * from {{ ref('int_figure_prints') }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

submissions_with_print as (
    select
        submissions.gate_run_id,
        submissions.rule_scope,
        submissions.submission_id,
        submissions.unit_code,
        submissions.form_code,
        submissions.period_code,
        submissions.start_date,
        submissions.is_in_view,
        prints.figures,
        prints.figures_hash,
        submissions.unit_code || coalesce(' (' || units.name_vi || ')', '') || ' ' || submissions.period_code as whose
    from submissions
    inner join prints on submissions.submission_id = prints.submission_id
    left join units
        on
            submissions.unit_code = units.unit_code
            and {{ claims_period('units', 'submissions') }}
),

own_prints as (
    select
        submissions_with_print.*,
        rules.rule_code,
        rules.kind,
        rules.severity
    from submissions_with_print
    inner join rules on submissions_with_print.rule_scope = rules.rule_scope
    where submissions_with_print.figures >= rules.minimum_values
),

-- a few units may share their figures: one of them is named
prints_of_units as (
    select
        form_code,
        period_code,
        figures_hash,
        array_agg(unit_code order by unit_code) as unit_codes,
        array_agg(whose order by unit_code) as whose
    from submissions_with_print
    where is_in_view and figures > 0
    group by form_code, period_code, figures_hash
),

equal_to_another_unit as (
    select
        own_prints.*,
        prints_of_units.whose[case when prints_of_units.unit_codes[1] = own_prints.unit_code then 2 else 1 end] as other
    from own_prints
    inner join prints_of_units
        on
            own_prints.form_code = prints_of_units.form_code
            and own_prints.period_code = prints_of_units.period_code
            and own_prints.figures_hash = prints_of_units.figures_hash
    where prints_of_units.unit_codes <> array[own_prints.unit_code]
),

-- last month's workbook again, last year's, or any in between: the latest one is named
equal_to_an_earlier_period as (
    select
        own_prints.*,
        earlier.whose as other,
        row_number() over (
            partition by own_prints.submission_id, own_prints.rule_code
            order by earlier.start_date desc
        ) as place
    from own_prints
    inner join submissions_with_print as earlier
        on
            own_prints.unit_code = earlier.unit_code
            and own_prints.form_code = earlier.form_code
            and own_prints.figures_hash = earlier.figures_hash
            and own_prints.start_date > earlier.start_date
            and own_prints.start_date - interval '13 months' <= earlier.start_date
            and earlier.is_in_view
),

failures as (
    select
        gate_run_id,
        rule_code,
        kind,
        severity,
        submission_id,
        unit_code,
        form_code,
        period_code,
        figures,
        other
    from equal_to_another_unit
    union all
    select
        gate_run_id,
        rule_code,
        kind,
        severity,
        submission_id,
        unit_code,
        form_code,
        period_code,
        figures,
        other
    from equal_to_an_earlier_period
    where place = 1
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
