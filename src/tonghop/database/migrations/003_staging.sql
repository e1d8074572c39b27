-- What the files say. Append-only: nobody may update or delete.

create table staging.file (
    sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
    size bigint not null,
    archive_path text not null, -- relative to the archive folder
    first_seen_at timestamptz not null default now()
);
comment on table staging.file is 'One row per distinct content ever received; the bytes lie in the archive under their hash';

-- Every arrival of a file, also of bytes that are known already.
create table staging.receipt (
    receipt_id bigint generated always as identity primary key,
    sha256 text not null references staging.file,
    source_uri text not null,
    sender text,
    received_at timestamptz not null, -- the source's modification time
    first_seen_at timestamptz not null default now(),
    outcome text not null check (outcome in ('staged', 'unchanged', 'rejected')),
    unique (sha256, source_uri, received_at)
);
comment on table staging.receipt is 'One row per arrival of a file: staged (new versions), unchanged (bytes equal to the version in force), rejected (no submission could be read)';

create table staging.submission (
    submission_id bigint generated always as identity primary key,
    receipt_id bigint not null references staging.receipt,
    sha256 text not null references staging.file,
    reading_sha256 text not null, -- hash over the cells read, so that a verifier can recompute it
    unit_code text not null,
    form_code text not null,
    form_version integer not null,
    period_code text not null,
    version integer not null, -- 1, 2, … within the slot, in the order of staging
    as_of_date date,
    received_at timestamptz not null,
    first_seen_at timestamptz not null default now(),
    source_uri text not null,
    sender text,
    pack_hash text not null references catalog.pack,
    unique (unit_code, form_code, period_code, version)
);
comment on table staging.submission is 'One row per slot (unit, form, period) and version';

create table staging.cell (
    submission_id bigint not null references staging.submission,
    indicator_code text not null,
    measure text not null,
    breakdown_code text not null,
    role text not null,
    state text not null,
    value numeric,
    raw text not null,
    flags text[] not null default '{}',
    sheet text not null,
    cell text not null,
    primary key (submission_id, indicator_code, measure, breakdown_code)
);
comment on table staging.cell is 'One row per figure of a submission, with the cell that it was read from';

create table staging.narrative (
    submission_id bigint not null references staging.submission,
    sheet text not null,
    cell text not null,
    topic text not null,
    text text not null,
    primary key (submission_id, sheet, cell)
);

create table staging.finding (
    finding_id bigint generated always as identity primary key,
    receipt_id bigint not null references staging.receipt,
    submission_id bigint references staging.submission, -- null: about the file as a whole
    code text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    sheet text,
    cell text,
    indicator_code text,
    found text,
    expected text,
    text_vi text not null,
    text_en text not null
);
create index on staging.finding (submission_id);
create index on staging.finding (receipt_id);

grant select on all tables in schema staging to transformer, publisher, auditor;
grant select, insert on all tables in schema staging to loader;
