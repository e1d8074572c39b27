with periods as (
    select * from {{ published_rows(ref('dim_period')) }}
),

span as (
    select
        min(start_date) as first_day,
        max(end_date) as last_day
    from periods
),

days as (
    select generated.moment::date as date_day
    from span
    cross join lateral generate_series(span.first_day, span.last_day, interval '1 day') as generated (moment)
)

select date_day from days
