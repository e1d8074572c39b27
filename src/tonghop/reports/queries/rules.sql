-- begins with slots.sql and places.sql
, by_unit as (
    select
        problems.rule_code, units.unit_code,
        min(problems.text_vi) as text_vi, min(problems.text_en) as text_en,
        count(*) as problems,
        count(*) filter (where problems.severity = 'critical') as critical,
        count(*) filter (where problems.severity = 'warning') as warning,
        count(*) filter (where problems.severity = 'info') as info,
        count(*) filter (where problems.severity = 'waived') as waived,
        min(units.place) as place,
        (array_agg(units.name_vi order by units.place))[1] as name_vi,
        (array_agg(units.name_en order by units.place))[1] as name_en
    from problems
    inner join shown on problems.submission_id = shown.submission_id
    inner join units_placed as units on shown.unit_key = units.unit_key
    group by problems.rule_code, units.unit_code
),

by_rule as (
    select
        rule_code, min(text_vi) as text_vi, min(text_en) as text_en,
        sum(critical)::integer as critical, sum(warning)::integer as warning, sum(info)::integer as info,
        sum(waived)::integer as waived,
        jsonb_agg(
            jsonb_build_object('unit_code', unit_code, 'name_vi', name_vi, 'name_en', name_en, 'count', problems) order by place
        ) as units
    from by_unit
    group by rule_code
)

select
    by_rule.rule_code, coalesce(rule.text_vi, by_rule.text_vi) as text_vi, coalesce(rule.text_en, by_rule.text_en) as text_en,
    rule.reason_vi, rule.reason_en, rule.owner, by_rule.critical, by_rule.warning, by_rule.info, by_rule.waived, by_rule.units
from by_rule
left join catalog.rule
    on by_rule.rule_code = rule.rule_code and rule.pack_hash = (select pack_hash from audit.publication where number = %(number)s)
order by by_rule.critical desc, by_rule.warning desc, by_rule.info desc, by_rule.waived desc, by_rule.rule_code
