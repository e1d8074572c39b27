-- Publications, gate runs, verdicts and events. Append-only but for the state of a publication and the one live row.

create table audit.publication (
    number integer primary key check (number > 0 and number < 2147483647),
    status text not null check (status in ('candidate', 'published', 'discarded')),
    kind text not null check (kind in ('refresh', 'restatement')),
    base integer references audit.publication, -- the publication it was built on; for a restatement: the one it restates
    scope_all boolean not null, -- the catalog or the code changed: everything is rebuilt and compared
    pack_hash text not null references catalog.pack,
    code_version text not null, -- hash over dbt_project/ and expectations/
    periods text[] not null, -- periods that the candidate's slots touch, sorted
    reason text,
    opened_at timestamptz not null default now(),
    published_at timestamptz,
    discarded_at timestamptz,
    manifest_path text, -- relative to the archive folder
    manifest_sha256 text,
    check ((status = 'published') = (published_at is not null)),
    check ((status = 'discarded') = (discarded_at is not null))
);
create unique index one_candidate on audit.publication ((true)) where status = 'candidate';
comment on table audit.publication is 'Numbers only grow and are never reused; at most one candidate at a time';

-- The one row that decides what BI sees.
create table audit.live (
    singleton boolean primary key default true check (singleton),
    number integer not null references audit.publication
);
comment on table audit.live is 'The publication that the marts show: publishing is the update of this row';

-- What a candidate takes in, frozen when it opens: the slots to rebuild and the submission in force in each.
create table audit.candidate_slot (
    publication integer not null references audit.publication,
    unit_code text not null,
    form_code text not null,
    period_code text not null,
    submission_id bigint references staging.submission, -- null: no submission is in force
    change text not null check (change in ('new', 'corrected', 'withdrawn', 'missing', 'judged', 'unchanged')),
    primary key (publication, form_code, period_code, unit_code)
);
comment on table audit.candidate_slot is
'Slots of a candidate. missing: owed, nothing in force; judged: a version was judged but the one in force stays; unchanged: rebuilt because everything is';

create table audit.gate_run (
    gate_run_id bigint generated always as identity primary key,
    gate integer not null check (gate in (1, 2)),
    publication integer references audit.publication, -- gate 2 only
    status text not null check (status in ('judging', 'passed', 'refused', 'failed')),
    pack_hash text not null references catalog.pack,
    code_version text not null,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    summary jsonb
);
create unique index one_judgement on audit.gate_run ((true)) where status = 'judging' and gate = 1;

-- The submissions that a run of gate 1 judges.
create table audit.gate_submission (
    gate_run_id bigint not null references audit.gate_run,
    submission_id bigint not null references staging.submission,
    primary key (gate_run_id, submission_id)
);

create table audit.quality_result (
    quality_result_id bigint generated always as identity primary key,
    gate_run_id bigint not null references audit.gate_run,
    suite text not null,
    expectation text not null, -- readable id: kind and severity of a rule, or the name of a structural check
    severity text not null check (severity in ('critical', 'warning', 'info')),
    success boolean not null,
    observed jsonb,
    description text not null
);
create index on audit.quality_result (gate_run_id);

create table audit.verdict (
    verdict_id bigint generated always as identity primary key,
    submission_id bigint not null references staging.submission,
    verdict text not null check (verdict in ('accepted', 'accepted_with_warnings', 'quarantined', 'held')),
    gate_run_id bigint references audit.gate_run, -- null: held by a rollback
    publication integer references audit.publication, -- held by this rollback
    failures_critical integer not null default 0,
    failures_warning integer not null default 0,
    failures_info integer not null default 0,
    reason text,
    given_at timestamptz not null default now()
);
create index on audit.verdict (submission_id, verdict_id);
comment on table audit.verdict is 'The last verdict of a submission counts';

create table audit.event (
    event_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null default session_user,
    act text not null, -- opened, published, discarded, rolled_back, judged, …
    publication integer,
    details jsonb not null default '{}'
);

-- Deployed code: the hash of dbt_project/ whose tables and views stand.
create table audit.deployment (
    deployment_id bigint generated always as identity primary key,
    code_version text not null,
    deployed_at timestamptz not null default now()
);

grant select on all tables in schema audit to publisher, transformer, auditor;
grant insert on all tables in schema audit to publisher;
grant update (status, published_at, discarded_at, manifest_path, manifest_sha256) on audit.publication to publisher;
grant update (number) on audit.live to publisher;
grant update (status, ended_at, summary) on audit.gate_run to publisher;
