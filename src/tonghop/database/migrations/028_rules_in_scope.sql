-- Which rules apply to a report is found out once for all reports that are alike: `warehouse.int_rules_in_scope` stands in its place.

drop table if exists warehouse.int_rules_applied;
