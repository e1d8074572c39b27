-- Which unit took the place of which: whole, or a part with a weight. Links that only `successor_code` says stand here too.

create table catalog.unit_succession (
    pack_hash text not null references catalog.pack,
    old_code text not null,
    new_code text not null,
    changed_on date not null,
    extent text not null check (extent in ('whole', 'part')),
    weight numeric check (weight > 0 and weight < 1),
    basis text,
    primary key (pack_hash, old_code, new_code, changed_on),
    check ((extent = 'part') = (weight is not null))
);
comment on table catalog.unit_succession is 'One row per pack, unit that ended (or gave a part away) and unit that took its place';

grant select on catalog.unit_succession to transformer, publisher, auditor;
grant select, insert on catalog.unit_succession to loader;

insert into catalog.unit_succession (pack_hash, old_code, new_code, changed_on, extent)
select pack_hash, unit_code, successor_code, valid_to, 'whole'
from catalog.unit
where successor_code is not null;
