-- Reads its sources itself: a view that a deployment replaces would take this one with it for a moment.
with publications as (
    select * from {{ source('audit', 'publication') }}
),

packs as (
    select * from {{ source('catalog', 'pack') }}
),

publications_up_to_the_visible_one as (
    select
        publications.number,
        publications.kind,
        publications.base,
        publications.opened_at,
        publications.published_at,
        publications.periods,
        packs.load_number as catalog_version,
        publications.pack_hash,
        publications.code_version,
        publications.reason,
        publications.manifest_sha256,
        publications.expired_at,
        publications.number = (select warehouse.visible_publication()) as is_visible
    from publications
    inner join packs on publications.pack_hash = packs.pack_hash
    where
        publications.status = 'published'
        and publications.number <= (select warehouse.visible_publication())
)

select * from publications_up_to_the_visible_one
