-- Which breakdowns, taken together, make up another one: where only the parts were reported, their sum is the whole.

create table catalog.breakdown_part (
    pack_hash text not null references catalog.pack,
    partition_code text not null,
    whole_code text not null,
    part_code text not null,
    position integer not null, -- order in the pack: of two complete partitions the first one makes the whole
    primary key (pack_hash, partition_code, part_code)
);
comment on table catalog.breakdown_part is 'Parts of a whole: all parts of a partition together are the whole';

grant select on catalog.breakdown_part to transformer, publisher, auditor;
grant select, insert on catalog.breakdown_part to loader;
