-- Who sees what of the marts. A login that may see one part of the tree only, or no small counts, has rows here; the last one counts.
-- Whoever is neither in `see_everything` nor in this table sees no unit at all.

create table audit.reader_limit (
    reader_limit_id bigint generated always as identity primary key,
    role_name text not null,
    branches text[], -- codes of the units whose branches it sees; null: every unit
    hides_small_counts boolean not null,
    is_removed boolean not null default false,
    set_by text not null,
    set_at timestamptz not null default now(),
    check (branches <> '{}')
);
create index on audit.reader_limit (role_name, reader_limit_id);
comment on table audit.reader_limit is
'What the logins that `tonghop role` made may see: which branches of the tree, and whether small counts. The last row of a role counts';

grant select on audit.reader_limit to publisher, transformer, auditor;
grant insert on audit.reader_limit to publisher;

create function warehouse.sees_every_unit() returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$
    select pg_catalog.pg_has_role(session_user, 'see_everything', 'member') or coalesce(
        (
            select branches is null and not is_removed from audit.reader_limit
            where role_name = session_user order by reader_limit_id desc limit 1
        ),
        false
    )
$$;
comment on function warehouse.sees_every_unit() is 'Whether this login sees the figures of every unit';

create function warehouse.hides_small_counts() returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$
    select not pg_catalog.pg_has_role(session_user, 'see_everything', 'member') and coalesce(
        (
            select hides_small_counts from audit.reader_limit
            where role_name = session_user order by reader_limit_id desc limit 1
        ),
        true
    )
$$;
comment on function warehouse.hides_small_counts() is 'Whether small counts are hidden from this login';

-- A unit is seen in those of its versions whose path leads through a branch of the reader: by the tree of that time. Told as what is
-- hidden, for the planner's sake: it takes `not … <@ …` for a condition that nearly all rows meet. Keys that nobody knows are hidden, too.
create function warehouse.hidden_unit_keys() returns int4multirange
language plpgsql stable parallel safe security definer set search_path = ''
as $$
declare
    seen text[];
    n integer;
begin
    if warehouse.sees_every_unit() then
        return '{}';
    end if;
    select branches into seen from audit.reader_limit where role_name = session_user order by reader_limit_id desc limit 1;
    n := warehouse.visible_publication();
    return '{(,)}'::pg_catalog.int4multirange - coalesce(
        (
            select pg_catalog.range_agg(pg_catalog.int4range(unit_key, unit_key, '[]')) from warehouse.dim_unit
            where from_publication <= n and to_publication > n and pg_catalog.string_to_array(path, '/') && seen
        ),
        '{}'
    );
end
$$;
comment on function warehouse.hidden_unit_keys() is
'The versions of units that this login may not see at the publication that it looks at; empty for whoever sees every unit';

-- The views of the marts belong to a role of their own: row security of the warehouse's tables would not hold for the tables' owner.
grant see_everything to transformer, publisher, auditor, bi_reader;
grant marts_owner to transformer;
grant usage on schema warehouse, audit, catalog to marts_owner;
grant usage, create on schema marts to marts_owner;
grant select on all tables in schema audit, catalog to marts_owner;
alter default privileges in schema audit, catalog grant select on tables to marts_owner;
alter default privileges for role transformer in schema warehouse grant select on tables to marts_owner;
grant usage on schema marts to limited_reader;
alter default privileges for role transformer in schema marts grant select on tables to limited_reader;
do $$
begin
    execute pg_catalog.format('grant connect on database %I to limited_reader', pg_catalog.current_database());
    if exists (select from pg_catalog.pg_tables where schemaname = 'warehouse') then -- deployed before
        grant select on all tables in schema warehouse to marts_owner;
    end if;
end
$$;

-- A query on a view of the marts is taken apart into the joins of both; the planner must be allowed to look at all of them at once.
alter role bi_reader set join_collapse_limit = 12;
alter role bi_reader set from_collapse_limit = 12;
alter role bi_reader set geqo_threshold = 14;

-- What everybody may do by default and no reader needs: large objects, which is writing, and locks that the pipeline waits for.
do $$
declare
    harmful regprocedure;
begin
    for harmful in
        select oid from pg_catalog.pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
            and (proname ~ '^(lo_|pg_advisory_|pg_try_advisory_)' or proname in ('loread', 'lowrite'))
    loop
        execute pg_catalog.format('revoke execute on function %s from public', harmful);
        if harmful::text ~ 'advisory' then
            execute pg_catalog.format('grant execute on function %s to loader, transformer, publisher', harmful);
        end if;
    end loop;
end
$$;
