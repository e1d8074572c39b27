{{
    config(
        post_hook=["analyze {{ this }}"],
        indexes=[
            {'columns': ['submission_id'], 'unique': true},
            {'columns': ['gate_run_id']},
        ],
    )
}}

with submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

submissions_without_a_print as (
    select submissions.submission_id
    from submissions
    {% if is_incremental() %}
    left join {{ this }} as known on submissions.submission_id = known.submission_id
    where known.submission_id is null
    {% endif %}
),

-- of all non-zero figures together, whatever unit and period they are for: the same figures, the same print, in whatever order they are
-- met. PostgreSQL keeps these hashes as they are (tables are partitioned by them), and 5 and 5.0 have the same one
prints as (
    select
        submissions_without_a_print.submission_id,
        figures.*
    from submissions_without_a_print
    cross join lateral (
        select
            count(*)::integer as figures,
            bit_xor(
                hashtextextended(cells.indicator_code, hashtextextended(cells.breakdown_code, hash_numeric_extended(cells.value, 0)))
            ) as figures_hash
        from cells
        where
            cells.submission_id = submissions_without_a_print.submission_id
            and {{ without_index("cells.measure = 'value'") }}
            and cells.value <> 0
    ) as figures
)

select
    audit.judgement() as gate_run_id,
    submission_id,
    figures,
    figures_hash
from prints
