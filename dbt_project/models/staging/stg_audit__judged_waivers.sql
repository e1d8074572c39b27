with judged as (
    select * from {{ source('audit', 'judged_waiver') }}
),

requests as (
    select * from {{ source('audit', 'request') }}
),

waivers_of_judgements as (
    select
        judged.gate_run_id,
        judged.submission_id,
        judged.request_id as waiver_id,
        requests.rule_code,
        requests.indicator_code,
        requests.measure,
        requests.breakdown_code,
        requests.given_for
    from judged
    inner join requests on judged.request_id = requests.request_id
)

select * from waivers_of_judgements
