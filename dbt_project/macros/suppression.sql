{# The depth of the deepest unit of the tree that the candidate has; 1 where there is none. #}
{% macro depth_of_the_tree() -%}
    {% if execute and not flags.EMPTY %}
        {% set found = run_query(
            "select max(cardinality(string_to_array(path, '/'))) from warehouse.dim_unit where to_publication = " ~ open_end()
        ).rows[0][0] %}
    {% endif %}
    {{ return((found or 1) | int) }}
{%- endmacro %}


{# Whether the amounts hidden in a sum keep each other's secrets: not a single one. What units left behind stays the same from then on, so it
   does not hide how anything else changes. Reads the columns that `hide_company` counts. #}
{% macro tells_a_secret() -%}
    (hidden_now = 1 or (hidden_now = 0 and hidden_behind = 1))
{%- endmacro %}


{# One step of suppression: the sums of the branches of one level. Where a hidden amount of a sum would follow from the others, one more is
   hidden: the smallest of the branch, or its total where there is none. `rising`: when the total is not hidden itself; `falling`: when it
   is. Amounts of zero keep no secret. Reads hidden_(step - 1), makes hidden_(step). #}
{% macro hide_company(step, level, direction) %}
sums_{{ step }} as (
    select
        terms.*,
        hidden.point is not null as is_hidden,
        count(hidden.point) filter (where terms.place <> 'left_behind') over branch as hidden_now,
        count(hidden.point) filter (where terms.place = 'left_behind') over branch as hidden_behind,
        count(hidden.point) filter (where terms.place = 'head') over branch as hidden_heads
    from terms
    left join hidden_{{ step - 1 }} as hidden using (indicator_key, year, is_week, unit_code, part, point)
    where terms.head_depth = {{ level }}
    window branch as (partition by terms.indicator_key, terms.period_key, terms.head_code)
),

company_{{ step }} as (
    select distinct on (indicator_key, period_key, head_code)
        indicator_key,
        year,
        is_week,
        unit_code,
        part,
        point
    from sums_{{ step }}
    where
        {{ tells_a_secret() }}
        and hidden_heads = {{ 0 if direction == 'rising' else 1 }}
        and not is_hidden
        and amount > 0
        and (place = 'head' or is_steady)
    order by
        indicator_key, period_key, head_code,
        place = 'head', value > 0 desc nulls last, amount, unit_code, part
),

hidden_{{ step }} as (
    select * from hidden_{{ step - 1 }}
    union
    select * from company_{{ step }}
),
{% endmacro %}


{# Whether a figure is null for readers to whom small counts are not shown. `flag`: the column of suppressed_figure. For everybody else the
   question is answered once a query. #}
{% macro is_hidden(figure, flag) -%}
    (
        (select warehouse.hides_small_counts())
        and exists (
            select from {{ published_rows(ref('suppressed_figure')) }}
            where
                published_rows.period_key = {{ figure }}.period_key
                and published_rows.indicator_key = {{ figure }}.indicator_key
                and published_rows.unit_key = {{ figure }}.unit_key
                and published_rows.map = {{ figure }}.map
                and published_rows.{{ flag }}
        )
    )
{%- endmacro %}


{# A column of a figure, or null where it is hidden. #}
{% macro shown(figure, column) -%}
    case when not {{ is_hidden(figure, 'hides_' ~ column) }} then {{ figure }}.{{ column }} end
{%- endmacro %}


{# Whether the figures of an indicator are null altogether for readers to whom small counts are not shown: parts of a figure, and figures as
   submitted, would tell of the others. #}
{% macro hides_persons(indicator) -%}
    ({{ indicator }}.is_suppressible and (select warehouse.hides_small_counts()))
{%- endmacro %}


{# A figure, or null where that holds. #}
{% macro shown_of_no_person(figure, indicator) -%}
    case when not {{ hides_persons(indicator) }} then {{ figure }} end
{%- endmacro %}
