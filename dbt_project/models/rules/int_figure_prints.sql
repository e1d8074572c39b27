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
    select * from {{ ref('stg_submissions__cells') }} where measure = 'value' and state = 'number' and value <> 0
),

submissions_without_a_print as (
    select submissions.submission_id
    from submissions
    {% if is_incremental() %}
    left join {{ this }} as known on submissions.submission_id = known.submission_id
    where known.submission_id is null
    {% endif %}
),

-- one text for all non-zero figures, whatever unit and period they are for: equal texts, equal figures. One submission after the other:
-- its figures lie in this order already
prints as (
    select
        submissions_without_a_print.submission_id,
        figures.*
    from submissions_without_a_print
    cross join lateral (
        select
            count(*)::integer as figures,
            md5(string_agg(
                cells.indicator_code || ' ' || cells.breakdown_code || ' ' || trim_scale(cells.value)::text, ','
                order by cells.indicator_code, cells.breakdown_code
            )) as figures_hash
        from cells
        where cells.submission_id = submissions_without_a_print.submission_id
    ) as figures
)

select
    audit.judgement() as gate_run_id,
    submission_id,
    figures,
    figures_hash
from prints
