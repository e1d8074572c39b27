{# Row security of a table that says something of units: a login with limits sees its branches only, through whatever view. It holds for
   the owner of the marts, not for the owner of the table, which dbt is. Both sub-selects are evaluated once a query. #}
{% macro limit_to_branches() %}
    {% set has_policy = run_query(
        "select count(*) from pg_policies where schemaname = '" ~ this.schema ~ "' and tablename = '" ~ this.identifier ~ "'"
    ).rows[0][0] if load_relation(this) else 0 %}
    {% if has_policy == 0 %}
        alter table {{ this }} enable row level security;
        create policy branches on {{ this }} for select using (
            (select warehouse.sees_every_unit()) or unit_key in (select warehouse.visible_unit_keys())
        );
    {% endif %}
{% endmacro %}


{# Post-hook of the marts: see the migration that makes their owner. #}
{% macro give_to_marts_owner() %}
    {% if execute %}
        alter view {{ this }} owner to marts_owner
    {% endif %}
{% endmacro %}
