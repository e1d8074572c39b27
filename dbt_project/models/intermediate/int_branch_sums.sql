with figures as (
    select * from {{ ref('int_unit_figures') }}
    where is_published
),

branches as (
    select * from {{ ref('int_branch_units') }}
),

nesting as (
    select * from {{ ref('int_period_nesting') }}
),

-- each unit's figures belong to the branches above it in the tree of that period, or of today; a ratio that is only submitted cannot
-- be split
sums_of_the_reported_periods as (
    select
        branches.map,
        figures.indicator_key,
        branches.unit_code,
        figures.breakdown_key,
        figures.period_key,
        figures.deciding,
        sum(figures.value * branches.weight) as value,
        sum(figures.value * branches.weight) filter (
            where
            branches.reporting_unit_code = branches.unit_code
            and (figures.deciding <> 'same' or branches.weight = 1)
        ) as own_value,
        bool_or(branches.reporting_unit_code = branches.unit_code) as is_submitting,
        bool_or(branches.weight <> 1 and figures.value is not null) as is_estimate
    from figures
    inner join branches
        on
            figures.indicator_key = branches.indicator_key
            and figures.unit_key = branches.reporting_unit_key
            and figures.year = branches.year
    group by
        branches.map,
        figures.indicator_key,
        branches.unit_code,
        figures.breakdown_key,
        figures.period_key,
        figures.deciding
),

sums_with_longer_periods as (
    select
        sums.map,
        sums.indicator_key,
        sums.unit_code,
        sums.breakdown_key,
        nesting.period_key,
        sums.deciding,
        sum(sums.value) filter (where {{ is_deciding('sums', 'nesting') }}) as value,
        sum(sums.own_value) filter (where {{ is_deciding('sums', 'nesting') }}) as own_value,
        sum(sums.value) as sum_since_january,
        sum(sums.own_value) as own_sum_since_january,
        bool_or(sums.is_submitting and nesting.is_inside) as is_submitting,
        bool_or(sums.is_estimate and (sums.deciding = 'all' or {{ is_deciding('sums', 'nesting') }})) as is_estimate
    from sums_of_the_reported_periods as sums
    inner join nesting
        on
            sums.period_key = nesting.reported_period_key
            and (nesting.is_inside or sums.deciding = 'all')
    group by sums.map, sums.indicator_key, sums.unit_code, sums.breakdown_key, nesting.period_key, sums.deciding
    having bool_or(nesting.is_inside)
),

sums_by_kind as (
    select
        map,
        indicator_key,
        unit_code,
        breakdown_key,
        period_key,
        is_submitting,
        is_estimate,
        own_value,
        case when deciding = 'same' then own_value else value end as value,
        case deciding when 'all' then sum_since_january when 'same' then null else value end as ytd_value,
        case deciding when 'all' then own_sum_since_january when 'same' then null else own_value end as own_ytd_value
    from sums_with_longer_periods
)

select * from sums_by_kind
