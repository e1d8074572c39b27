-- Counts of persons below this number are hidden from readers who publish. Null: the indicator has no such bound.
alter table catalog.indicator add column suppress_below integer;
comment on column catalog.indicator.suppress_below is 'Counts below this are hidden from readers who publish; null: none are';
