-- Withdrawals and hand corrections. A unit takes a report back: a verdict of its own, with who and why. A hand correction is a row of the
-- pack; which ones a report was judged with is frozen when its judgement opens, and what was judged is what is published.

alter table audit.verdict drop constraint verdict_verdict_check;
alter table audit.verdict
    add constraint verdict_verdict_check check (verdict in ('accepted', 'accepted_with_warnings', 'quarantined', 'held', 'withdrawn')),
    add column given_by text; -- who withdrew; null: gate 1 or a rollback

alter table catalog.pack add column hash_without_corrections text;
comment on column catalog.pack.hash_without_corrections is
'The same hash without the hand corrections: packs that share it differ in their corrections only. Null: it has none';

create table catalog.correction (
    pack_hash text not null references catalog.pack,
    correction_code text not null,
    unit_code text not null,
    form_code text not null,
    period_code text not null,
    indicator_code text not null,
    measure text not null,
    breakdown_code text not null,
    found_state text not null,
    found_value numeric,
    use_state text not null,
    use_value numeric,
    reason text not null,
    author text not null,
    expires_on date not null, -- the first day on which it no longer holds
    primary key (pack_hash, correction_code),
    unique (pack_hash, unit_code, form_code, period_code, indicator_code, measure, breakdown_code),
    check ((found_state in ('number', 'zero')) = (found_value is not null)),
    check ((use_state in ('number', 'zero')) = (use_value is not null))
);
comment on table catalog.correction is 'Hand corrections: the value that is expected to stand in a figure of a report, and the one to use instead';

create table audit.judged_correction (
    gate_run_id bigint not null,
    submission_id bigint not null,
    correction_code text not null,
    indicator_code text not null,
    measure text not null,
    breakdown_code text not null,
    found_state text not null,
    found_value numeric,
    use_state text not null,
    use_value numeric,
    reason text not null,
    author text not null,
    primary key (submission_id, gate_run_id, correction_code),
    foreign key (gate_run_id, submission_id) references audit.gate_submission
);
comment on table audit.judged_correction is
'The hand corrections that a run of gate 1 judged a submission with, as they were then. One that found another value was not applied';

alter table audit.candidate_slot add column gate_run_id bigint references audit.gate_run;
comment on column audit.candidate_slot.gate_run_id is 'The run of gate 1 that accepted the submission in force; its corrections are applied';

create view catalog.correction_in_force as
select correction.*
from catalog.correction
inner join catalog.pack on correction.pack_hash = pack.pack_hash
where
    correction.pack_hash = (select catalog.pack_in_force())
    and correction.expires_on > (now() at time zone pack.time_zone)::date;
comment on view catalog.correction_in_force is 'The corrections of the pack in force that have not expired';

-- A correction speaks about the latest report of its slot; withdrawn ones, and those that a rollback holds, aside.
create view audit.latest_submission as
select distinct on (submission.unit_code, submission.form_code, submission.period_code)
    submission.submission_id,
    submission.unit_code,
    submission.form_code,
    submission.period_code,
    last_run.gate_run_id
from (
    select unit_code, form_code, period_code from catalog.correction_in_force
    union
    select submission.unit_code, submission.form_code, submission.period_code
    from audit.judged_correction
    inner join staging.submission on judged_correction.submission_id = submission.submission_id
) as slot
inner join staging.submission
    on
        slot.unit_code = submission.unit_code
        and slot.form_code = submission.form_code
        and slot.period_code = submission.period_code
left join lateral (
    select verdict from audit.verdict where verdict.submission_id = submission.submission_id order by verdict_id desc limit 1
) as last_verdict on true
left join lateral (
    select gate_run_id from audit.verdict
    where verdict.submission_id = submission.submission_id and gate_run_id is not null
    order by verdict_id desc limit 1
) as last_run on true
where last_verdict.verdict is null or last_verdict.verdict not in ('held', 'withdrawn')
order by submission.unit_code, submission.form_code, submission.period_code, submission.received_at desc, submission.version desc;
comment on view audit.latest_submission is
'Of every slot that has hand corrections, or had: the report that they speak about, and the run of gate 1 that judged it last';

create view audit.wanted_correction as
select
    latest.submission_id,
    correction.correction_code,
    correction.indicator_code,
    correction.measure,
    correction.breakdown_code,
    correction.found_state,
    correction.found_value,
    correction.use_state,
    correction.use_value,
    correction.reason,
    correction.author
from audit.latest_submission as latest
inner join catalog.correction_in_force as correction
    on
        latest.unit_code = correction.unit_code
        and latest.form_code = correction.form_code
        and latest.period_code = correction.period_code;
comment on view audit.wanted_correction is 'The corrections that the latest reports of their slots should be judged with now';

create function audit.corrections_judged(submission bigint, run bigint) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(to_jsonb(judged) - 'gate_run_id' order by judged.correction_code), '[]')
    from audit.judged_correction as judged
    where judged.submission_id = submission and judged.gate_run_id = run
$$;
comment on function audit.corrections_judged(bigint, bigint) is 'The corrections that a run of gate 1 judged a submission with, to compare';

create view audit.submission_to_judge as
select submission.submission_id
from staging.submission
where not exists (select from audit.verdict where verdict.submission_id = submission.submission_id)
union
select latest.submission_id
from audit.latest_submission as latest
left join lateral (
    select coalesce(jsonb_agg(to_jsonb(wanted) order by wanted.correction_code), '[]') as corrections
    from audit.wanted_correction as wanted
    where wanted.submission_id = latest.submission_id
) as now_wanted on true
where latest.gate_run_id is not null and now_wanted.corrections <> audit.corrections_judged(latest.submission_id, latest.gate_run_id);
comment on view audit.submission_to_judge is
'Submissions that were never judged, or whose hand corrections are others now than those that they were judged with';

grant select on catalog.correction, catalog.correction_in_force to transformer, publisher, auditor;
grant select, insert on catalog.correction to loader;
grant select on
audit.judged_correction, audit.latest_submission, audit.wanted_correction, audit.submission_to_judge to publisher, transformer, auditor;
grant insert on audit.judged_correction to publisher;
