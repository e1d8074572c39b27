{{ config(tags=['every_refresh']) }}
-- The tests of a candidate must look one publication ahead: dbt's connection says so, and nothing may silently undo it.
with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

not_seen as (
    select number
    from candidate
    where number is distinct from (select warehouse.visible_publication())
)

select * from not_seen
