-- Hierarchies beside the tree of units: groups, and the group that each version of a unit belongs to.

create table catalog.hierarchy (
    pack_hash text not null references catalog.pack,
    hierarchy_code text not null,
    name_vi text not null,
    name_en text not null,
    sort_order integer not null,
    primary key (pack_hash, hierarchy_code)
);
comment on table catalog.hierarchy is 'Other ways than the tree of units to put units together';

create table catalog.unit_group (
    pack_hash text not null references catalog.pack,
    unit_key integer not null, -- from the same sequence as the keys of units: both have figures
    hierarchy_code text not null,
    group_code text not null,
    name_vi text not null,
    name_en text not null,
    sort_order integer not null,
    parent_code text,
    path text not null, -- codes of groups from the topmost to this one, separated by '/'
    primary key (pack_hash, unit_key),
    unique (pack_hash, hierarchy_code, group_code)
);
comment on table catalog.unit_group is 'Groups of units in a hierarchy';

create table catalog.unit_group_place (
    pack_hash text not null references catalog.pack,
    hierarchy_code text not null,
    unit_key integer not null,
    group_code text not null,
    primary key (pack_hash, hierarchy_code, unit_key)
);
comment on table catalog.unit_group_place is 'The group that a version of a unit belongs to in a hierarchy';

grant select on catalog.hierarchy, catalog.unit_group, catalog.unit_group_place to transformer, publisher, auditor;
grant select, insert on catalog.hierarchy, catalog.unit_group, catalog.unit_group_place to loader;
