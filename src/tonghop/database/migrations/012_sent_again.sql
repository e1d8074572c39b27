-- A file that comes again after its report was withdrawn is a new version, although its bytes are known: the unit stands by it again.
-- The loader sees nothing of `audit`, so it may ask this and no more.

create function staging.is_withdrawn(submission bigint) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (select from audit.verdict where verdict.submission_id = submission and verdict.verdict = 'withdrawn')
$$;
comment on function staging.is_withdrawn(bigint) is 'Whether the unit has taken this submission back';

revoke all on function staging.is_withdrawn(bigint) from public;
grant execute on function staging.is_withdrawn(bigint) to loader, transformer, publisher, auditor;
