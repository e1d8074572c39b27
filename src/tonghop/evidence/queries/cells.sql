-- Every cell of the reports in use, as it was read. What a hand correction put in its place is in `corrections`.
select
    units.unit_code, forms.form_code, periods.period_code, f.submission_id, cell.indicator_code, cell.measure, cell.breakdown_code, cell.role,
    cell.state, trim_scale(cell.value) as value, cell.raw, array_to_string(cell.flags, ',') as flags, cell.sheet, cell.cell
from marts.fct_submission as f
inner join catalog.unit_key as units on f.unit_key = units.unit_key
inner join catalog.form_key as forms on f.form_key = forms.form_key
inner join marts.dim_period as periods on f.period_key = periods.period_key
inner join staging.cell on f.submission_id = cell.submission_id
where periods.period_code = any(%(periods)s) and f.status = 'in_force'
order by f.submission_id, cell.indicator_code collate "C", cell.measure collate "C", cell.breakdown_code collate "C"
