{# Which reports make the value of a longer period, by the kind of the indicator: all of a flow; of a stock that of the last (or first)
   month, not the last one found; a ratio that is only submitted stands for its own period. #}
{% macro deciding(indicator) -%}
    case
        when {{ indicator }}.kind = 'flow' then 'all'
        when {{ indicator }}.kind = 'ratio' then 'same'
        when {{ indicator }}.stock_at = 'start' then 'first'
        else 'last'
    end
{%- endmacro %}


{# Whether a figure was answered. Blank is not zero; what is suppressed or unreadable is not known. #}
{% macro is_answer(figure) -%}
    {{ figure }}.state in ('number', 'zero', 'not_applicable')
{%- endmacro %}


{# Figures that were sent (value, is_answered, is_blank by `columns` and breakdown_key), with the wholes that only their parts were sent of.
   What was sent counts; where nothing was, the sum of all parts of one partition: women and the young overlap, and what nobody has answered
   is not zero. The model has `partitions` and `indicators` as CTEs; `by_state`: all of them in two states, told apart by `sign`. #}
{% macro with_wholes(sent, columns, by_state=false) -%}
    with sums_of_all_parts as (
        select
            {% for column in columns %}sent.{{ column }}, {% endfor %}
            partitions.whole_key as breakdown_key,
            partitions.precedence,
            sum(sent.value) as value
        from {{ sent }} as sent
        inner join partitions on sent.breakdown_key = partitions.part_key {{ 'and sent.sign = partitions.sign' if by_state }}
        inner join indicators on sent.indicator_key = indicators.indicator_key {{ 'and sent.sign = indicators.sign' if by_state }}
        where sent.is_answered and indicators.kind <> 'ratio'
        group by {% for column in columns %}sent.{{ column }}, {% endfor %}partitions.whole_key, partitions.precedence, partitions.parts
        having count(*) = partitions.parts
    ),

    wholes as (
        select distinct on ({{ columns | join(', ') }}, breakdown_key) *
        from sums_of_all_parts
        order by {{ columns | join(', ') }}, breakdown_key, precedence
    )

    select
        {% for column in columns + ['breakdown_key'] %}coalesce(sent.{{ column }}, wholes.{{ column }}) as {{ column }}, {% endfor %}
        case when coalesce(sent.is_blank, true) then wholes.value else sent.value end as value,
        coalesce(sent.is_answered, false)
        or (coalesce(sent.is_blank, true) and wholes.precedence is not null) as is_answered
    from {{ sent }} as sent
    full join wholes
        on
            {% for column in columns %}sent.{{ column }} = wholes.{{ column }} and {% endfor %}
            sent.breakdown_key = wholes.breakdown_key
{%- endmacro %}
