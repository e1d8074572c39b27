-- The form model: how sheets are found, fixed cells, fields of free text, breakdowns and months on rows, indicators on columns.
-- Whatever the layout, `form_figure` says which figures a form has: whoever asks for them need not know about rows and columns.

alter table catalog.breakdown add column level text, add column other text;
alter table catalog.form add column number_style text check (number_style in ('vi', 'en'));

alter table catalog.form_column
    alter column measure drop not null,
    alter column breakdown_code drop not null,
    add column indicator_code text,
    add column role text check (role in ('additive', 'control')),
    add column zero_words boolean not null default false,
    add column month integer check (month between 1 and 12);

alter table catalog.form_row
    alter column indicator_code drop not null,
    alter column role drop not null,
    add column measure text,
    add column breakdown_code text,
    add column month integer check (month between 1 and 12),
    add column under text;

create table catalog.form_sheet (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    version integer not null,
    sheet text not null,
    other_names text[] not null,
    one_per text check (one_per in ('unit', 'month')),
    optional boolean not null,
    ignored boolean not null,
    control boolean not null,
    stands_in text,
    header_row integer,
    header_rows integer not null,
    rows_by text check (rows_by in ('code', 'label', 'both')),
    unit_cell text,
    period_cell text,
    as_of_cell text,
    primary key (pack_hash, form_code, version, sheet)
);
comment on table catalog.form_sheet is 'How a sheet of a form is found and read, where it is more than a name and a header to search for';

create table catalog.form_cell (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    version integer not null,
    sheet text not null,
    cell text not null,
    indicator_code text not null,
    measure text not null,
    breakdown_code text not null,
    role text check (role in ('additive', 'control')),
    zero_words boolean not null,
    month integer check (month between 1 and 12),
    label_cell text,
    label_vi text,
    primary key (pack_hash, form_code, version, sheet, cell)
);
comment on table catalog.form_cell is 'Figures that stand in a fixed cell of a form';

create table catalog.form_narrative (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    version integer not null,
    sheet text not null,
    label_vi text not null,
    topic text not null
);
comment on table catalog.form_narrative is 'Fields of free text of a form';

create table catalog.form_figure (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    version integer not null,
    indicator_code text not null,
    measure text not null,
    breakdown_code text not null,
    role text not null check (role in ('additive', 'control')),
    primary key (pack_hash, form_code, version, indicator_code, measure, breakdown_code)
);
comment on table catalog.form_figure is 'One row per figure that a report on a form has, wherever in the workbook it stands';

insert into catalog.form_figure (pack_hash, form_code, version, indicator_code, measure, breakdown_code, role)
select r.pack_hash, r.form_code, r.version, r.indicator_code, c.measure, c.breakdown_code, r.role
from catalog.form_row as r
inner join catalog.form_column as c
    on r.pack_hash = c.pack_hash and r.form_code = c.form_code and r.version = c.version and r.sheet = c.sheet;

grant select on catalog.form_sheet, catalog.form_cell, catalog.form_narrative, catalog.form_figure to transformer, publisher, auditor;
grant select, insert on catalog.form_sheet, catalog.form_cell, catalog.form_narrative, catalog.form_figure to loader;
