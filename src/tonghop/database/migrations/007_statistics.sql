-- A load brings many rows at once, and the database's own analysis comes a minute later: too late for the plans of the rules
-- and the build. Those who run them may ask for it; only the owner of a table could otherwise.

create function audit.update_statistics() returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    changed regclass;
begin
    for changed in
        select relid from pg_catalog.pg_stat_all_tables
        where schemaname in ('catalog', 'staging', 'audit') and n_mod_since_analyze > 0 and n_mod_since_analyze * 20 >= n_live_tup
    loop
        execute pg_catalog.format('analyze %s', changed);
    end loop;
end
$$;
comment on function audit.update_statistics() is
'Analyzes the tables of catalog, staging and audit that changed by a twentieth or more since they were analyzed last';

revoke all on function audit.update_statistics() from public;
grant execute on function audit.update_statistics() to transformer, publisher;
