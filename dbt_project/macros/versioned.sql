{#
    The incremental strategy `versioned`. A model returns the rows that should be valid in the candidate publication, for the whole table
    or for the affected scope; the strategy closes the open rows that are no longer wanted and adds the wanted ones that are not there.

        config(
            unique_key=['period_key', 'unit_key'],                                          the grain
            lookup=['unit_key'],                                                            another way that readers come (optional)
            scope={'relation': 'int_slot_touched', 'columns': ['unit_key', 'period_key'],   rows that the candidate may change;
                   'periods': 'select …'},                                                  without scope: all. `periods` (optional)
        )                                                                                   lets the primary key find them

    The columns from_publication and to_publication stand in no model: the hook adds them when the table is made. Tables are made
    by a deployment (`dbt run --empty`), which never touches a row.
#}

{% macro open_end() -%} 2147483647 {%- endmacro %}


{# Rows of a versioned table as the candidate leaves them; models of the warehouse read each other through this. #}
{% macro open_rows(relation) -%}
    (select * from {{ relation }} where to_publication = {{ open_end() }}) as open_rows
{%- endmacro %}


{# Rows of a versioned table at the publication that the connection sees; the marts read through this. The scalar sub-select is
   evaluated once a query, where the bare function would cost 3 to 30 times as much.

   How it is written is for the planner, which does not know the number. `is not true` it takes for a condition that most rows meet, and
   `<> 0` for one that hardly any row fails. Of a dimension nearly all rows are visible; taken for a third of them, four dimensions in a
   query let it expect no row at all, and look up one by one what it should read at once. #}
{% macro published_rows(relation) -%}
    (
        select * from {{ relation }}
        where
            {%- if '"dim_' in relation | string %}
            (
                from_publication <= (select warehouse.visible_publication())
                and to_publication > (select warehouse.visible_publication())
            )::integer <> 0
            {%- else %}
            (from_publication > (select warehouse.visible_publication())) is not true
            and to_publication > (select warehouse.visible_publication())
            {%- endif %}
    ) as published_rows
{%- endmacro %}


{# The open candidate: `number` and `scope_all`. Locks it against publishing until this model's transaction ends. #}
{% macro candidate() %}
    {% set found = run_query(
        'select number, scope_all from audit.publication where number = (select warehouse.candidate())'
    ).rows[0] %}
    {{ return({'number': found[0] | int, 'scope_all': found[1]}) }}
{% endmacro %}


{# Pre-hook: take back what an earlier attempt of the same candidate wrote, so that every run starts from the published state. #}
{% macro forget_candidate() %}
    {% if execute and not flags.EMPTY %}
        {% if not is_incremental() %}
            {{ exceptions.raise_compiler_error(this ~ ' does not exist yet: deploy first (dbt run --empty)') }}
        {% endif %}
        {% set number = candidate().number %}
        delete from {{ this }} where from_publication::bigint = {{ number }};
        update {{ this }} set to_publication = {{ open_end() }} where to_publication = {{ number }} and to_publication < {{ open_end() }};
    {% endif %}
{% endmacro %}


{# Post-hook. The deployment that makes the table adds columns, key, and indexes for forgetting and closing that the views cannot mistake
   for their own (an ordinary index on from_publication makes them 2 to 5 times slower). #}
{% macro finish_versioned_table() %}
    {% if execute and not is_incremental() %}
        {% set key = config.get('unique_key') | join(', ') %}
        alter table {{ this }}
            add column from_publication integer not null,
            add column to_publication integer not null,
            add constraint {{ this.identifier }}_pk primary key ({{ key }}, to_publication),
            add constraint {{ this.identifier }}_interval check (from_publication < to_publication);
        create index {{ this.identifier }}_from on {{ this }} using brin ((from_publication::bigint));
        create index {{ this.identifier }}_closed on {{ this }} (to_publication) where to_publication < {{ open_end() }};
        comment on column {{ this }}.from_publication is 'First publication that shows this row';
        comment on column {{ this }}.to_publication is 'First publication that no longer shows it; {{ open_end() }} while it is shown';
    {% endif %}
    {% if execute and flags.EMPTY and config.get('lookup') %}
        create index if not exists {{ this.identifier }}_lookup on {{ this }} ({{ config.get('lookup') | join(', ') }}, to_publication);
    {% endif %}
    {% if execute and flags.EMPTY and 'unit_key' in model.columns %}
        {{ limit_to_branches() }}
    {% endif %}
    {% if execute and not flags.EMPTY and candidate_wrote_much() %}
        analyze {{ this }};
    {% endif %}
{% endmacro %}


{# Whether the candidate wrote so many rows that the planner must hear of it now: a twentieth of the table. A table is analyzed by a sample
   that grows with it, so that one corrected report would cost the more the longer the history is. #}
{% macro candidate_wrote_much() %}
    {% set found = run_query(
        'with known as (select greatest(reltuples, 0) as rows from pg_class where oid = ' ~ "'" ~ this ~ "'::regclass), "
        ~ 'written as (select 1 from ' ~ this ~ ' where from_publication::bigint = ' ~ candidate().number
        ~ ' limit (select ceil(rows / 20)::bigint + 1 from known)) '
        ~ 'select (select count(*) from written) > (select rows / 20 from known)'
    ).rows[0][0] %}
    {{ return(found) }}
{% endmacro %}


{% macro get_incremental_versioned_sql(arguments) %}
    {% if flags.EMPTY %}
        {{ return('select 1 as deployed_without_touching_rows') }}
    {% endif %}

    {% set candidate = candidate() %}
    {% set target = arguments['target_relation'] %}
    {% set wanted = arguments['temp_relation'] %}
    {% set key = arguments['unique_key'] %}
    {% set columns = arguments['dest_columns']
        | map(attribute='name') | reject('in', ['from_publication', 'to_publication']) | map('lower') | list %}
    {% set scope = none if candidate.scope_all else config.get('scope') %}

    analyze {{ wanted }};

    {% if scope %}
    {# read once, for what is closed and for what is added: it is the same rows, and finding them is most of the work #}
    {% set found = '"' ~ this.identifier ~ '_found"' %}
    create temporary table {{ found }} on commit drop as
    select
        old.ctid as place,
        old.{{ columns | join(', old.') }}
    from {{ target }} as old
    inner join (
        select {{ scope['columns'] | join(', ') }} from {{ ref(scope['relation']) }} group by {{ scope['columns'] | join(', ') }}
    ) as scope on {{ same(scope['columns'], 'scope') }}
    where
        old.to_publication = {{ open_end() }}
        {% if scope.get('periods') %}
        and old.period_key = any(array({{ scope['periods'] }}))
        {% endif %};

    analyze {{ found }};

    update {{ target }} as written
    set to_publication = {{ candidate.number }}
    from {{ found }} as old
    where
        written.ctid = old.place
        and not exists (select from {{ wanted }} as new where {{ same(key) }} and {{ same_or_both_null(columns) }});
    {% else %}
    update {{ target }} as old
    set to_publication = {{ candidate.number }}
    where
        old.to_publication = {{ open_end() }}
        and not exists (select from {{ wanted }} as new where {{ same(key) }} and {{ same_or_both_null(columns) }});
    {% endif %}

    {# a wanted row outside the scope that differs from the open one breaks the primary key: loudly #}
    insert into {{ target }} ({{ columns | join(', ') }}, from_publication, to_publication)
    select
        {% for column in columns %}
        new.{{ column }},
        {% endfor %}
        {{ candidate.number }},
        {{ open_end() }}
    from {{ wanted }} as new
    where
        {% if scope %}
        not exists (select from {{ found }} as old where {{ same(key) }} and {{ same_or_both_null(columns) }})
        and (
            exists (select from {{ found }} as old where {{ same(key) }})
            or not exists (
                select from {{ target }} as old
                where old.to_publication = {{ open_end() }} and {{ same(key) }} and {{ same_or_both_null(columns) }}
            )
        )
        {% else %}
        not exists (
            select from {{ target }} as old
            where old.to_publication = {{ open_end() }} and {{ same(key) }} and {{ same_or_both_null(columns) }}
        )
        {% endif %}
    order by {% for column in key %}new.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
{% endmacro %}


{% macro same(columns, new='new') -%}
    {%- for column in columns -%}
        {{ new }}.{{ column }} = old.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro same_or_both_null(columns) -%}
    (new.{{ columns | join(', new.') }}) is not distinct from (old.{{ columns | join(', old.') }})
{%- endmacro %}
