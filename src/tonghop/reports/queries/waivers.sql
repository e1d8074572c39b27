-- Waivers that were approved and had neither expired nor been revoked when the figures were published.
select
    waiver.waiver_id as number, waiver.rule_code, waiver.unit_code, waiver.form_code, waiver.period_code, waiver.indicator_code,
    waiver.given_for, waiver.reason, waiver.expires_on,
    concat_ws(' / ', waiver.asked_by, waiver.asked_for) as asked_by,
    concat_ws(' / ', waiver.decided_by, waiver.decided_for) as approved_by,
    coalesce(unit.name_vi, waiver.unit_code) as name_vi, coalesce(unit.name_en, waiver.unit_code) as name_en
from audit.waiver
left join lateral (
    select named.name_vi, named.name_en
    from catalog.unit as named
    where
        named.pack_hash = (select pack_hash from audit.publication where number = %(number)s)
        and named.unit_code = waiver.unit_code
    order by named.valid_from desc
    limit 1
) as unit on true
where
    waiver.decided_at <= %(published_at)s
    and waiver.standing in ('in_force', 'expired', 'revoked')
    and coalesce(waiver.revoked_at > %(published_at)s, true)
    and waiver.expires_on > (%(published_at)s at time zone %(time_zone)s)::date
order by waiver.expires_on, waiver.waiver_id
