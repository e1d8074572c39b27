-- The catalog pack: one row per pack, and each file of it as a table keyed by the pack's hash. Append-only.
-- Surrogate keys are assigned here, once, and never reused.

create table catalog.pack (
    pack_hash text primary key,
    load_number integer generated always as identity unique,
    loaded_at timestamptz not null default now(),
    pack_code text not null,
    name_vi text not null,
    name_en text not null,
    time_zone text not null,
    root_unit text not null,
    holidays text not null,
    first_year integer not null,
    last_year integer not null
);

create table catalog.unit (
    pack_hash text not null references catalog.pack,
    unit_key integer not null,
    unit_code text not null,
    official_code text,
    name_vi text not null,
    name_en text not null,
    sort_order integer not null,
    level integer not null,
    unit_type text not null,
    parent_code text,
    path text not null, -- unit codes from the root to this unit, separated by '/', as of valid_from
    valid_from date not null,
    valid_to date not null,
    successor_code text,
    primary key (pack_hash, unit_key)
);

create table catalog.unit_alias (
    pack_hash text not null references catalog.pack,
    unit_code text not null,
    alias text not null,
    valid_from date not null,
    valid_to date not null
);

create table catalog.programme (
    pack_hash text not null references catalog.pack,
    programme_code text not null,
    name_vi text not null,
    name_en text not null,
    sort_order integer not null,
    primary key (pack_hash, programme_code)
);

create table catalog.indicator (
    pack_hash text not null references catalog.pack,
    indicator_key integer not null,
    indicator_code text not null,
    name_vi text not null,
    name_en text not null,
    sort_order integer not null,
    programme_code text not null,
    unit_of_measure text not null,
    kind text not null check (kind in ('flow', 'stock', 'since', 'ratio')),
    stock_at text check (stock_at in ('start', 'end')),
    decimals integer not null,
    numerator_code text,
    denominator_code text,
    factor numeric,
    better text not null check (better in ('up', 'down', 'none')),
    primary key (pack_hash, indicator_key),
    unique (pack_hash, indicator_code)
);

create table catalog.breakdown (
    pack_hash text not null references catalog.pack,
    breakdown_key integer not null, -- 0 is TOTAL
    breakdown_code text not null,
    sex text,
    age_group text,
    name_vi text not null,
    name_en text not null,
    primary key (pack_hash, breakdown_key)
);

create table catalog.form (
    pack_hash text not null references catalog.pack,
    form_key integer not null, -- one per form_code
    form_code text not null,
    version integer not null,
    name_vi text not null,
    name_en text not null,
    unit_types text[] not null,
    period_type text not null,
    valid_from date not null,
    valid_to date not null,
    primary key (pack_hash, form_code, version)
);

create table catalog.form_column (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    version integer not null,
    sheet text not null,
    header_vi text not null,
    measure text not null,
    breakdown_code text not null
);

create table catalog.form_row (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    version integer not null,
    sheet text not null,
    sort_order integer not null,
    row_code text not null,
    label_vi text not null,
    indicator_code text not null,
    role text not null check (role in ('additive', 'control')),
    zero_words boolean not null
);

-- Duties resolved to units and periods, with the moment each report is due (working days, in the pack's time zone).
create table catalog.duty (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    unit_code text not null,
    period_code text not null,
    due_at timestamptz not null,
    primary key (pack_hash, form_code, unit_code, period_code)
);

create table catalog.target (
    pack_hash text not null references catalog.pack,
    indicator_code text not null,
    unit_code text not null,
    year integer not null,
    comparison text not null check (comparison in ('>=', '<=', '=')),
    target numeric,
    rate numeric,
    of_indicator_code text,
    primary key (pack_hash, indicator_code, unit_code, year),
    check ((target is null) = (rate is not null and of_indicator_code is not null))
);

create table catalog.rule (
    pack_hash text not null references catalog.pack,
    rule_code text not null,
    kind text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    severity_by_form jsonb not null default '{}', -- {form_code: severity}
    forms text[], -- null: every form
    operator text, -- = <= >= < >
    constant numeric, -- added to the right side
    measures text[], -- one comparison per measure; null: the terms carry their own
    missing text not null default 'skip_if_any' check (missing in ('skip_if_any', 'skip_if_all', 'never')),
    tolerance numeric not null default 0,
    tolerance_pct numeric not null default 0,
    params jsonb not null default '{}', -- factor, threshold, minimum_points, minimum_value, minimum_values, codes
    text_vi text not null,
    text_en text not null,
    reason text not null,
    owner text not null,
    valid_from date not null,
    valid_to date not null,
    primary key (pack_hash, rule_code)
);

create table catalog.rule_term (
    pack_hash text not null references catalog.pack,
    rule_code text not null,
    side text not null check (side in ('left', 'right', 'numerator', 'denominator')),
    position integer not null,
    indicator_code text not null,
    measure text, -- null: the measure of the comparison
    weight numeric not null default 1,
    primary key (pack_hash, rule_code, side, position)
);

-- Assigned keys: stable over packs, never reused.
create table catalog.unit_key (
    unit_key integer generated always as identity primary key,
    unit_code text not null,
    valid_from date not null,
    unique (unit_code, valid_from)
);

create table catalog.indicator_key (
    indicator_key integer generated always as identity primary key,
    indicator_code text not null unique
);

create table catalog.form_key (
    form_key integer generated always as identity primary key,
    form_code text not null unique
);

create table catalog.breakdown_key (
    breakdown_key integer primary key,
    breakdown_code text not null unique
);

grant select on all tables in schema catalog to transformer, publisher, auditor;
grant select, insert on all tables in schema catalog to loader;
