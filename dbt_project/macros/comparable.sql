{# What a row of a versioned table is: the state that the candidate makes of it (1), the one before (-1), or both. To be joined to the
   table, which is named; the model has the candidate as a CTE. When all is built anew, nothing was before. #}
{% macro now_and_before(table) -%}
    lateral (
        select states.sign
        from (
            values
            (1, {{ table }}.to_publication = {{ open_end() }}),
            (
                -1,
                {{ table }}.from_publication < (select candidate.number from candidate)
                and {{ table }}.to_publication >= (select candidate.number from candidate)
                and not (select candidate.scope_all from candidate)
            )
        ) as states (sign, holds)
        where states.holds
    ) as states on true
{%- endmacro %}


{# Rows of a versioned dimension that the candidate made other than they were, in these columns: as they were and as they are. #}
{% macro changed_rows(relation, columns) -%}
    with rows_written as (
        select {{ columns | join(', ') }}
        from {{ relation }}
        where from_publication::bigint = (select candidate.number from candidate)
    ),

    rows_closed as (
        select {{ columns | join(', ') }}
        from {{ relation }}
        where to_publication = (select candidate.number from candidate) and to_publication < {{ open_end() }}
    )

    (select * from rows_written except select * from rows_closed)
    union all
    (select * from rows_closed except select * from rows_written)
{%- endmacro %}


{# Rows of a versioned table that hold now or did before the candidate, and no older ones. The model has the candidate as a CTE. #}
{% macro rows_now_and_before(relation) -%}
    (
        select * from {{ relation }}
        where to_publication >= (select candidate.number from candidate)
    ) as rows_now_and_before
{%- endmacro %}
