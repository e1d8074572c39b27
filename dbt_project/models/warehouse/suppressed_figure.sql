{{ config(
    unique_key=['period_key', 'indicator_key', 'unit_key', 'map'],
    scope={
        'relation': 'int_series_touched',
        'columns': ['indicator_key', 'year'],
        'periods': 'select period_key from warehouse.dim_period where year in (select year from warehouse.int_series_touched)',
    },
) }}
{% set depth = depth_of_the_tree() | int %}

with touched as (
    select
        indicator_key,
        year
    from {{ ref('int_series_touched') }}
    group by indicator_key, year
),

figures as (
    select * from {{ ref('int_suppressible_figures') }}
),

terms as (
    select * from {{ ref('int_suppression_terms') }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

figures_on_both_maps as (
    select * from {{ open_rows(ref('agg_indicator_period')) }}
),

ratios as (
    select * from {{ open_rows(ref('dim_indicator')) }}
    where factor is not null
),

parts as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

hidden_0 as (
    select
        indicator_key,
        year,
        is_week,
        unit_code,
        part,
        point
    from terms
    where is_small
    group by indicator_key, year, is_week, unit_code, part, point
),

{# from the leaves to the root a hidden amount gets company, beside what units left behind twice; from the root to the leaves what was
   hidden as company gets some below #}
{% for level in range(depth, 0, -1) %}
{{ hide_company(2 * loop.index - 1, level, 'rising') }}
{{ hide_company(2 * loop.index, level, 'rising') }}
{% endfor %}
{% for level in range(1, depth + 1) %}
{{ hide_company(2 * depth + loop.index, level, 'falling') }}
{% endfor %}

sums as (
    select
        terms.indicator_key,
        terms.year,
        terms.is_week,
        terms.period_key,
        terms.head_code,
        count(*) as amounts,
        count(hidden.point) filter (where terms.place <> 'left_behind') as hidden_now,
        count(hidden.point) filter (where terms.place = 'left_behind') as hidden_behind
    from terms
    left join hidden_{{ 3 * depth }} as hidden
        on
            terms.indicator_key = hidden.indicator_key
            and terms.year = hidden.year
            and terms.is_week = hidden.is_week
            and terms.unit_code = hidden.unit_code
            and terms.part = hidden.part
            and terms.point = hidden.point
    group by terms.indicator_key, terms.year, terms.is_week, terms.period_key, terms.head_code
),

-- where some units report an indicator by month and others by quarter, sums of both end on one day
shortest_periods as (
    select
        indicator_key,
        year,
        is_week,
        unit_code,
        min(end_date - start_date) as days
    from figures
    where amount is not null
    group by indicator_key, year, is_week, unit_code
),

mixed_series as (
    select
        indicator_key,
        year,
        is_week
    from shortest_periods
    group by indicator_key, year, is_week
    having max(days) > 2 * min(days)
),

-- where no company was to be found, or sums are of two kinds, everything is hidden as soon as anything is
series_hidden as (
    select
        indicator_key,
        year,
        is_week
    from sums
    where amounts > 1 and {{ tells_a_secret() }}
    union
    select
        mixed_series.indicator_key,
        mixed_series.year,
        mixed_series.is_week
    from mixed_series
    inner join hidden_0
        on
            mixed_series.indicator_key = hidden_0.indicator_key
            and mixed_series.year = hidden_0.year
            and mixed_series.is_week = hidden_0.is_week
),

hidden as (
    select * from hidden_{{ 3 * depth }}
    union
    select
        terms.indicator_key,
        terms.year,
        terms.is_week,
        terms.unit_code,
        terms.part,
        terms.point
    from terms
    inner join series_hidden
        on
            terms.indicator_key = series_hidden.indicator_key
            and terms.year = series_hidden.year
            and terms.is_week = series_hidden.is_week
),

-- a value is known by the amounts at its start and at its end
counts_judged as (
    select
        figures.period_key,
        figures.indicator_key,
        figures.unit_key,
        figures.map,
        figures.year,
        ends.point is not null or starts.point is not null as hides_value,
        ends.point is not null as hides_ytd_value,
        own_ends.point is not null or own_starts.point is not null as hides_own_value,
        own_ends.point is not null as hides_own_ytd_value
    from figures
    left join hidden as ends
        on
            figures.indicator_key = ends.indicator_key
            and figures.year = ends.year
            and figures.is_week = ends.is_week
            and figures.unit_code = ends.unit_code
            and ends.part = 'total'
            and figures.point = ends.point
    left join hidden as starts
        on
            figures.indicator_key = starts.indicator_key
            and figures.year = starts.year
            and figures.is_week = starts.is_week
            and figures.unit_code = starts.unit_code
            and starts.part = 'total'
            and figures.start_point = starts.point
    left join hidden as own_ends
        on
            figures.indicator_key = own_ends.indicator_key
            and figures.year = own_ends.year
            and figures.is_week = own_ends.is_week
            and figures.unit_code = own_ends.unit_code
            and own_ends.part = case when figures.is_branch then 'own' else 'total' end
            and figures.point = own_ends.point
    left join hidden as own_starts
        on
            figures.indicator_key = own_starts.indicator_key
            and figures.year = own_starts.year
            and figures.is_week = own_starts.is_week
            and figures.unit_code = own_starts.unit_code
            and own_starts.part = case when figures.is_branch then 'own' else 'total' end
            and figures.start_point = own_starts.point
),

ratios_judged as (
    select
        counts_judged.period_key,
        ratios.indicator_key,
        counts_judged.unit_key,
        counts_judged.map,
        counts_judged.year,
        bool_or(counts_judged.hides_value) as hides_value,
        bool_or(counts_judged.hides_ytd_value) as hides_ytd_value,
        bool_or(counts_judged.hides_own_value) as hides_own_value,
        bool_or(counts_judged.hides_own_ytd_value) as hides_own_ytd_value
    from ratios
    inner join parts on parts.indicator_code in (ratios.numerator_code, ratios.denominator_code)
    inner join counts_judged on parts.indicator_key = counts_judged.indicator_key
    group by counts_judged.period_key, ratios.indicator_key, counts_judged.unit_key, counts_judged.map, counts_judged.year
),

-- where units have become others, figures on today's map are other sums of the same reports: none is shown
figures_of_today as (
    select
        today.period_key,
        today.indicator_key,
        today.unit_key,
        today.map,
        today.year,
        true as hides_value,
        true as hides_ytd_value,
        true as hides_own_value,
        true as hides_own_ytd_value
    from touched
    inner join parts on touched.indicator_key = parts.indicator_key and parts.is_suppressible
    inner join periods on touched.year = periods.year
    inner join figures_on_both_maps as today
        on
            periods.period_key = today.period_key
            and parts.indicator_key = today.indicator_key
            and today.map = 'today'
),

figures_judged as (
    select * from counts_judged
    union all
    select * from ratios_judged
    union all
    select * from figures_of_today
),

suppressed_figures as (
    select
        figures_judged.period_key,
        figures_judged.indicator_key,
        figures_judged.unit_key,
        figures_judged.map,
        figures_judged.year,
        figures_judged.hides_value,
        figures_judged.hides_ytd_value,
        figures_judged.hides_own_value,
        figures_judged.hides_own_ytd_value
    from figures_judged
    inner join touched on figures_judged.indicator_key = touched.indicator_key and figures_judged.year = touched.year
    where
        figures_judged.hides_value
        or figures_judged.hides_ytd_value
        or figures_judged.hides_own_value
        or figures_judged.hides_own_ytd_value
)

select * from suppressed_figures
