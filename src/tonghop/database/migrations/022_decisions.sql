-- What two people decide: that a failed rule does not count (a waiver), that a period may be published for the first time, that a report of
-- a closed period may change. One asks, another one answers; the database keeps the two apart, and journals every act. Rows are only added.

create table audit.request (
    request_id bigint generated always as identity primary key,
    kind text not null check (kind in ('waiver', 'period', 'correction')),
    unit_code text,
    form_code text,
    period_code text not null,
    rule_code text, -- of a waiver
    indicator_code text, -- the figure that the failure points at; null: the whole report is meant
    measure text,
    breakdown_code text,
    given_for text not null, -- the values of a failure, the change of a report: with other ones it does not hold. Of a period: how it stood
    reason text not null check (btrim(reason) <> ''),
    expires_on date, -- the first day on which it no longer holds
    asked_by text not null check (btrim(asked_by) <> ''), -- who was logged in
    asked_for text check (btrim(asked_for) <> ''), -- in whose name, as was claimed
    asked_via text not null check (asked_via in ('command line', 'airflow', 'database')),
    session_role text not null default session_user,
    asked_at timestamptz not null default clock_timestamp(),
    check (kind = 'period' or (unit_code is not null and form_code is not null)),
    check ((kind = 'waiver') = (rule_code is not null)),
    check (kind <> 'waiver' or expires_on is not null)
);
create index on audit.request (period_code, form_code, unit_code);
comment on table audit.request is 'What somebody asked for, and why. It holds once another person has approved it';

create table audit.decision (
    decision_id bigint generated always as identity primary key,
    request_id bigint not null references audit.request,
    decision text not null check (decision in ('approve', 'reject', 'revoke')),
    reason text not null check (btrim(reason) <> ''),
    decided_by text not null check (btrim(decided_by) <> ''), -- who was logged in
    decided_for text check (btrim(decided_for) <> ''), -- in whose name, as was claimed
    decided_via text not null check (decided_via in ('command line', 'airflow', 'database')),
    session_role text not null default session_user,
    decided_at timestamptz not null default clock_timestamp()
);
create unique index answered_once on audit.decision (request_id) where decision <> 'revoke';
create unique index revoked_once on audit.decision (request_id) where decision = 'revoke';
comment on table audit.decision is 'What was answered to a request, and whether that was taken back later. Nobody approves a request of their own';

create function audit.is_same_person(one text, other text) returns boolean
language sql immutable parallel safe set search_path = ''
as $$
    select coalesce(lower(normalize(btrim(one), nfc)) = lower(normalize(btrim(other), nfc)), false)
$$;
comment on function audit.is_same_person(text, text) is 'Whether two names are one person''s; case and outer blanks do not count';

create function audit.today() returns date
language sql stable set search_path = ''
as $$
    select (now() at time zone coalesce((select time_zone from catalog.pack order by load_number desc limit 1), 'UTC'))::date
$$;
comment on function audit.today() is 'The day in the time zone of the catalog pack: what expires on it has expired';

-- Whoever has a login of their own acts under its name. The pipeline's login speaks for whom it names.
create function audit.sign_request() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.session_role := session_user;
    new.asked_at := clock_timestamp();
    if session_user <> 'publisher' then
        new.asked_by := session_user;
        new.asked_via := 'database';
    end if;
    if new.expires_on <= audit.today() then
        raise exception 'It would have expired on % already / đã hết hạn từ ngày %', new.expires_on, new.expires_on;
    end if;
    return new;
end
$$;
revoke all on function audit.sign_request() from public;
create trigger sign before insert on audit.request for each row execute function audit.sign_request();

create function audit.sign_decision() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    asked audit.request;
    answer audit.decision;
begin
    new.session_role := session_user;
    new.decided_at := clock_timestamp();
    if session_user <> 'publisher' then
        new.decided_by := session_user;
        new.decided_via := 'database';
    end if;
    select * into asked from audit.request where request_id = new.request_id;
    if not found then
        raise exception 'There is no request % / không có yêu cầu số %', new.request_id, new.request_id;
    end if;
    select * into answer from audit.decision where request_id = new.request_id and decision <> 'revoke';
    if new.decision = 'revoke' then
        if answer.decision is distinct from 'approve' then
            raise exception 'Request % was not approved: there is nothing to revoke / yêu cầu số % chưa được duyệt', new.request_id, new.request_id;
        end if;
        return new;
    end if;
    if answer.decision_id is not null then
        raise exception 'Request % was answered by % before: % / yêu cầu số % đã được trả lời',
            new.request_id, answer.decided_by, answer.decision, new.request_id;
    end if;
    if new.decision = 'approve' then
        if audit.is_same_person(asked.asked_by, new.decided_by) or audit.is_same_person(asked.asked_by, new.decided_for)
            or audit.is_same_person(asked.asked_for, new.decided_by) or audit.is_same_person(asked.asked_for, new.decided_for)
        then
            raise exception 'Request % was asked for by %, who cannot approve it as well: another person does / người yêu cầu không được tự duyệt yêu cầu số %',
                new.request_id, concat_ws(' for ', asked.asked_by, asked.asked_for), new.request_id;
        end if;
        if asked.expires_on <= audit.today() then
            raise exception 'Request % has expired on %: ask again / yêu cầu số % đã hết hạn', new.request_id, asked.expires_on, new.request_id;
        end if;
    end if;
    return new;
end
$$;
revoke all on function audit.sign_decision() from public;
create trigger sign before insert on audit.decision for each row execute function audit.sign_decision();

create function audit.journal_decisions() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if tg_table_name = 'request' then
        insert into audit.event (act, details) values (new.kind || '_asked', to_jsonb(new));
    else
        insert into audit.event (act, details)
        select
            request.kind || case new.decision when 'approve' then '_approved' when 'reject' then '_rejected' else '_revoked' end,
            to_jsonb(new)
        from audit.request
        where request.request_id = new.request_id;
    end if;
    return null;
end
$$;
revoke all on function audit.journal_decisions() from public;
create trigger journal after insert on audit.request for each row execute function audit.journal_decisions();
create trigger journal after insert on audit.decision for each row execute function audit.journal_decisions();

create view audit.request_standing as
select
    request.*,
    answer.decision,
    answer.decided_by,
    answer.decided_for,
    answer.decided_via,
    answer.decided_at,
    answer.reason as decision_reason,
    revocation.decided_by as revoked_by,
    revocation.decided_at as revoked_at,
    revocation.reason as revocation_reason,
    case
        when revocation.decision_id is not null then 'revoked'
        when answer.decision = 'reject' then 'rejected'
        when request.expires_on <= audit.today() then 'expired'
        when answer.decision = 'approve' then 'in_force'
        else 'pending'
    end as standing
from audit.request
left join audit.decision as answer on request.request_id = answer.request_id and answer.decision <> 'revoke'
left join audit.decision as revocation on request.request_id = revocation.request_id and revocation.decision = 'revoke';
comment on view audit.request_standing is 'Every request with what was decided: pending, in_force, rejected, revoked or expired';

create view audit.waiver as
select
    request_id as waiver_id, rule_code, unit_code, form_code, period_code, indicator_code, measure, breakdown_code, given_for, reason,
    expires_on, asked_by, asked_for, asked_at, decided_by, decided_for, decided_at, decision_reason, revoked_by, revoked_at, standing
from audit.request_standing
where kind = 'waiver';
comment on view audit.waiver is 'Failures of rules that somebody asked to let pass, and whether that holds';

create view audit.approval as
select
    request_id as approval_id, kind, period_code, unit_code, form_code, given_for, reason, expires_on, asked_by, asked_for, asked_at,
    decided_by, decided_for, decided_at, decision_reason, revoked_by, revoked_at, standing
from audit.request_standing
where kind <> 'waiver';
comment on view audit.approval is 'Periods that need a signature before they are published, and corrections of closed periods, with who signed';

-- The values that a failure is about: those of the report's own figures. Without any, what was found, in exactly this content of the report.
create function audit.given_for(cells jsonb, found_text text, submission bigint) returns text
language sql stable parallel safe set search_path = ''
as $$
    select coalesce(
        string_agg(
            concat_ws(
                ' ', coalesce(cell ->> 'indicator_code', concat_ws('!', cell ->> 'sheet', cell ->> 'cell')),
                cell ->> 'measure', nullif(cell ->> 'breakdown_code', 'TOTAL')
            ) || ' = '
            || coalesce(trim_scale((cell ->> 'value')::numeric)::text, case jsonb_array_length(cells) when 1 then found_text end, '–'),
            '; ' order by cell ->> 'indicator_code', cell ->> 'measure', cell ->> 'breakdown_code'
        ),
        concat_ws(' ', found_text, (select left(sent.reading_sha256, 12) from staging.submission as sent where sent.submission_id = given_for.submission))
    )
    from jsonb_array_elements(cells) as involved (cell)
    where (cell ->> 'submission_id')::bigint = given_for.submission
$$;
comment on function audit.given_for(jsonb, text, bigint) is 'What a waiver of this failure is given for; with other values it does not hold';

create table audit.judged_waiver (
    gate_run_id bigint not null,
    submission_id bigint not null,
    request_id bigint not null references audit.request,
    primary key (submission_id, gate_run_id, request_id),
    foreign key (gate_run_id, submission_id) references audit.gate_submission
);
comment on table audit.judged_waiver is 'The waivers in force for its slot that a run of gate 1 judged a submission with';

create table audit.waived_failure (
    gate_run_id bigint not null,
    submission_id bigint not null,
    request_id bigint not null references audit.request,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    failures integer not null check (failures > 0),
    primary key (submission_id, gate_run_id, request_id),
    foreign key (gate_run_id, submission_id) references audit.gate_submission
);
comment on table audit.waived_failure is 'What a run of gate 1 did not count against a submission, how grave it would have been, and by which waiver';

alter table audit.verdict add column failures_waived integer not null default 0;

create view audit.wanted_waiver as
select distinct on (
    submission.submission_id, waiver.rule_code, waiver.indicator_code, waiver.measure, waiver.breakdown_code, waiver.given_for
)
    submission.submission_id,
    waiver.waiver_id as request_id
from audit.waiver
inner join staging.submission
    on
        waiver.unit_code = submission.unit_code
        and waiver.form_code = submission.form_code
        and waiver.period_code = submission.period_code
where waiver.standing = 'in_force'
order by
    submission.submission_id, waiver.rule_code, waiver.indicator_code, waiver.measure, waiver.breakdown_code, waiver.given_for,
    waiver.waiver_id desc;
comment on view audit.wanted_waiver is 'The waivers that a submission would be judged with now: those in force for its slot, the newest for each failure';

create function audit.waivers_judged(submission bigint, run bigint) returns bigint[]
language sql stable
as $$
    select coalesce(array_agg(judged.request_id order by judged.request_id), '{}')
    from audit.judged_waiver as judged
    where judged.submission_id = submission and judged.gate_run_id = run
$$;
comment on function audit.waivers_judged(bigint, bigint) is 'The waivers that a run of gate 1 judged a submission with, to compare';

create or replace view audit.latest_submission as
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
    union
    select unit_code, form_code, period_code from audit.waiver
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
'Of every slot that has hand corrections or waivers, or had: the report that they speak about, and the run of gate 1 that judged it last';

create or replace view audit.submission_to_judge as
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
where latest.gate_run_id is not null and now_wanted.corrections <> audit.corrections_judged(latest.submission_id, latest.gate_run_id)
union
select latest.submission_id
from audit.latest_submission as latest
left join lateral (
    select coalesce(array_agg(wanted.request_id order by wanted.request_id), '{}') as waivers
    from audit.wanted_waiver as wanted
    where wanted.submission_id = latest.submission_id
) as now_wanted on true
where latest.gate_run_id is not null and now_wanted.waivers <> audit.waivers_judged(latest.submission_id, latest.gate_run_id)
union
select waived.submission_id -- an older version, too, is accepted only for as long as its waivers hold
from audit.waived_failure as waived
inner join audit.waiver on waived.request_id = waiver.waiver_id
where
    waiver.standing <> 'in_force'
    and waived.gate_run_id = (
        select last.gate_run_id from audit.verdict as last
        where last.submission_id = waived.submission_id and last.gate_run_id is not null
        order by last.verdict_id desc limit 1
    )
    and (
        select last.verdict from audit.verdict as last where last.submission_id = waived.submission_id order by last.verdict_id desc limit 1
    ) not in ('held', 'withdrawn');
comment on view audit.submission_to_judge is
'Submissions that were never judged, or whose hand corrections or waivers are others now than those that they were judged with';

-- When a period counts as closed, and what may happen to it before and after: resolved from the pack's policies, for every period.
create table catalog.period_policy (
    pack_hash text not null references catalog.pack,
    period_code text not null,
    needs_approval boolean not null, -- before its first publication
    corrections text not null check (corrections in ('open', 'restate_with_notice', 'closed')),
    closes_at timestamptz not null,
    primary key (pack_hash, period_code)
);
comment on table catalog.period_policy is 'Whether a period needs a signature before it is published, when it closes, and what a correction needs then';

create table catalog.form_threshold (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    minimum_pct numeric not null check (minimum_pct > 0 and minimum_pct <= 100),
    primary key (pack_hash, form_code)
);
comment on table catalog.form_threshold is 'The share of the owed reports on a form that must be accepted before a period is published at all';

alter table audit.candidate_slot
    add column replaces_id bigint references staging.submission,
    add column restates boolean not null default false,
    add column request_id bigint references audit.request;
comment on column audit.candidate_slot.replaces_id is 'The submission that was published in this slot before';
comment on column audit.candidate_slot.restates is 'Whether it changes figures of a period that was published before and is closed by its policy';
comment on column audit.candidate_slot.request_id is 'The approval that lets a correction of a closed period in';
create index on audit.candidate_slot (period_code, publication) where submission_id is not null;

create table audit.candidate_withheld (
    publication integer not null references audit.publication,
    period_code text not null,
    form_code text, -- null: the whole period
    unit_code text, -- null: every unit
    why text not null check (why in ('needs_approval', 'incomplete', 'closed')),
    given_for text not null -- how the period stands, or what would change
);
create index on audit.candidate_withheld (publication);
comment on table audit.candidate_withheld is 'What was accepted and stayed out of a publication all the same, by the policies of the pack';

create function audit.slot_state(submission bigint, run bigint) returns text
language sql stable parallel safe set search_path = ''
as $$
    select coalesce(
        (
            select
                'version ' || sent.version || coalesce(
                    (
                        select
                            ' (' || string_agg(
                                judged.correction_code || ': ' || coalesce(trim_scale(judged.use_value)::text, judged.use_state),
                                ', ' order by judged.correction_code
                            ) || ')'
                        from audit.judged_correction as judged
                        inner join staging.cell
                            on
                                judged.submission_id = cell.submission_id
                                and judged.indicator_code = cell.indicator_code
                                and judged.measure = cell.measure
                                and judged.breakdown_code = cell.breakdown_code
                                and (judged.found_state, judged.found_value) is not distinct from (cell.state, cell.value)
                        where judged.submission_id = sent.submission_id and judged.gate_run_id = run
                    ),
                    ''
                )
            from staging.submission as sent
            where sent.submission_id = slot_state.submission
        ),
        'nothing'
    )
$$;
comment on function audit.slot_state(bigint, bigint) is 'What a slot shows with this submission and judgement, in words: equal words are equal figures';

create view audit.restatement as
select
    slot.publication, publication.published_at, slot.unit_code, slot.form_code, slot.period_code, slot.change,
    slot.replaces_id, slot.submission_id, slot.request_id, policy.corrections, policy.closes_at
from audit.candidate_slot as slot
inner join audit.publication on slot.publication = publication.number and publication.status = 'published'
left join catalog.period_policy as policy on publication.pack_hash = policy.pack_hash and slot.period_code = policy.period_code
where slot.restates;
comment on view audit.restatement is 'Reports of closed periods whose published figures changed, by the publication that changed them';

grant select on
audit.request, audit.decision, audit.request_standing, audit.waiver, audit.approval, audit.judged_waiver, audit.waived_failure,
audit.wanted_waiver, audit.latest_submission, audit.submission_to_judge, audit.candidate_withheld, audit.restatement
to publisher, transformer, auditor;
grant insert on audit.request, audit.decision, audit.judged_waiver, audit.waived_failure, audit.candidate_withheld to publisher;
grant select on catalog.period_policy, catalog.form_threshold to transformer, publisher, auditor;
grant select, insert on catalog.period_policy, catalog.form_threshold to loader;
