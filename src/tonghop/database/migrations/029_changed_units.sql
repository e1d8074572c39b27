-- Units that a changed catalog moves, begins or ends are reached as units, not by an indicator.

alter table audit.candidate_reach
    drop constraint candidate_reach_what_check,
    add constraint candidate_reach_what_check check (what in ('figures', 'targets', 'units')),
    alter column indicator_code drop not null,
    add constraint candidate_reach_indicator check ((indicator_code is null) = (what = 'units'));
comment on table audit.candidate_reach is
'What a changed catalog reaches beside the slots of a candidate: sums of an indicator, its targets, or a unit whose versions changed (from a year on)';
