-- The reason of a rule is read by units and auditors, so it is said in both languages, as what the rule demands is. Rules that were loaded
-- before have one reason, in whatever language it was written: it stands for both.

alter table catalog.rule rename column reason to reason_en;
alter table catalog.rule add column reason_vi text;
update catalog.rule set reason_vi = reason_en;
alter table catalog.rule alter column reason_vi set not null;

do $$
begin
    if to_regclass('warehouse.dim_rule') is not null then
        alter table warehouse.dim_rule rename column reason to reason_en;
        alter table warehouse.dim_rule add column reason_vi text;
        update warehouse.dim_rule set reason_vi = reason_en;
    end if;
end
$$;
