-- Reports that have not come and for which a step is reached that was not taken yet, with who is told. Of several steps of a report to the
-- same addressee, only the last one counts: those before it were missed.
with reached as (
    select *
    from unnest(%(step_codes)s::text[], %(form_codes)s::text[], %(goes_to)s::text[], %(working_days)s::integer[], %(due_days)s::date[])
        as given (step_code, form_code, goes_to, working_days, due_day)
),

forms_with_own_steps as (
    select distinct form_code
    from catalog.reminder_step
    where pack_hash = catalog.pack_in_force() and form_code is not null
),

duties as (
    select unit_code, form_code, period_code, due_at, (due_at at time zone %(time_zone)s)::date as due_day
    from catalog.duty
    where pack_hash = catalog.pack_in_force()
),

last_steps as (
    select distinct on (duties.unit_code, duties.form_code, duties.period_code, reached.goes_to)
        duties.*,
        reached.step_code,
        reached.goes_to
    from duties
    inner join reached
        on
            duties.due_day = reached.due_day
            and case
                when reached.form_code is null then duties.form_code not in (select form_code from forms_with_own_steps)
                else duties.form_code = reached.form_code
            end
    order by duties.unit_code, duties.form_code, duties.period_code, reached.goes_to, reached.working_days desc
),

units as (
    select distinct on (unit_code) unit_code, parent_code, sort_order
    from catalog.unit
    where pack_hash = catalog.pack_in_force() and valid_from <= %(day)s
    order by unit_code, valid_from desc
)

select
    case last_steps.goes_to when 'unit' then last_steps.unit_code else units.parent_code end as addressee,
    last_steps.goes_to, last_steps.unit_code, last_steps.form_code, last_steps.period_code, last_steps.step_code, last_steps.due_at,
    last_steps.due_day < %(day)s as is_late
from last_steps
inner join units on last_steps.unit_code = units.unit_code
where
    (last_steps.goes_to = 'unit' or units.parent_code is not null)
    and not exists (
        select from staging.submission as s
        where
            s.unit_code = last_steps.unit_code and s.form_code = last_steps.form_code and s.period_code = last_steps.period_code
            and not exists (select from audit.verdict as v where v.submission_id = s.submission_id and v.verdict = 'withdrawn')
    )
    and not exists (
        select from audit.reminder_report as r
        where
            r.unit_code = last_steps.unit_code and r.form_code = last_steps.form_code and r.period_code = last_steps.period_code
            and r.step_code = last_steps.step_code
    )
order by addressee, last_steps.goes_to, last_steps.due_at, units.sort_order, last_steps.unit_code, last_steps.form_code
