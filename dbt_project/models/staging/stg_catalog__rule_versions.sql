with rules as (
    select * from {{ source('catalog', 'rule') }}
),

packs as (
    select * from {{ source('catalog', 'pack') }}
),

pack_in_force as (
    select * from packs
    where pack_hash = (select catalog.pack_in_force())
),

-- a version is described by the first pack that had it; later packs than the one in force are not known yet
versions as (
    select distinct on (rules.rule_key)
        rules.rule_key,
        rules.pack_hash,
        rules.rule_code,
        rules.kind,
        rules.severity,
        rules.forms,
        rules.text_vi,
        rules.text_en,
        rules.reason_vi,
        rules.reason_en,
        rules.owner,
        rules.valid_from,
        rules.valid_to,
        packs.loaded_at
    from rules
    inner join packs on rules.pack_hash = packs.pack_hash
    where packs.load_number <= (select pack_in_force.load_number from pack_in_force)
    order by rules.rule_key asc, packs.load_number asc
),

versions_in_force as (
    select rules.rule_key
    from rules
    inner join pack_in_force on rules.pack_hash = pack_in_force.pack_hash
)

select
    versions.*,
    versions.rule_key in (select versions_in_force.rule_key from versions_in_force) as is_current
from versions
