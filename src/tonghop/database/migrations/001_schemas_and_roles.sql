-- Schemas, and who may do what. Roles are made beforehand by tonghop.database (they need passwords).
-- Group role `see_candidate`: may look at a publication that is not published yet.

create schema catalog;
create schema staging;
create schema warehouse;
create schema marts;
create schema audit;

revoke all on schema public from public;

grant usage on schema catalog to loader, transformer, publisher, auditor;
grant usage on schema staging to loader, transformer, publisher, auditor;
grant usage on schema audit to publisher, transformer, auditor;
grant usage, create on schema warehouse to transformer;
grant usage on schema warehouse to publisher, auditor;
grant usage, create on schema marts to transformer;
grant usage on schema marts to publisher, auditor, bi_reader;

alter default privileges for role transformer in schema warehouse grant select on tables to publisher, auditor;
alter default privileges for role transformer in schema marts grant select on tables to publisher, auditor, bi_reader;

grant see_candidate to transformer, publisher;

comment on schema catalog is 'The catalog pack, append-only, by the hash of its content';
comment on schema staging is 'What the files say: append-only';
comment on schema warehouse is 'Versioned star schema and rule failures, written by dbt';
comment on schema marts is 'Views at one publication: the only thing BI sees';
comment on schema audit is 'Publications, gate runs, verdicts, events: append-only';
