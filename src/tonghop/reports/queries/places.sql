-- follows a query with `with`: units with their place in the tree; first those that one unit stands above, then those beneath them
, unit_places as (
    select
        unit.unit_key,
        array_agg(lpad(above.sort_order::text, 9, '0') || above.unit_code order by step.position) as place
    from marts.dim_unit as unit
    cross join lateral unnest(string_to_array(unit.path, '/')) with ordinality as step (unit_code, position)
    inner join marts.dim_unit as above
        on step.unit_code = above.unit_code and above.valid_from <= unit.valid_from and unit.valid_from < above.valid_to
    group by unit.unit_key
),

units_placed as (
    select
        unit.unit_key, unit.unit_code, unit.name_vi, unit.name_en, unit.parent_code, unit_places.place,
        parent.name_vi as parent_vi, parent.name_en as parent_en
    from marts.dim_unit as unit
    inner join unit_places on unit.unit_key = unit_places.unit_key
    left join marts.dim_unit as parent
        on unit.parent_code = parent.unit_code and parent.valid_from <= unit.valid_from and unit.valid_from < parent.valid_to
)
