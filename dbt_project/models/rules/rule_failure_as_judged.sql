{{ config(materialized='view') }}

with failures as (
    select * from {{ ref('rule_failure') }}
),

waivers as (
    select * from {{ ref('stg_audit__judged_waivers') }}
),

-- a waiver holds for one failure with the values that it was given for, and for no other
failures_with_waivers as (
    select
        failures.gate_run_id,
        failures.rule_code,
        failures.kind,
        failures.severity,
        failures.submission_id,
        failures.unit_code,
        failures.form_code,
        failures.period_code,
        failures.indicator_code,
        failures.measure,
        failures.cells -> 0 ->> 'breakdown_code' as breakdown_code,
        failures.sheet,
        failures.cell,
        failures.found,
        failures.expected,
        failures.tolerance,
        failures.found_text,
        failures.expected_text,
        failures.cells,
        waivers.waiver_id
    from failures
    left join waivers
        on
            failures.gate_run_id = waivers.gate_run_id
            and failures.submission_id = waivers.submission_id
            and failures.rule_code = waivers.rule_code
            and failures.indicator_code is not distinct from waivers.indicator_code
            and failures.measure is not distinct from waivers.measure
            and failures.cells -> 0 ->> 'breakdown_code' is not distinct from waivers.breakdown_code
            -- worked out where all else agrees, and not for every failure: waivers are few
            and (audit.given_for(failures.cells, failures.found_text, failures.submission_id) = waivers.given_for) is true
)

select * from failures_with_waivers
