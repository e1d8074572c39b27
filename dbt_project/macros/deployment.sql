{# `dbt run --empty` reads empty tables, which is meant for the tables that it makes. A view made that way would stay empty for ever:
   views read their sources in full. #}

{% macro ref() -%}
    {{ return(in_full_for_views(builtins.ref(*varargs, **kwargs))) }}
{%- endmacro %}


{% macro source() -%}
    {{ return(in_full_for_views(builtins.source(*varargs))) }}
{%- endmacro %}


{% macro in_full_for_views(relation) -%}
    {%- if execute and flags.EMPTY and model.config.materialized == 'view' -%}
        {{ return(relation.render()) }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}


{# A refresh meets the tables as the deployment of the same code left them: columns and comments are the deployment's work. Looking after
   them in every refresh would take a third of dbt's time, and a row in the database's catalog for each column. #}

{% macro postgres__process_schema_changes(on_schema_change, source_relation, target_relation) %}
    {% if flags.EMPTY %}
        {{ return(dbt.default__process_schema_changes(on_schema_change, source_relation, target_relation)) }}
    {% endif %}
    {{ return(adapter.get_columns_in_relation(source_relation)) }}
{% endmacro %}


{% macro postgres__persist_docs(relation, model, for_relation, for_columns) %}
    {% if flags.EMPTY or model.config.materialized != 'incremental' %}
        {% do dbt.default__persist_docs(relation, model, for_relation, for_columns) %}
    {% endif %}
{% endmacro %}
