-- Table of the quarters: all indicators of a district, a column a quarter
select
    i.name_vi,
    max(s.value) filter (where s.period_code like '%%-Q1') as q1,
    max(s.value) filter (where s.period_code like '%%-Q2') as q2,
    max(s.value) filter (where s.period_code like '%%-Q3') as q3,
    max(s.value) filter (where s.period_code like '%%-Q4') as q4
from marts.indicator_figure as s
inner join marts.dim_indicator as i on s.indicator_key = i.indicator_key
where s.unit_code = %(district)s and s.year = %(year)s and s.period_type = 'quarter' and s.map = 'as_reported'
group by i.name_vi, i.sort_order
order by i.sort_order;
