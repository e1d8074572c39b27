-- A term of a rule may name a breakdown: a level of care, a sex, a place in which a figure is printed again.

alter table catalog.rule_term add column breakdown_code text; -- null: each breakdown of the report in turn
