-- Retention: publications that are not kept expire, and those that have a name are kept for ever. What was shown when is a view, so that a
-- date means what BI saw then, also while a rollback was under way.

alter table audit.publication
    add column expired_at timestamptz,
    add constraint only_published_ones_expire check (expired_at is null or status = 'published');
comment on column audit.publication.expired_at is
'When retention gave it up: rows that only expired publications show are removed, so it cannot be shown any more. Its manifest stays';
grant update (expired_at) on audit.publication to publisher;

create table audit.publication_name (
    name text primary key check (name <> ''),
    publication integer not null references audit.publication,
    given_by text not null,
    given_at timestamptz not null default clock_timestamp()
);
create index on audit.publication_name (publication);
comment on table audit.publication_name is 'A publication that has a name never expires';
grant select on audit.publication_name to publisher, transformer, auditor;
grant insert on audit.publication_name to publisher;

alter table audit.event alter column at set default clock_timestamp(); -- an act may have waited for another one since it began

create view audit.shown as
select published_at as since, number from audit.publication where status = 'published'
union all
select at, (details ->> 'to')::integer from audit.event where act = 'rolled_back';
comment on view audit.shown is
'What the marts showed, and since when: every publication, and the old one that a rollback goes back to at once, before it is restated';
grant select on audit.shown to publisher, transformer, auditor;

create function audit.moment(as_of text) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
    zone text;
begin
    if as_of !~ '^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$' then
        raise exception 'tonghop.as_of must be a day or a moment, not % / tonghop.as_of phải là ngày hoặc thời điểm', quote_literal(as_of)
            using hint = 'Write 2022-09-20, 2022-09-20 14:30 or 2022-09-20 14:30+07.';
    end if;
    if as_of ~ ':.*(Z|[+-]\d{2}(:?\d{2})?)$' then
        return as_of::timestamptz;
    end if;
    select time_zone into zone from catalog.pack order by load_number desc limit 1;
    if length(as_of) = 10 then
        return ((as_of::date + 1)::timestamp at time zone coalesce(zone, 'UTC')) - interval '1 microsecond';
    end if;
    return as_of::timestamp at time zone coalesce(zone, 'UTC');
end
$$;
comment on function audit.moment(text) is
'The moment that a text means: a day means its last moment, and what names no time zone is in that of the catalog pack';
revoke all on function audit.moment(text) from public;

create or replace function warehouse.visible_publication() returns integer
language plpgsql stable parallel safe security definer set search_path = ''
as $$
declare
    wanted text := nullif(current_setting('tonghop.publication', true), '');
    as_of text := nullif(current_setting('tonghop.as_of', true), '');
    n integer;
    found_status text;
    expired timestamptz;
begin
    if wanted is null and as_of is null then
        return coalesce((select number from audit.live), 0);
    end if;
    if wanted is not null and as_of is not null then
        raise exception 'tonghop.publication and tonghop.as_of are both set / đặt cả hai tonghop.publication và tonghop.as_of'
            using hint = 'Reset one of them: a number and a date may mean different publications.';
    end if;
    if wanted is not null then
        if wanted !~ '^[0-9]{1,9}$' then
            raise exception 'tonghop.publication must be a number, not % / tonghop.publication phải là một số', quote_literal(wanted);
        end if;
        n := wanted::integer;
    else
        select number into n from audit.shown where since <= audit.moment(as_of) order by since desc, number desc limit 1;
        if n is null then
            raise exception 'nothing was published at % / chưa công bố gì vào lúc %', as_of, as_of;
        end if;
    end if;
    select status, expired_at into found_status, expired from audit.publication where number = n;
    if found_status = 'candidate' and pg_catalog.pg_has_role(session_user, 'see_candidate', 'member') then
        return n;
    end if;
    if found_status is distinct from 'published' then
        raise exception 'publication % is not published / số công bố % chưa được công bố', n, n
            using hint = 'marts.publication lists those that can be shown.';
    end if;
    if expired is not null then
        raise exception 'publication % has expired / số công bố % đã hết hạn lưu giữ', n, n
            using
                detail = 'Retention removed its figures on ' || expired::date || '; its manifest and its files are in the archive.',
                hint = 'marts.publication lists those that can be shown.';
    end if;
    return n;
end
$$;
