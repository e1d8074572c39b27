-- Cells of a figure: what the communes of a district sent, with sheet and cell
select u.unit_code, v.value, v.state, v.submission_id, v.sheet, v.cell
from marts.dim_unit as u
inner join marts.fct_indicator_value as v on u.unit_key = v.unit_key
inner join marts.dim_indicator as i on v.indicator_key = i.indicator_key
inner join marts.dim_period as p on v.period_key = p.period_key
where u.parent_code = %(district)s and i.indicator_code = %(indicator)s and p.period_code = %(month)s and v.measure = 'value'
order by u.sort_order;
