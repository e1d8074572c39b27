-- The journal up to this publication.
select event_id, at, actor, act, publication, details
from audit.event
where at <= %(published_at)s or publication = %(number)s
order by event_id
