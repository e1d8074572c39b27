-- Which units and periods a rule judges, and the profiles by which the quality of figures is measured.

alter table catalog.rule
    add column units text[],
    add column unit_types text[],
    add column period_types text[],
    add column months integer[];
comment on column catalog.rule.units is 'Units that are judged with all units below them; null: every unit';
comment on column catalog.rule.unit_types is 'Types of units that are judged; null: every type';
comment on column catalog.rule.period_types is 'Types of periods that are judged; null: every type';
comment on column catalog.rule.months is 'Months (1-12) in which a judged period ends; null: every month';

create table catalog.quality_profile (
    pack_hash text not null references catalog.pack,
    profile_code text not null,
    version integer not null,
    period_type text not null,
    base_periods integer not null, -- periods before that one is compared with
    name_vi text not null,
    name_en text not null,
    source text not null,
    valid_from date not null,
    valid_to date not null,
    primary key (pack_hash, profile_code, version)
);
comment on table catalog.quality_profile is 'Versions of the named sets of thresholds that the quality of figures is judged by';

create table catalog.quality_criterion (
    pack_hash text not null,
    profile_code text not null,
    version integer not null,
    metric text not null,
    pair_code text not null default '', -- empty: the metric compares no pair of indicators
    a_indicator_code text,
    b_indicator_code text,
    threshold numeric not null,
    deviations numeric,
    up_to_deviations numeric,
    minimum_points integer not null,
    minimum_value numeric not null,
    primary key (pack_hash, profile_code, version, metric, pair_code),
    foreign key (pack_hash, profile_code, version) references catalog.quality_profile,
    check ((pair_code = '') = (a_indicator_code is null) and (a_indicator_code is null) = (b_indicator_code is null))
);
comment on table catalog.quality_criterion is 'One row per metric of a profile: its threshold, and what it needs to be judged';

grant select on catalog.quality_profile, catalog.quality_criterion to transformer, publisher, auditor;
grant select, insert on catalog.quality_profile, catalog.quality_criterion to loader;
