-- Versions of rules have keys, so that results can say by which one they came about: the same content is the same version in every pack.

create table catalog.rule_key (
    rule_key integer generated always as identity primary key,
    rule_code text not null,
    content_sha256 text not null,
    unique (rule_code, content_sha256)
);
comment on table catalog.rule_key is 'One row per rule and content that it ever had';
grant select on catalog.rule_key to transformer, publisher, auditor;
grant select, insert on catalog.rule_key to loader;

alter table catalog.rule add column rule_key integer references catalog.rule_key;

create temporary table rule_content on commit drop as
select
    rule.pack_hash,
    rule.rule_code,
    encode(sha256(convert_to(
        (to_jsonb(rule) - 'pack_hash')::text
        || coalesce(jsonb_agg(to_jsonb(term) - 'pack_hash' order by term.side, term.position)::text, ''),
        'UTF8'
    )), 'hex') as content_sha256
from catalog.rule
left join catalog.rule_term as term on rule.pack_hash = term.pack_hash and rule.rule_code = term.rule_code
group by rule.pack_hash, rule.rule_code;

insert into catalog.rule_key (rule_code, content_sha256)
select distinct rule_code, content_sha256 from rule_content order by rule_code;

update catalog.rule set rule_key = k.rule_key
from rule_content as c
inner join catalog.rule_key as k on c.rule_code = k.rule_code and c.content_sha256 = k.content_sha256
where rule.pack_hash = c.pack_hash and rule.rule_code = c.rule_code;

alter table catalog.rule alter column rule_key set not null;
create index on catalog.rule (rule_key);
