with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

keys as (
    select * from {{ ref('int_comparable_keys') }}
),

all_facts as (
    select * from {{ ref('fct_indicator_value') }}
),

-- everything twice: as it is now (1), and as it was before the candidate (-1). What is built anew has no before
figures_sent as (
    select
        states.sign,
        keys.indicator_key,
        keys.unit_code,
        keys.unit_key,
        keys.period_key,
        all_facts.breakdown_key,
        sum(all_facts.value) as value,
        bool_or({{ is_answer('all_facts') }}) as is_answered,
        bool_and(all_facts.state = 'blank') as is_blank
    from keys
    inner join all_facts
        on
            keys.period_key = all_facts.period_key
            and keys.indicator_key = all_facts.indicator_key
            and keys.unit_key = all_facts.unit_key
    inner join {{ now_and_before('all_facts') }}
    where all_facts.role = 'additive' and all_facts.measure = 'value'
    group by states.sign, keys.indicator_key, keys.unit_code, keys.unit_key, keys.period_key, all_facts.breakdown_key
)

select * from figures_sent
