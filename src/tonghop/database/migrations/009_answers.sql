-- What was answered to the units, and what was mailed of it. Append-only.

alter table catalog.pack add column contact text;
comment on column catalog.pack.contact is 'Whom a unit asks when it does not know what to do';

create table catalog.contact (
    pack_hash text not null references catalog.pack,
    unit_code text not null,
    name text not null,
    email text not null,
    valid_from date not null,
    valid_to date not null,
    primary key (pack_hash, unit_code, email, valid_from)
);
comment on table catalog.contact is 'Who gets the answers to a unit by e-mail';

grant select on catalog.contact to transformer, publisher, auditor;
grant select, insert on catalog.contact to loader;

create table audit.answer (
    answer_id bigint generated always as identity primary key,
    kind text not null check (kind in ('receipt', 'returned')),
    receipt_id bigint not null references staging.receipt,
    gate_run_id bigint references audit.gate_run, -- the run of gate 1 that a returned workbook tells about
    addressee text not null, -- folder in the outbox: the code of a unit, or a name made from the sender
    unit_code text, -- null: nobody knows which unit it is
    path text not null, -- relative to the outbox
    sha256 text not null,
    written_at timestamptz not null default now(),
    check ((kind = 'returned') = (gate_run_id is not null))
);
create unique index one_receipt on audit.answer (receipt_id) where kind = 'receipt';
create unique index one_return on audit.answer (receipt_id, gate_run_id) where kind = 'returned';
create index on audit.answer (unit_code);
comment on table audit.answer is 'One row per answer: the receipt of a file, and what gate 1 found in it';

create table audit.mailing (
    mailing_id bigint generated always as identity primary key,
    answer_id bigint not null references audit.answer,
    outcome text not null check (outcome in ('begun', 'sent', 'failed')),
    recipients text[] not null,
    message text, -- why it failed
    at timestamptz not null default now()
);
create index on audit.mailing (answer_id);
comment on table audit.mailing is 'Begun before an answer is mailed, sent or failed after: what has begun is never sent a second time by itself';

grant select on audit.answer, audit.mailing to publisher, transformer, auditor;
grant insert on audit.answer, audit.mailing to publisher;

create index on staging.submission (sha256);
create index on staging.submission (receipt_id);
