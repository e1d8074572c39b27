-- A count in a table of terms says of what.

alter table if exists warehouse.int_terms_in_scope rename column terms to terms_of_comparison;
