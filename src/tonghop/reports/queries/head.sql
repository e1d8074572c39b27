with before as (
    select max(opened_at) as since
    from audit.publication
    where number < %(number)s and status = 'published' and kind = 'refresh'
),

arrivals as (
    select outcome, count(*) as files
    from staging.receipt
    where
        first_seen_at > coalesce((select since from before), '-infinity')
        and first_seen_at <= (select opened_at from audit.publication where number = %(number)s)
    group by outcome
)

select
    publication.number, publication.kind, publication.base, publication.reason, publication.opened_at, publication.published_at,
    publication.periods, publication.code_version, publication.pack_hash,
    pack.load_number as catalog_version, pack.name_vi, pack.name_en, pack.time_zone, pack.holidays,
    (select since from before) as since,
    (select coalesce(jsonb_object_agg(outcome, files), '{}') from arrivals) as files
from audit.publication
inner join catalog.pack on publication.pack_hash = pack.pack_hash
where publication.number = %(number)s and publication.status = 'published' and publication.expired_at is null
