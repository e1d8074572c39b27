{# Every two versions of a row have intervals of publications that do not overlap. #}
{% test versions_do_not_overlap(model, grain) %}
with versions as (
    select
        {{ grain | join(', ') }},
        from_publication,
        lag(to_publication) over (partition by {{ grain | join(', ') }} order by from_publication) as end_of_the_version_before
    from {{ model }}
)

select * from versions
where from_publication < end_of_the_version_before
{% endtest %}
