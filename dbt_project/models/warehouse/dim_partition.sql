{{ config(unique_key=['partition_code', 'part_key']) }}

with parts as (
    select * from {{ ref('stg_catalog__breakdown_parts') }}
),

breakdowns as (
    select * from {{ ref('stg_catalog__breakdowns') }}
),

parts_with_keys as (
    select
        parts.partition_code,
        part_breakdowns.breakdown_key as part_key,
        whole_breakdowns.breakdown_key as whole_key,
        (count(*) over (partition by parts.partition_code))::integer as parts,
        min(parts.position) over (partition by parts.partition_code) as precedence
    from parts
    inner join breakdowns as part_breakdowns on parts.part_code = part_breakdowns.breakdown_code
    inner join breakdowns as whole_breakdowns on parts.whole_code = whole_breakdowns.breakdown_code
)

select * from parts_with_keys
