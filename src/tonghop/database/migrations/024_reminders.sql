-- Reminders to units whose reports are due or late, lists of them to the units above, and what was mailed of both. Append-only.

create table catalog.reminder_step (
    pack_hash text not null references catalog.pack,
    step_code text not null,
    form_code text, -- null: every form that has no step of its own
    goes_to text not null check (goes_to in ('unit', 'parent')),
    working_days integer not null, -- after the day due; negative: before it
    valid_from date not null,
    valid_to date not null,
    unique nulls not distinct (pack_hash, step_code, form_code, valid_from)
);
comment on table catalog.reminder_step is 'When a report that has not come is reminded of, and who is told';

grant select on catalog.reminder_step to transformer, publisher, auditor;
grant select, insert on catalog.reminder_step to loader;

create table audit.reminder (
    reminder_id bigint generated always as identity primary key,
    goes_to text not null check (goes_to in ('unit', 'parent')),
    unit_code text not null, -- who is told
    day date not null, -- the day in the catalog's time zone as of which it was written
    path text not null, -- relative to the outbox
    sha256 text not null,
    written_at timestamptz not null default now()
);
comment on table audit.reminder is 'One row per reminder to a unit, and per list of late reports to the unit above';

create table audit.reminder_report (
    reminder_id bigint not null references audit.reminder,
    unit_code text not null,
    form_code text not null,
    period_code text not null,
    step_code text not null,
    due_at timestamptz not null,
    primary key (unit_code, form_code, period_code, step_code)
);
create index on audit.reminder_report (reminder_id);
comment on table audit.reminder_report is 'The reports that a reminder names; each step is taken once for a report';

-- A mail is the answer to a file, or a reminder.
alter table audit.mailing
    alter column answer_id drop not null,
    add column reminder_id bigint references audit.reminder,
    add check (num_nonnulls(answer_id, reminder_id) = 1);
create index on audit.mailing (reminder_id);
comment on table audit.mailing is
'Begun before an answer or a reminder is mailed, sent or failed after: what has begun is never sent a second time by itself';

grant select on audit.reminder, audit.reminder_report to publisher, transformer, auditor;
grant insert on audit.reminder, audit.reminder_report to publisher;
