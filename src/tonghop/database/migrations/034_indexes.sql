-- Duties are asked for by their period, of which there are a hundred and more: at each judgement, reminder and publication.

create index on catalog.duty (pack_hash, period_code);

-- What an earlier attempt of a judgement wrote is looked for before every judgement. Tables that dbt is still to make get theirs from it.

do $$
declare
    written text;
begin
    foreach written in array array['warehouse.rule_judgement', 'warehouse.rule_failure_count'] loop
        if to_regclass(written) is not null then
            execute format('create index on %s (gate_run_id)', written);
        end if;
    end loop;
end
$$;
