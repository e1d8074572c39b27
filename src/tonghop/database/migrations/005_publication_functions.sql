-- What the views of `marts` and the models of dbt ask: which publication is visible, which candidate is being built.
-- SECURITY DEFINER because a function in a view runs with the caller's rights, and BI has none on `audit`.

create function warehouse.visible_publication() returns integer
language plpgsql stable parallel safe security definer set search_path = ''
as $$
declare
    live integer := (select number from audit.live);
    wanted text := nullif(current_setting('tonghop.publication', true), '');
    as_of text := nullif(current_setting('tonghop.as_of', true), '');
    n integer;
    found_status text;
begin
    if wanted is null and as_of is null then
        return coalesce(live, 0);
    end if;
    if wanted is not null then
        if wanted !~ '^[0-9]{1,9}$' then
            raise exception 'tonghop.publication must be a number, not %', quote_literal(wanted);
        end if;
        n := wanted::integer;
        select status into found_status from audit.publication where number = n;
        if found_status = 'candidate' and pg_catalog.pg_has_role(session_user, 'see_candidate', 'member') then
            return n;
        end if;
        if found_status is distinct from 'published' then
            raise exception 'publication % is not published', n;
        end if;
        return n;
    end if;
    select number into n from audit.publication
    where status = 'published' and published_at <= as_of::timestamptz
    order by published_at desc, number desc limit 1;
    if n is null then
        raise exception 'nothing was published at %', as_of;
    end if;
    return n;
end
$$;
comment on function warehouse.visible_publication() is
'The publication that the marts show on this connection: the live one, or the one asked for by tonghop.publication or tonghop.as_of';

create function warehouse.candidate() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    n integer;
begin
    -- the share lock makes publishing wait for a model that still writes
    select number into n from audit.publication where status = 'candidate' for share;
    if n is null then
        raise exception 'no candidate publication is open';
    end if;
    return n;
end
$$;
comment on function warehouse.candidate() is 'The publication that is being built; raises when none is open';

create function catalog.pack_in_force() returns text
language sql stable security definer set search_path = ''
as $$
    select coalesce(
        (select pack_hash from audit.publication where status = 'candidate'),
        (select pack_hash from audit.gate_run where status = 'judging' and gate = 1),
        (select pack_hash from catalog.pack order by load_number desc limit 1)
    )
$$;
comment on function catalog.pack_in_force() is 'The pack of the open candidate or judgement, else the one loaded last';

create function audit.judgement() returns bigint
language sql stable security definer set search_path = ''
as $$
    select gate_run_id from audit.gate_run where status = 'judging' and gate = 1
$$;
comment on function audit.judgement() is 'The run of gate 1 that is judging now; null when none is';

revoke all on function warehouse.candidate() from public;
grant execute on function warehouse.candidate() to transformer, publisher;
revoke all on function audit.judgement() from public;
grant execute on function audit.judgement() to transformer, publisher, auditor;
