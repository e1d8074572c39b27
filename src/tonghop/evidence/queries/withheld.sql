-- What was accepted and stayed out of this publication all the same, by the policies of the catalog.
select period_code, form_code, unit_code, why, given_for
from audit.candidate_withheld
where publication = %(number)s
order by period_code collate "C", form_code collate "C", unit_code collate "C", why
