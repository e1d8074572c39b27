-- What could not be resolved by code or by a known name: proposals of a fuzzy match, and what people decided about them. Append-only.

create table catalog.form_alias (
    pack_hash text not null references catalog.pack,
    form_code text not null,
    sheet text not null,
    part text not null check (part in ('row', 'column', 'sheet')),
    name text,
    alias text not null
);
comment on table catalog.form_alias is 'Other texts for rows, columns and tabs of a form, in all of its versions';

create table catalog.sender (
    pack_hash text not null references catalog.pack,
    sender text not null,
    unit_code text not null,
    valid_from date not null,
    valid_to date not null
);
comment on table catalog.sender is 'Who sends for a unit and everything below it';

grant select on catalog.form_alias, catalog.sender to transformer, publisher, auditor;
grant select, insert on catalog.form_alias, catalog.sender to loader;

create table staging.proposal (
    proposal_id bigint generated always as identity primary key,
    receipt_id bigint not null references staging.receipt,
    submission_id bigint references staging.submission, -- null: the file as a whole
    kind text not null check (kind in ('unit', 'row', 'column', 'sheet', 'sender')),
    scope text not null, -- form and sheet of a row, column or tab; empty for units and senders
    seen text not null, -- as it was written
    seen_key text not null, -- in which spellings of one text are equal
    sheet text,
    cell text,
    candidates jsonb not null -- [{code, name, score}], best first
);
create index on staging.proposal (receipt_id);
create index on staging.proposal (kind, scope, seen_key);
comment on table staging.proposal is 'One row per text that was not known where it stood, with what it may mean; nothing is read by a proposal';

-- Who a sender is changes no figure.
create view staging.unresolved_receipt as
select receipt_id
from staging.receipt
where
    outcome = 'rejected'
    or exists (select from staging.proposal where proposal.receipt_id = receipt.receipt_id and proposal.kind <> 'sender');
comment on view staging.unresolved_receipt is 'Receipts of files that held what their pack did not know: another pack reads them again';

create table staging.review_decision (
    decision_id bigint generated always as identity primary key,
    kind text not null check (kind in ('unit', 'row', 'column', 'sheet', 'sender')),
    scope text not null,
    seen text not null,
    seen_key text not null,
    decision text not null check (decision in ('accept', 'reject')),
    code text, -- what it means
    reviewer text not null,
    reason text not null,
    decided_at timestamptz not null default now(),
    check ((decision = 'accept') = (code is not null))
);
create index on staging.review_decision (kind, scope, seen_key);
comment on table staging.review_decision is 'What people decided about proposals; an accepted one is an alias in the catalog, a rejected one is not proposed again';

-- An arrival may be read several times, with packs that know more and more: what its last reading proposes is what is still open.
create view staging.review_item as
with last_readings as (
    select distinct on (source_uri, received_at, sha256) receipt_id, source_uri, first_seen_at
    from staging.receipt
    order by source_uri, received_at, sha256, receipt_id desc
),

open_proposals as (
    select
        proposal.*,
        last_readings.source_uri,
        last_readings.first_seen_at
    from staging.proposal
    inner join last_readings on proposal.receipt_id = last_readings.receipt_id
    where not exists (
        select from staging.review_decision as decided
        where decided.kind = proposal.kind and decided.scope = proposal.scope and decided.seen_key = proposal.seen_key
    )
)

select distinct on (open_proposals.kind, open_proposals.scope, open_proposals.seen_key)
    open_proposals.kind,
    open_proposals.scope,
    open_proposals.seen,
    open_proposals.seen_key,
    open_proposals.candidates,
    open_proposals.source_uri,
    open_proposals.sheet,
    open_proposals.cell,
    open_proposals.first_seen_at as last_seen_at,
    counted.times,
    counted.files
from open_proposals
inner join (
    select kind, scope, seen_key, count(*) as times, count(distinct source_uri) as files
    from open_proposals
    group by kind, scope, seen_key
) as counted
    on
        open_proposals.kind = counted.kind
        and open_proposals.scope = counted.scope
        and open_proposals.seen_key = counted.seen_key
order by open_proposals.kind, open_proposals.scope, open_proposals.seen_key, open_proposals.proposal_id desc;
comment on view staging.review_item is 'One row per text that waits for a decision: where it was seen last, how often, and what it may mean';

grant select on staging.unresolved_receipt to transformer, publisher, auditor, loader;
grant select on staging.proposal, staging.review_decision, staging.review_item to transformer, publisher, auditor, loader;
grant insert on staging.proposal, staging.review_decision to loader;
