with figures as (
    select * from {{ ref('int_suppressible_figures') }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

-- how many types of period end on a day: hiding what is known of that day hides as many figures
days as (
    select
        period_type = 'week' as is_week,
        end_date,
        count(*) as types
    from periods
    group by period_type = 'week', end_date
),

-- what a unit has in all, and what it has of its own where it has units below
amounts as (
    select
        indicator_key,
        year,
        period_key,
        is_week,
        point,
        start_point,
        unit_code,
        parent_code,
        depth,
        is_flow,
        is_branch,
        suppress_below,
        'total' as part,
        value,
        amount
    from figures
    where amount is not null
    union all
    select
        indicator_key,
        year,
        period_key,
        is_week,
        point,
        start_point,
        unit_code,
        parent_code,
        depth,
        is_flow,
        is_branch,
        suppress_below,
        'own' as part,
        own_value as value,
        own_amount as amount
    from figures
    where own_amount is not null and is_submitting and is_branch
),

-- a small value is hidden by hiding the amount at its end or at its start, whichever hides less
small_values as (
    select
        amounts.indicator_key,
        amounts.year,
        amounts.is_week,
        amounts.unit_code,
        amounts.part,
        case when starts.types <= ends.types then starts.end_date else amounts.point end as point
    from amounts
    left join days as ends on amounts.is_week = ends.is_week and amounts.point = ends.end_date
    left join days as starts
        on
            amounts.is_week = starts.is_week
            and amounts.start_point = starts.end_date
            and exists (
                select from amounts as before
                where
                    before.indicator_key = amounts.indicator_key
                    and before.year = amounts.year
                    and before.is_week = amounts.is_week
                    and before.unit_code = amounts.unit_code
                    and before.part = amounts.part
                    and before.point = starts.end_date
            )
    where amounts.value > 0 and amounts.value < amounts.suppress_below
    union
    select
        indicator_key,
        year,
        is_week,
        unit_code,
        part,
        point
    from amounts
    where amount > 0 and amount < suppress_below
),

children as (
    select
        indicator_key,
        year,
        is_week,
        parent_code,
        unit_code,
        min(point) as first_point
    from amounts
    where is_flow and part = 'total' and parent_code is not null
    group by indicator_key, year, is_week, parent_code, unit_code
),

-- a unit that has left a branch during the year stays in its cumulative sums
left_behind as (
    select
        heads.indicator_key,
        heads.year,
        heads.is_week,
        heads.period_key,
        heads.unit_code as head_code,
        heads.depth as head_depth,
        children.unit_code,
        max(before.point) as point
    from amounts as heads
    inner join children
        on
            heads.indicator_key = children.indicator_key
            and heads.year = children.year
            and heads.is_week = children.is_week
            and heads.unit_code = children.parent_code
            and heads.point > children.first_point
    left join amounts as present
        on
            heads.indicator_key = present.indicator_key
            and heads.period_key = present.period_key
            and children.unit_code = present.unit_code
            and children.parent_code = present.parent_code
            and present.part = 'total'
    inner join amounts as before
        on
            heads.indicator_key = before.indicator_key
            and heads.year = before.year
            and heads.is_week = before.is_week
            and children.unit_code = before.unit_code
            and children.parent_code = before.parent_code
            and before.part = 'total'
            and heads.point > before.point
    where heads.part = 'total' and heads.is_branch and present.unit_code is null
    group by
        heads.indicator_key,
        heads.year,
        heads.is_week,
        heads.period_key,
        heads.unit_code,
        heads.depth,
        children.unit_code,
        children.parent_code
),

-- what is known of one day then tells of others: all of the unit's year is hidden, or nothing
unsteady_units as (
    select
        indicator_key,
        year,
        is_week,
        unit_code
    from left_behind
    union
    select
        indicator_key,
        year,
        is_week,
        unit_code
    from children
    group by indicator_key, year, is_week, unit_code
    having count(*) > 1
),

unsteady_units_with_small_values as (
    select
        unsteady_units.indicator_key,
        unsteady_units.year,
        unsteady_units.is_week,
        unsteady_units.unit_code
    from unsteady_units
    inner join small_values
        on
            unsteady_units.indicator_key = small_values.indicator_key
            and unsteady_units.year = small_values.year
            and unsteady_units.is_week = small_values.is_week
            and unsteady_units.unit_code = small_values.unit_code
    group by unsteady_units.indicator_key, unsteady_units.year, unsteady_units.is_week, unsteady_units.unit_code
),

-- the sum of a branch: its total is its own and those of the units below
terms as (
    select
        indicator_key,
        year,
        is_week,
        period_key,
        unit_code as head_code,
        depth as head_depth,
        case when part = 'own' then 'own' else 'head' end as place,
        unit_code,
        part,
        point,
        amount,
        value
    from amounts
    where is_branch or parent_code is null
    union all
    select
        indicator_key,
        year,
        is_week,
        period_key,
        parent_code as head_code,
        depth - 1 as head_depth,
        'child' as place,
        unit_code,
        part,
        point,
        amount,
        value
    from amounts
    where part = 'total' and parent_code is not null
    union all
    select
        indicator_key,
        year,
        is_week,
        period_key,
        head_code,
        head_depth,
        'left_behind' as place,
        unit_code,
        'total' as part,
        point,
        null as amount,
        null as value
    from left_behind
),

terms_marked as (
    select
        terms.*,
        small_values.unit_code is not null or unsteady_small.unit_code is not null as is_small,
        unsteady_units.unit_code is null as is_steady
    from terms
    left join small_values
        on
            terms.indicator_key = small_values.indicator_key
            and terms.year = small_values.year
            and terms.is_week = small_values.is_week
            and terms.unit_code = small_values.unit_code
            and terms.part = small_values.part
            and terms.point = small_values.point
    left join unsteady_units_with_small_values as unsteady_small
        on
            terms.indicator_key = unsteady_small.indicator_key
            and terms.year = unsteady_small.year
            and terms.is_week = unsteady_small.is_week
            and terms.unit_code = unsteady_small.unit_code
    left join unsteady_units
        on
            terms.indicator_key = unsteady_units.indicator_key
            and terms.year = unsteady_units.year
            and terms.is_week = unsteady_units.is_week
            and terms.unit_code = unsteady_units.unit_code
)

select * from terms_marked
