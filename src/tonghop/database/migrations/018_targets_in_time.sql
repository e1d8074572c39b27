-- A plan may be changed during its year: each version holds from a day on, and what decided it can be said. And a changed catalog is
-- taken in by what it reaches: the slots and series that a candidate has to look at because of it are frozen with it.

alter table catalog.target drop constraint target_pkey;
alter table catalog.target
    add column valid_from date not null default '0001-01-01',
    add column valid_to date not null default '9999-12-31',
    add column decision text,
    add constraint target_pkey primary key (pack_hash, indicator_code, unit_code, year, valid_from),
    add constraint target_interval check (valid_from < valid_to);
comment on column catalog.target.valid_to is 'The first day on which this version of the plan no longer holds';

-- Targets that were published before had one version, for the whole year.
do $$
begin
    if to_regclass('warehouse.fct_target') is not null then
        alter table warehouse.fct_target
            add column valid_from date,
            add column valid_to date,
            add column version integer default 1,
            add column is_last boolean default true,
            add column decision text;
        update warehouse.fct_target set valid_from = make_date(year, 1, 1), valid_to = make_date(year + 1, 1, 1);
        alter table warehouse.fct_target
            alter column version drop default,
            alter column is_last drop default,
            drop constraint fct_target_pk,
            add constraint fct_target_pk primary key (indicator_key, unit_key, year, valid_from, to_publication);
    end if;
end
$$;

create table audit.candidate_reach (
    publication integer not null references audit.publication,
    what text not null check (what in ('figures', 'targets')),
    indicator_code text not null,
    unit_code text, -- null: all of them
    year integer, -- null: every one
    unique nulls not distinct (publication, what, indicator_code, unit_code, year)
);
comment on table audit.candidate_reach is
'What a changed catalog reaches beside the slots of a candidate: sums of an indicator, or its targets';
grant select on audit.candidate_reach to publisher, transformer, auditor;
grant insert on audit.candidate_reach to publisher;
