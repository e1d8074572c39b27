-- A foreign key asks about the submission once a row, which takes longer than the COPY itself; this asks once a statement.
-- Submissions are never deleted, so nothing is lost.

alter table staging.cell drop constraint cell_submission_id_fkey;

create function staging.refuse_stray_cells() returns trigger
language plpgsql set search_path = ''
as $$
declare
    stray bigint;
begin
    select submissions.submission_id into stray
    from (select distinct added.submission_id from added) as submissions
    where not exists (select from staging.submission where submission.submission_id = submissions.submission_id)
    limit 1;
    if found then
        raise foreign_key_violation using message = format('submission %s of staging.cell is not in staging.submission', stray);
    end if;
    return null;
end
$$;
comment on function staging.refuse_stray_cells() is 'Refuses figures of a submission that does not exist';

create trigger cells_have_a_submission after insert on staging.cell
referencing new table as added for each statement execute function staging.refuse_stray_cells();
