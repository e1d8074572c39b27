-- begins with slots.sql and places.sql
select
    slot.period_code, unit.parent_code, unit.parent_vi, unit.parent_en, unit.unit_code, unit.name_vi, unit.name_en,
    exists (select from noteworthy where noteworthy.unit_code = unit.unit_code) as has_page,
    jsonb_object_agg(
        slot.form_code,
        jsonb_build_object(
            'standing', slot.standing, 'is_late', slot.is_late,
            'critical', slot.critical, 'warning', slot.warning, 'info', slot.info, 'waived', slot.waived,
            'is_noteworthy', exists (
                select from noteworthy
                where (noteworthy.unit_key, noteworthy.form_key, noteworthy.period_key) = (slot.unit_key, slot.form_key, slot.period_key)
            )
        )
    ) as slots
from slots_counted as slot
inner join units_placed as unit on slot.unit_key = unit.unit_key
group by
    slot.period_code, slot.end_date, slot.start_date, unit.unit_key, unit.parent_code, unit.parent_vi, unit.parent_en,
    unit.unit_code, unit.name_vi, unit.name_en, unit.place
order by slot.end_date desc, slot.start_date desc, trim_array(unit.place, 1), unit.place
