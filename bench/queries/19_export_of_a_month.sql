-- Export for other tools: one indicator of a month as the units reported it
select l.unit_code, l.period_code, l.value
from marts.indicator_leaf as l
where l.indicator_code = %(indicator)s and l.period_code = %(month)s
order by l.unit_code;
