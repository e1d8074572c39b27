{# Row security of a table that says something of units: a login with limits sees its branches only, through whatever view. It holds for
   the owner of the marts, not for the owner of the table, which dbt is. The sub-select is evaluated once a query. #}
{% macro limit_to_branches() %}
    {% set has_policy = run_query(
        "select count(*) from pg_policies where schemaname = '" ~ this.schema ~ "' and tablename = '" ~ this.identifier ~ "'"
    ).rows[0][0] if load_relation(this) else 0 %}
    {% if has_policy == 0 %}
        alter table {{ this }} enable row level security;
        create policy branches on {{ this }} for select using (not unit_key <@ (select warehouse.hidden_unit_keys()));
    {% endif %}
{% endmacro %}


{# PostgreSQL plans a view with CTEs apart from the query around it: neither its joins nor the query's conditions on joined columns reach its
   indexes. So the CTEs of a view of the marts are put where they are read. A CTE begins and ends at the margin; comments are left out. #}
{% macro postgres__create_view_as(relation, sql) -%}
    {{ return(default__create_view_as(relation, ctes_in_place(sql) if relation.schema == 'marts' else sql)) }}
{%- endmacro %}


{% macro ctes_in_place(sql) -%}
    {% set cte = '(?ms)^(?:with )?(\\w+) as \\(\\n(.*?)\\n\\)(?:,\\n|$)' %}
    {% set sql = modules.re.sub('(?m)^ *--.*\\n', '', sql) %}
    {% set bodies = {} %}
    {% for name, body in modules.re.findall(cte, sql) %}
        {% do bodies.update({name: put_in_place(body, bodies)}) %}
    {% endfor %}
    {{ return(put_in_place(modules.re.sub(cte, '', sql), bodies)) }}
{%- endmacro %}


{% macro put_in_place(sql, bodies) -%}
    {% set parts = namespace(sql=sql) %}
    {% for name, body in bodies.items() %}
        {% set alias = '(?: as (\\w+))?' %}
        {% for found in modules.re.finditer('\\b(from|join) ' ~ name ~ '\\b' ~ alias, parts.sql) | list | reverse %}
            {% set read = found.group(1) ~ ' (\n' ~ body ~ '\n) as ' ~ (found.group(2) or name) %}
            {% set parts.sql = parts.sql[:found.start()] ~ read ~ parts.sql[found.end():] %}
        {% endfor %}
    {% endfor %}
    {{ return(parts.sql) }}
{%- endmacro %}


{# Post-hook of the marts: see the migration that makes their owner. #}
{% macro give_to_marts_owner() %}
    {% if execute %}
        alter view {{ this }} owner to marts_owner
    {% endif %}
{% endmacro %}
