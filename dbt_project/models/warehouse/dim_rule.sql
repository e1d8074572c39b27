{{ config(unique_key=['rule_key']) }}

with versions as (
    select * from {{ ref('stg_catalog__rule_versions') }}
),

terms as (
    select * from {{ ref('stg_catalog__rule_terms_ever') }}
),

programmes as (
    select
        pack_hash,
        rule_code,
        case when min(programme_code) = max(programme_code) then min(programme_code) end as programme_code
    from terms
    group by pack_hash, rule_code
),

versions_with_programmes as (
    select
        versions.rule_key,
        versions.rule_code,
        versions.kind,
        versions.severity,
        programmes.programme_code,
        array_to_string(versions.forms, ', ') as forms,
        versions.text_vi,
        versions.text_en,
        versions.reason_vi,
        versions.reason_en,
        versions.owner,
        versions.valid_from,
        versions.valid_to,
        versions.loaded_at,
        versions.is_current
    from versions
    left join programmes
        on
            versions.pack_hash = programmes.pack_hash
            and versions.rule_code = programmes.rule_code
)

select * from versions_with_programmes
