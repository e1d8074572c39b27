-- Codes in time, for analysts: which unit a code meant on a day.

create function marts.unit_at(code text, day date default null) returns text
language plpgsql stable parallel safe set search_path = ''
as $$
declare
    found record;
begin
    -- our codes are unique for ever
    if exists (select from marts.dim_unit as u where u.unit_code = code) then
        return code;
    end if;
    select
        count(distinct h.unit_code) as units,
        min(h.unit_code) as unit_code,
        string_agg(h.unit_code || ' (' || h.name_vi || ', ' || h.valid_from || ' – ' || h.valid_to || ')', ', ' order by h.valid_from) as told
    into found
    from marts.unit_code_history as h
    where h.official_code = code and (day is null or (h.valid_from <= day and h.valid_to > day));
    if found.units = 0 then
        raise exception using
            errcode = 'no_data_found',
            message = format('no unit bears the code %L%s', code, coalesce(' on ' || day, '')),
            hint = 'marts.unit_code_history lists who bore which code when.';
    elsif found.units > 1 then
        raise exception using
            errcode = 'cardinality_violation',
            message = format('the official code %L is ambiguous%s: %s', code, coalesce(' on ' || day, ''), found.told),
            hint = case when day is null then 'Say on which day: marts.unit_at(code, day).' else 'Give our code, unit_code.' end;
    end if;
    return found.unit_code;
end
$$;
comment on function marts.unit_at(text, date) is
'Our code of the unit that a code meant on that day. Official codes are given again: one that several units bore is refused without a day';
